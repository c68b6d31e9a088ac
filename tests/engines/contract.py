"""What every engine keeps: one suite, run over each of them.

A test module of an engine says ``from tests.engines.contract import *`` and gives a fixture
``engine`` (an engine over the empty folder of the fixture ``workspace``). What only engines keep
that hold files, and not whole volumes, is in ``contract_files``.
"""

from datetime import timezone
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.model.snapshots import RestoreRequest, Snapshot
from tests.engines import trees


class Stopping(trees.Listening):
    """A user who asks to stop after so many bytes."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def advance(self, done: int) -> None:
        super().advance(done)
        if self.done >= self._after:
            raise errors.Cancelled("Stopped on request.")


def fill(workspace: Path) -> None:
    """Something of each kind."""
    (workspace / "notes").mkdir()
    (workspace / "notes" / "a.txt").write_text("first")
    (workspace / "notes" / "big.bin").write_bytes(bytes(range(256)) * 2000)
    (workspace / "empty").mkdir(mode=0o700)
    (workspace / "link").symlink_to("notes/a.txt")
    (workspace / "run.sh").write_text("#!/bin/sh\n")
    (workspace / "run.sh").chmod(0o755)


def take(engine: base.Engine, name: str = "") -> Snapshot:
    return engine.create(name, "manual", trees.Listening())


def request(snapshot: Snapshot, *paths: str, exact: bool = False) -> RestoreRequest:
    return RestoreRequest(snapshot=snapshot.id, paths=paths, exact=exact)


def test_an_engine_on_an_empty_workspace_is_there_and_has_nothing(engine, workspace):
    assert engine.info().available
    assert engine.info().engine == engine.name
    assert engine.list() == ()
    assert engine.restores() == ()
    assert engine.recover() == ()
    assert list(workspace.iterdir()) == []


def test_newer_snapshots_come_first(engine, workspace):
    made = [take(engine, str(n)) for n in range(3)]
    assert [s.id for s in engine.list()] == [s.id for s in reversed(made)]


def test_taking_a_snapshot_changes_nothing_in_the_workspace(engine, workspace):
    fill(workspace)
    before = trees.describe(workspace)
    take(engine)
    after = trees.describe(workspace)
    del before["."], after["."]  # the folder of the snapshots was made in it
    assert after == before


def test_a_snapshot_is_listed_as_it_was_made(engine, workspace):
    fill(workspace)
    made = engine.create("before cleanup", "manual", trees.Listening(), "why it was taken")
    assert engine.list() == (made,)
    assert engine.get(made.id) == made
    assert (made.engine, made.state, made.complete) == (engine.name, "ready", True)
    assert (made.name, made.reason, made.note) == (
        "before cleanup",
        "manual",
        "why it was taken",
    )
    assert made.created.tzinfo == timezone.utc
    assert made.place


def test_a_deleted_snapshot_is_gone_and_the_others_stay(engine, workspace):
    fill(workspace)
    one, two = take(engine), take(engine)
    engine.delete(one.id, trees.Listening())
    assert engine.list() == (two,)
    for ask in (engine.get, lambda snapshot: engine.delete(snapshot, trees.Listening())):
        with pytest.raises(errors.NotFound):
            ask(one.id)
    assert engine.get(two.id) == two


UNKNOWN = ["nothing", "..", "../..", "a/b", "", "x" * 300, "a\0b"]


@pytest.mark.parametrize("unknown", UNKNOWN)
def test_an_unknown_id_is_not_found(engine, workspace, unknown):
    fill(workspace)
    take(engine)
    for ask in (
        lambda: engine.get(unknown),
        lambda: engine.delete(unknown, trees.Listening()),
        lambda: engine.check(RestoreRequest(snapshot=unknown)),
        lambda: engine.plan(RestoreRequest(snapshot=unknown)),
        lambda: engine.restore(RestoreRequest(snapshot=unknown), "r", trees.Listening()),
        lambda: engine.undo(unknown, "u", trees.Listening()),
    ):
        with pytest.raises(errors.NotFound):
            ask()
    assert len(engine.list()) == 1


def test_who_asks_at_once_to_stop_leaves_no_snapshot(engine, workspace):
    fill(workspace)
    with pytest.raises(errors.Cancelled):
        engine.create("", "manual", Stopping(0))
    assert engine.list() == ()
    assert engine.recover() == ()


def test_what_an_engine_cannot_do_it_says(engine, workspace):
    fill(workspace)
    made, can = take(engine), engine.info().can
    asked = {
        "browse": lambda: (engine.files(made.id, ""), engine.content(made.id, "run.sh")),
        "verify": lambda: engine.verify(made.id, trees.Listening()),
    }
    for power, ask in asked.items():
        if power in can:
            ask()
            continue
        with pytest.raises(errors.Unsupported) as refused:
            ask()
        assert refused.value.hint


def test_a_create_says_what_it_does(engine, workspace):
    fill(workspace)
    heard = trees.Listening()
    engine.create("", "manual", heard)
    assert heard.phases
