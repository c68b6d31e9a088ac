"""The policy is the site's: what it sets and locks, no user and no variable loosens."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server import live
from tests.server.conftest import fill
from tests.server.live import Live

LOCKED = """
c.KfnbExt.locked = True
c.KfnbExt.read_only = True
c.KfnbExt.snapshot_share = 0.2
"""
LOOSER = """
c.KfnbExt.locked = False
c.KfnbExt.read_only = False
c.KfnbExt.snapshot_share = 0.9
"""
CHANGES = [
    ("POST", "snapshots", {}),
    ("DELETE", "snapshots/local/{id}", None),
    ("POST", "restores", {"snapshot": "{id}"}),
    ("POST", "restores/some/undo", None),
    ("POST", "prune", {"dry_run": False}),
]
READS = [
    ("GET", "snapshots", None),
    ("GET", "snapshots/local/{id}", None),
    ("GET", "snapshots/local/{id}/files", None),
    ("GET", "snapshots/local/{id}/content?path=demo.ipynb", None),
    ("POST", "restores/preview", {"snapshot": "{id}"}),
    ("POST", "prune", {"dry_run": True}),
]
OPTIONS = (
    "import json; from kfnb_ext import assembly; options = assembly.shell_pod('shell').options;"
)


def ask(server: Live, id_: str, method: str, path: str, body: Any) -> Any:
    text = json.dumps(body).replace("{id}", id_)
    url = "kfnb/v1/" + path.replace("{id}", id_)
    return server.client.request(method, url, content=None if body is None else text)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine on which a snapshot was taken before the site made up its mind."""
    found = tmp_path_factory.mktemp("policy")
    (found / "workspace").mkdir()
    fill(found / "workspace")
    return found


@pytest.fixture(scope="module")
def earlier(home: Path) -> str:
    with live.running(home) as server:
        return server.snapshot("earlier")


@pytest.fixture(scope="module")
def locked(home: Path, earlier: str) -> Iterator[Live]:
    """The site locks; the user's file, the environment and the command line try to loosen."""
    variables = {"KFNB_READ_ONLY": "0", "KFNB_LOCKED": "no", "KFNB_SNAPSHOT_SHARE": "0.9"}
    with live.running(
        home, "--KfnbExt.read_only=False", site_says=LOCKED, user_says=LOOSER, env=variables
    ) as found:
        yield found


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_locked_read_only_server_changes_nothing(
    locked: Live, earlier: str, method: str, path: str, body: Any
):
    before, known = live.tree_hash(locked.workspace), locked.get("operations").json()
    answer = ask(locked, earlier, method, path, body)

    assert answer.status_code == 403
    assert "read-only" in answer.json()["message"]
    assert "Nothing was changed" in answer.json()["message"]
    assert live.tree_hash(locked.workspace) == before
    assert locked.get("operations").json() == known


@pytest.mark.parametrize(("method", "path", "body"), READS)
def test_a_read_only_server_still_shows_what_there_is(
    locked: Live, earlier: str, method: str, path: str, body: Any
):
    assert ask(locked, earlier, method, path, body).status_code == 200


def test_a_read_only_server_says_so_before_anybody_tries(locked: Live):
    status = locked.get("status").json()

    assert (status["read_only"], status["snapshots_enabled"]) == (True, True)


def test_a_shell_is_under_the_same_lock(locked: Live, home: Path):
    found = shell(home, "KFNB_READ_ONLY=0", "KFNB_SNAPSHOT_SHARE=0.9", "KFNB_LOCKED=0")

    assert found == {"read_only": True, "locked": True, "snapshot_share": 0.2}


def test_a_shell_may_be_stricter_than_the_lock(locked: Live, home: Path):
    assert shell(home, "KFNB_SNAPSHOT_SHARE=0.1")["snapshot_share"] == 0.1


