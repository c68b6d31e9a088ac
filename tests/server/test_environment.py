"""The environment over HTTP, with secrets planted wherever a pod has them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import live
from tests.services.changes.field import Field

SECRET = "zq9planted8secret7"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Live]:
    field = Field(tmp_path_factory.mktemp("cluster"))
    with field.cluster:
        notebook = field.notebook
        container = notebook["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [{"name": "FROM_SPEC", "value": SECRET}]
        container["args"] = [f"--ServerApp.token={SECRET}"]
        notebook["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied"] = SECRET
        field.cluster.world.seed(notebook)
        home = tmp_path_factory.mktemp("server")
        (home / "home/.config/pip").mkdir(parents=True)
        index = f"https://me:{SECRET}@index.example/simple"
        (home / "home/.config/pip/pip.conf").write_text(f"[global]\nindex-url = {index}\n")
        env = {"KUBECONFIG": str(field.folder / "kubeconfig"), "KFNB_NOTEBOOK": "alice/demo"}
        env |= {"HOME": str(home / "home"), "MY_TOKEN": SECRET, "PIP_INDEX_URL": index}
        with live.running(home, env=env) as found:
            head = found.workspace / "project/.git"
            head.mkdir(parents=True)
            (head / "HEAD").write_text("ref: refs/heads/main\n")
            (head / "config").write_text(
                f'[remote "origin"]\n\turl = https://x:{SECRET}@host/r.git\n'
            )
            yield found


def test_no_planted_secret_is_in_any_byte_that_is_kept_or_told(server: live.Live):
    taken = server.snapshot("with secrets about")
    place = f"snapshots/local/{taken}/environment"
    told = [
        server.get("environment").text,
        server.get(place).text,
        server.get(place, format="requirements").text,
        server.get(place, format="notebook").text,
        server.get(f"{place}/changes").text,
    ]
    assert all(SECRET not in text for text in told)
    kept = [*(server.workspace / ".kfnb").rglob("*"), *(server.log.parent / "state").rglob("*")]
    for file in kept:
        # The files of the workspace themselves are the user's, and kept as they are.
        if file.is_file() and "tree" not in file.parts:
            assert SECRET.encode() not in file.read_bytes(), file
    assert list((server.workspace / ".kfnb").rglob("environment.json"))


def test_it_tells_what_it_is_for(server: live.Live):
    found = server.get("environment").json()
    assert found["digest"].count("@sha256:") == 1
    assert {"MY_TOKEN", "PIP_INDEX_URL"} <= set(found["variables"])
    assert "FROM_SPEC" in found["notebook"]
    assert found["repositories"][0]["remotes"] == {"origin": "https://host/r.git"}
    (one,) = [i for i in found["interpreters"] if "" in i["kernels"]]
    assert "msgspec" in {p["name"] for p in one["packages"]}


def test_a_snapshot_without_one_and_a_format_that_is_none_are_refused(server: live.Live):
    taken = server.snapshot()
    assert server.get(f"snapshots/local/{taken}/environment", format="x").status_code == 400
    assert server.get("snapshots/local/nothing/environment").status_code == 404


def test_what_changed_since_is_told(server: live.Live):
    taken = server.snapshot()
    place = f"snapshots/local/{taken}/environment/changes"
    assert server.get(place).json()["changes"] == []
    head: Path = server.workspace / "project/.git/HEAD"
    head.write_text("ref: refs/heads/other\n")
    (change,) = server.get(place).json()["changes"]
    assert (change["what"], change["name"]) == ("repository", "project")
    assert change["after"].startswith("other")
