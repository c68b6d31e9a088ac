"""What the tests of what fills the pod share."""

import logging
from pathlib import Path

import pytest

from kfnb_ext import state
from kfnb_ext.services.operations import Operations


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def kept(tmp_path: Path, workspace: Path) -> state.State:
    return state.State(workspace, str(tmp_path / "state"))


@pytest.fixture
def operations(kept: state.State) -> Operations:
    return Operations(kept, "shell", logging.getLogger("test"))