def shell(home: Path, *variables: str) -> dict[str, Any]:
    """What the options are in a shell that has these variables."""
    names = "{n: getattr(options, n) for n in ('read_only', 'locked', 'snapshot_share')}"
    code = f"{OPTIONS} print(json.dumps({names}))"
    command = ["env", f"JUPYTER_CONFIG_DIR={home}/jupyter/config", *variables]
    done = subprocess.run(
        [*command, str(home / "env/bin/python"), "-W", "ignore", "-c", code],
        capture_output=True, text=True, check=True, cwd=home / "workspace",
    )  # fmt: skip
    options: dict[str, Any] = json.loads(done.stdout)
    return options


def test_snapshots_that_are_switched_off_are_neither_taken_nor_deleted_but_can_be_read(
    home: Path, earlier: str
):
    with live.running(home, env={"KFNB_SNAPSHOTS_ENABLED": "false"}) as server:
        before = live.tree_hash(server.workspace)
        for method, path, body in CHANGES:
            answer = ask(server, earlier, method, path, body)
            assert answer.status_code == 403, path
            assert "KFNB_SNAPSHOTS_ENABLED" in answer.json()["hint"]
        for method, path, body in READS:
            assert ask(server, earlier, method, path, body).status_code == 200, path

        assert live.tree_hash(server.workspace) == before
        assert server.get("status").json()["snapshots_enabled"] is False


def test_a_user_may_be_stricter_on_the_command_line(home: Path):
    with live.running(home, "--KfnbExt.read_only=True") as server:
        assert server.post("snapshots").status_code == 403


def test_the_workspace_of_the_environment_is_the_one_that_snapshots_are_of(
    home: Path, tmp_path: Path
):
    with live.running(home, env={"KFNB_WORKSPACE": str(tmp_path)}) as server:
        server.snapshot()

        assert server.get("status").json()["workspace"] == str(tmp_path)
        assert (tmp_path / ".kfnb").is_dir()


def test_a_server_started_in_the_terminal_of_another_has_its_own_workspace(
    home: Path, tmp_path: Path
):
    env = {"KFNB_WORKSPACE": str(tmp_path), "KFNB_TOLD_BY": "4711"}
    with live.running(home, env=env) as server:
        assert server.get("status").json()["workspace"] != str(tmp_path)


@pytest.mark.parametrize(
    ("user_says", "env", "words"),
    [
        ("", {"KFNB_SNAPSHOT_SHARE": "much"}, "KFNB_SNAPSHOT_SHARE holds 'much'"),
        ("c.KfnbExt.keep_last = 0", {}, "keep_last"),
    ],
)
def test_an_option_that_cannot_be_used_keeps_us_out_and_the_server_running(
    tmp_path: Path, user_says: str, env: dict[str, str], words: str
):
    with live.running(tmp_path, user_says=user_says, env=env) as server:
        assert server.client.get("kfnb/v1/status").status_code == 404
        assert server.lines(words)
        assert not server.lines("Task exception")


def test_each_act_leaves_one_line_that_says_who_did_what_and_how_it_ended(server: Live):
    known = len(server.lines("kfnb:"))
    taken = server.snapshot("to be logged")
    server.ended(server.post(f"snapshots/local/{taken}/verify"))
    server.ended(server.post("restores", {"snapshot": taken, "paths": ["data"]}))
    server.ended(server.delete(f"snapshots/local/{taken}"))
    server.get("snapshots")
    lines = [line.partition("kfnb: ")[2] for line in server.lines("kfnb:")[known:]]

    assert [line.partition(" by Anonymous ")[0] for line in lines] == [
        'snapshot "to be logged"',
        'check of snapshot "to be logged"',
        'restore from snapshot "to be logged"',
        'delete of snapshot "to be logged"',
    ]
    assert all(": succeeded. " in line for line in lines)


def test_no_name_can_write_a_line_of_its_own_into_the_log(server: Live):
    known = len(server.log.read_text().splitlines())
    answer = server.post("snapshots", {"name": "a\n[I] kfnb: restore by root: succeeded."})

    assert answer.status_code == 400
    assert not any("by root" in one for one in server.log.read_text().splitlines()[known:])
