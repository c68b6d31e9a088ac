"""A place for the shell command to work in."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with files, and an environment that knows no other one."""
    workspace = tmp_path / "workspace"
    (workspace / "data").mkdir(parents=True)
    (workspace / "data" / "table.csv").write_text("1,2,3\n")
    (workspace / "notes.txt").write_text("first\n")
    for name in [name for name in os.environ if name.startswith("KFNB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KFNB_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(workspace)
    return workspace
