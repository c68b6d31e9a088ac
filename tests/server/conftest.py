"""Servers that the tests of this folder share: starting one takes two seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import live

KUBEFLOW = "/notebook/ns/name/"


def fill(workspace: Path) -> None:
    """What the servers' workspaces hold."""
    (workspace / "data/deep").mkdir(parents=True)
    (workspace / "demo.ipynb").write_text('{"cells": []}')
    (workspace / "data/page.html").write_text("<script>alert(1)</script>")
    (workspace / "data/deep/ text .txt").write_text("spaces belong to the name")
    (workspace / "data/out").symlink_to("/etc")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Live]:
    """A server with a token."""
    home = tmp_path_factory.mktemp("server")
    (home / "workspace").mkdir()
    fill(home / "workspace")
    with live.running(home) as found:
        yield found


@pytest.fixture(scope="session")
def kubeflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Live]:
    """A server as Kubeflow starts it: behind a prefix, with no token of its own."""
    home = tmp_path_factory.mktemp("kubeflow")
    (home / "workspace").mkdir()
    fill(home / "workspace")
    with live.running(home, base_url=KUBEFLOW, token="", env={"NB_PREFIX": KUBEFLOW}) as found:
        # As a browser does: a page sets the cookie, and each request shows that it has it.
        found.client.get("api/status")
        found.client.get("lab")
        yield found


@pytest.fixture(scope="session")
def snapshot(server: live.Live) -> str:
    """The id of a snapshot of the server's workspace."""
    return server.snapshot("of the tests")
