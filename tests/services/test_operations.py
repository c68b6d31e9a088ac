"""Operations: seen by every face, ended by words, and dead when their owner is."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from kfnb_ext import errors, state
from kfnb_ext.services.operations import Operations, Result, Running


@pytest.fixture
def disk(tmp_path: Path) -> state.State:
    return state.State(tmp_path / "work", str(tmp_path / "state"))


@pytest.fixture
def mine(disk: state.State) -> Operations:
    return Operations(disk, "server", logging.getLogger("tests"))


@pytest.fixture
def other(disk: state.State) -> Operations:
    """The same workspace, seen from another process."""
    return Operations(disk, "kernel", logging.getLogger("tests"))


def start(operations: Operations, work: Callable[[Running], Result], **more: str) -> Running:
    return operations.start("create", "local", more.pop("title", "snapshot"), work, **more)


def test_an_operation_ends_with_what_it_made_and_every_face_sees_it(
    mine: Operations, other: Operations
):
    running = start(mine, lambda _: Result(message="Done.", snapshot="s1"), user="ada")
    assert running.wait(5)

    for seen in (mine.get(running.record.id), other.get(running.record.id), *other.list()):
        assert (seen.state, seen.message, seen.snapshot) == ("succeeded", "Done.", "s1")
        assert (seen.owner.user, seen.owner.face) == ("ada", "server")
        assert seen.ended


def test_progress_is_seen_from_elsewhere_while_it_runs(mine: Operations, other: Operations):
    said, go_on = threading.Event(), threading.Event()

    def work(running: Running) -> Result:
        running.expect(100)
        running.advance(40)
        running.phase("copying")
        said.set()
        go_on.wait(5)
        return Result(message="")

    running = start(mine, work)
    said.wait(5)
    seen = other.get(running.record.id)
    go_on.set()
    running.wait(5)

    assert (seen.state, seen.phase, seen.done, seen.total) == ("running", "copying", 40, 100)


@pytest.mark.parametrize("from_elsewhere", [False, True])
def test_whoever_asks_to_stop_is_heard_at_the_next_advance(
    mine: Operations, other: Operations, from_elsewhere: bool
):
    begun = threading.Event()

    def work(running: Running) -> Result:
        begun.set()
        while True:
            running.advance(1)

    running = start(mine, work)
    begun.wait(5)
    asked = (other if from_elsewhere else mine).cancel(running.record.id)
    assert asked.cancel_requested
    assert running.wait(5)

    assert mine.get(running.record.id).state == "cancelled"
    assert "as it was before" in mine.get(running.record.id).message
    with pytest.raises(errors.Conflict):
        other.cancel(running.record.id)


def failing(error: Exception) -> Callable[[Running], Result]:
    def work(_: Running) -> Result:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.NoSpace("No room.", "Delete."), "No room."),
        (OSError(28, "No space left on device"), "The volume is full"),
        (ZeroDivisionError("odd"), "snapshot failed: odd"),
    ],
)
def test_an_operation_that_fails_says_why_and_what_to_do(
    mine: Operations, error: Exception, words: str, caplog: pytest.LogCaptureFixture
):
    running = start(mine, failing(error))
    running.wait(5)
    record = mine.get(running.record.id)

    assert record.state == "failed"
    assert words in record.message
    assert record.hint


def test_an_owner_that_was_killed_leaves_an_operation_that_failed(
    mine: Operations, disk: state.State, tmp_path: Path
):
    code = f"""if True:
        import logging, os, pathlib, time
        from kfnb_ext import state
        from kfnb_ext.services.operations import Operations
        disk = state.State(pathlib.Path({str(tmp_path / "work")!r}), {str(tmp_path / "state")!r})
        found = Operations(disk, "kernel", logging.getLogger())
        found.start("create", "local", "snapshot", lambda running: time.sleep(60))
        print("running", flush=True)
    """
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"running\n"
        (before,) = mine.list()
        child.kill()
    (after,) = mine.list()

    assert (before.state, after.state) == ("running", "failed")
    assert after.message.startswith("Interrupted")
    assert mine.get(after.id) == after


def test_many_who_look_at_a_dead_owner_at_once_all_see_that_it_failed(
    mine: Operations, disk: state.State
):
    running = start(mine, lambda _: Result(message=""))
    running.wait(5)
    dead = msgspec.structs.replace(running.record.owner, pid=2**22 - 1, started_ticks=1)
    record = msgspec.structs.replace(running.record, owner=dead, state="running", ended=None)
    found: list[str] = []
    for _ in range(20):
        disk.write(f"operations/{record.id}", msgspec.json.encode(record))
        look = [threading.Thread(target=lambda: found.append(mine.list()[0].state))]
        look += [threading.Thread(target=lambda: found.append(mine.list()[0].state))]
        for thread in look:
            thread.start()
        for thread in look:
            thread.join()

    assert found == ["failed"] * 40


@pytest.mark.parametrize(
    "name", ["unknown", "..", "../status", "/etc/passwd", "", "a\0", "a" * 999]
)
def test_an_operation_that_is_none_is_not_found_and_nothing_is_removed(
    mine: Operations, disk: state.State, name: str
):
    disk.write("status", b"not an operation")
    for ask in (mine.get, mine.cancel):
        with pytest.raises(errors.NotFound):
            ask(name)

    assert disk.read("status") == b"not an operation"


def test_a_record_of_another_version_is_cleared(mine: Operations, disk: state.State):
    disk.write("operations/old", b'{"id": "old", "shape": "unknown"}')

    assert mine.list() == ()
    assert not disk.exists("operations/old")


def test_one_line_of_the_log_says_who_did_what_and_how_it_ended(
    mine: Operations, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    title = 'snapshot "a\n\x1b[31mb\u2028c"'
    start(mine, lambda _: Result(message="3 files."), title=title, user="ada").wait(5)
    ending = [thread for thread in threading.enumerate() if thread.name == "kfnb-create"]
    for thread in ending:
        thread.join(5)

    assert caplog.messages == ['kfnb: snapshot "a [31mb c" by ada: succeeded. 3 files.']


def test_a_server_that_stops_asks_all_its_operations_to_stop(mine: Operations):
    def work(running: Running) -> Result:
        while True:
            running.advance(1)

    running = start(mine, work)
    mine.stop()

    assert running.wait(5)
    assert running.record.state == "cancelled"
