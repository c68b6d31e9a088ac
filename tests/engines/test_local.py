"""The embedded engine: the contract, and what is its own."""

import hashlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfnb_ext import errors
from kfnb_ext.engines.local import LocalEngine
from kfnb_ext.model.snapshots import RestoreRequest
from tests.engines import trees
from tests.engines.contract import *  # noqa: F403 - the suite that runs over every engine
from tests.engines.contract import fill, request, take
from tests.engines.contract_files import *  # noqa: F403 - and the one over those that hold files


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "workspace"
    folder.mkdir()
    yield folder
    trees.erase(folder)


@pytest.fixture(params=[1, 1000], ids=["children", "alone"])
def engine(workspace, request):
    return LocalEngine(workspace, share=1.0, helpers_from=request.param)


def tree(engine, made):
    return Path(made.place)


def test_unchanged_files_are_hard_links_and_cost_nothing(engine, workspace):
    fill(workspace)
    settle(workspace)
    one, two = take(engine), take(engine)
    assert os.stat(tree(engine, one) / "notes/big.bin").st_ino == (
        os.stat(tree(engine, two) / "notes/big.bin").st_ino
    )
    assert two.bytes_added < 30_000 < one.bytes_added


def settle(workspace):
    """Give all files an old age, past the window in which a time stamp is not trusted."""
    time.sleep(0.15)


@pytest.mark.parametrize("how", ["touch", "chmod", "copy", "move"])
def test_a_file_with_the_same_content_is_linked_whatever_its_stamps(engine, workspace, how):
    path = workspace / "data.bin"
    path.write_bytes(os.urandom(300_000))
    one = take(engine)
    if how == "touch":
        os.utime(path, ns=(1, 1))
    elif how == "chmod":
        path.chmod(0o600)
    elif how == "copy":
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
    else:
        (workspace / "below").mkdir()
        path = path.rename(workspace / "below" / "other.bin")
    two = take(engine)
    relative = path.relative_to(workspace)
    assert os.stat(tree(engine, one) / "data.bin").st_ino == (
        os.stat(tree(engine, two) / relative).st_ino
    )
    path.unlink()
    engine.restore(request(two), "r", trees.Listening())
    assert path.stat().st_mtime_ns == 1 or how != "touch"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or how != "chmod"


def test_a_change_under_the_same_size_and_time_is_seen(engine, workspace):
    path = workspace / "data"
    path.write_bytes(b"one")
    take(engine)
    stamp = path.stat().st_mtime_ns
    path.write_bytes(b"two")
    os.utime(path, ns=(stamp, stamp))
    two = take(engine)
    assert b"".join(engine.content(two.id, "data")) == b"two"


def test_snapshots_are_read_only_and_hold_true_modes_in_the_manifest(engine, workspace):
    fill(workspace)
    (workspace / "run.sh").chmod(0o4755)
    made = take(engine)
    for where, folders, files in os.walk(made.place):
        for name in (".", *folders, *files):
            about = os.lstat(os.path.join(where, name))
            assert stat.S_ISLNK(about.st_mode) or not about.st_mode & 0o222
    (entry,) = [e for e in engine.files(made.id, "").entries if e.name == "run.sh"]
    assert entry.mode == 0o4755


def test_links_used_up_start_a_fresh_copy(engine, workspace):
    path = workspace / "data"
    path.write_bytes(b"x" * 1000)
    settle(workspace)
    one = take(engine)
    inner = tree(engine, one)
    extra = workspace.parent / "links"
    extra.mkdir()
    try:
        for n in range(70_000):
            os.link(inner / "data", extra / str(n))
    except OSError as error:
        used_up = error
    else:
        pytest.skip("this filesystem has no limit that could be reached")
    assert used_up.errno == 31
    two = take(engine)
    assert os.stat(tree(engine, two) / "data").st_ino != os.stat(inner / "data").st_ino
    assert b"".join(engine.content(two.id, "data")) == b"x" * 1000


def test_sparse_files_stay_sparse(engine, workspace):
    path = workspace / "sparse"
    with open(path, "wb") as file:
        file.seek(50_000_000)
        file.write(b"end")
        file.truncate(60_000_000)
    was = trees.describe(workspace, figures=False)
    made = take(engine)
    assert os.stat(tree(engine, made) / "sparse").st_blocks * 512 < 1_000_000
    path.unlink()
    engine.restore(request(made), "r", trees.Listening())
    assert path.stat().st_blocks * 512 < 1_000_000
    assert trees.describe(workspace, figures=False)["sparse"] == was["sparse"]


def test_sockets_pipes_and_links_to_nowhere_are_named_or_kept(engine, workspace, monkeypatch):
    os.mkfifo(workspace / "pipe")
    monkeypatch.chdir(workspace)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    (workspace / "dangling").symlink_to("nowhere")
    made = take(engine)
    assert {(o.path, o.reason) for o in made.left_out} == {
        ("pipe", "it is a pipe"),
        ("socket", "it is a socket"),
    }
    assert made.complete
    engine.restore(request(made, exact=True), "r", trees.Listening())
    assert (workspace / "pipe").is_fifo()
    assert (workspace / "socket").is_socket()


def test_what_is_excluded_is_said_and_never_removed(workspace):
    engine = LocalEngine(workspace, exclude=("*.tmp", "/data/raw", "cache"), share=1.0)
    for path in ("a.tmp", "data/raw/x", "data/cache/y", "other/data/raw/z", "new"):
        (workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace / path).write_text(path)
    made = take(engine)
    assert made.excluded == (".kfnb", "*.tmp", "/data/raw", "cache")
    assert made.files == 2
    (workspace / "later" / "cache").mkdir(parents=True)
    (workspace / "later" / "cache" / "q").write_text("q")
    (workspace / "later" / "gone").write_text("q")
    engine.restore(request(made, exact=True), "r", trees.Listening())
    assert (workspace / "later" / "cache" / "q").exists()
    assert not (workspace / "later" / "gone").exists()
    assert (workspace / "a.tmp").exists()
    assert (workspace / "data" / "raw" / "x").exists()


def test_verify_finds_every_change_loss_and_addition(engine, workspace):
    fill(workspace)
    made = take(engine)
    inner = tree(engine, made)
    subprocess.run(["chmod", "-R", "u+w", inner], check=True)
    (inner / "run.sh").write_text("#!/bin/SH\n")
    (inner / "notes" / "a.txt").unlink()
    (inner / "notes" / "extra").write_text("")
    (inner / "link").unlink()
    (inner / "link").symlink_to("elsewhere")
    (inner / "empty").rmdir()
    found = engine.verify(made.id, trees.Listening())
    assert not found.ok
    assert {(d.path, d.problem) for d in found.differences} == {
        ("run.sh", "changed"),
        ("notes/a.txt", "missing"),
        ("notes/extra", "added"),
        ("link", "changed"),
        ("empty", "missing"),
    }


@pytest.mark.parametrize("victim", ["record.json", "manifest.jsonl"])
def test_a_damaged_record_or_manifest_is_found_and_breaks_no_list(engine, workspace, victim):
    fill(workspace)
    whole, made = take(engine), take(engine)
    path = tree(engine, made).parent / victim
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-30])
    assert whole in engine.list()
    assert not engine.verify(made.id, trees.Listening()).ok
    with pytest.raises(errors.Gone):
        engine.plan(request(made))
    three = take(engine)
    assert engine.verify(three.id, trees.Listening()).ok
    engine.delete(made.id, trees.Listening())


def test_a_record_of_another_version_of_ours_is_whole_as_it_was_written(engine, workspace):
    fill(workspace)
    made = take(engine)
    path = tree(engine, made).parent / "record.json"
    record = json.loads(path.read_text())
    del record["snapshot"]["note"]
    record["snapshot"]["of_a_later_version"] = 1
    record["seal"] = ""
    bare = json.dumps(record, separators=(",", ":")).encode()
    record["seal"] = hashlib.sha256(bare).hexdigest()
    path.write_text(json.dumps(record, separators=(",", ":")))
    assert engine.verify(made.id, trees.Listening()).ok
    engine.plan(request(made))


def test_foreign_folders_among_the_snapshots_are_passed_over(engine, workspace):
    made = take(engine)
    (workspace / ".kfnb" / "snapshots" / "foreign").mkdir()
    (workspace / ".kfnb" / "snapshots" / "file").write_text("?")
    assert engine.list() == (made,)
    assert take(engine) in engine.list()


class Killing(trees.Listening):
    """Ends all children of this process, as a machine short of memory does."""

    def advance(self, done):
        super().advance(done)
        for path in Path(f"/proc/self/task/{threading.get_native_id()}").glob("children"):
            for child in path.read_text().split():
                os.kill(int(child), signal.SIGKILL)


@pytest.mark.parametrize("before", [False, True], ids=["that copies", "that links"])
def test_a_child_that_is_ended_from_outside_ends_the_snapshot_and_nothing_is_left(
    workspace, before
):
    for number in range(3000):
        (workspace / f"folder{number // 100}").mkdir(exist_ok=True)
        (workspace / f"folder{number // 100}" / f"file{number}").write_bytes(b"x" * 100)
    engine = LocalEngine(workspace, share=1.0, helpers_from=1)
    kept = (take(engine),) if before else ()
    with pytest.raises(errors.EngineFailed, match="ended from outside"):
        engine.create("", "manual", Killing())
    assert engine.list() == kept
    assert engine.recover() == ()
    assert engine.verify(take(engine).id, trees.Listening()).ok


def test_another_writer_is_named(engine, workspace):
    take(engine)
    code = (
        "import sys, time; from pathlib import Path; from kfnb_ext.engines.local import layout\n"
        f"with layout.Layout(Path({str(workspace)!r})).writing():\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            other.stdout.readline()
            with pytest.raises(errors.Conflict, match=str(other.pid)):
                take(engine)
            assert engine.recover() == ()
        finally:
            other.kill()
    take(engine)  # the kernel let go of the lock


def test_a_restore_never_writes_through_a_link(engine, workspace):
    fill(workspace)
    made = take(engine)
    outside = workspace.parent / "outside"
    (workspace / "notes").rename(outside)
    (workspace / "notes").symlink_to(outside)
    (outside / "a.txt").write_text("outside")
    with pytest.raises(errors.Conflict, match="link"):
        engine.restore(request(made, "notes/a.txt"), "r", trees.Listening())
    engine.restore(request(made), "r", trees.Listening())
    assert not (workspace / "notes").is_symlink()
    assert (workspace / "notes" / "a.txt").read_text() == "first"
    assert (outside / "a.txt").read_text() == "outside"


def test_a_preview_that_runs_out_of_time_says_what_it_did_not_read(workspace):
    fill(workspace)
    engine = LocalEngine(workspace, share=1.0, patience=-1.0)
    settle(workspace)
    made = take(engine)
    (workspace / "run.sh").chmod(0o700)
    os.utime(workspace / "notes" / "a.txt", ns=(1, 1))
    plan = engine.plan(request(made))
    assert (plan.create, plan.replace, plan.unchanged) == (0, 2, 2)
    assert plan.findings[0].startswith("2 files were not read")
    engine.restore(request(made), "r", trees.Listening())
    assert (workspace / "notes" / "a.txt").stat().st_mtime_ns > 1
    assert stat.S_IMODE((workspace / "run.sh").stat().st_mode) == 0o755


def test_a_write_to_a_restored_file_does_not_reach_the_snapshot(engine, workspace):
    fill(workspace)
    made = take(engine)
    (workspace / "notes" / "big.bin").unlink()
    engine.restore(request(made), "r", trees.Listening())
    with open(workspace / "notes" / "big.bin", "r+b") as file:
        file.write(b"overwritten")
    assert engine.verify(made.id, trees.Listening()).ok


def test_a_folder_with_things_no_snapshot_has_does_not_give_way(engine, workspace):
    (workspace / "x").write_text("a file")
    made = take(engine)
    (workspace / "x").unlink()
    (workspace / "x").mkdir()
    os.mkfifo(workspace / "x" / "pipe")
    plan = engine.plan(request(made))
    assert not plan.possible
    assert "pipe" in plan.findings[0]
    with pytest.raises(errors.Conflict):
        engine.restore(request(made), "r", trees.Listening())
    assert engine.list() == (made,)


def test_a_file_that_is_written_while_a_restore_runs_is_kept(engine, workspace):
    fill(workspace)
    made = take(engine)
    (workspace / "notes" / "a.txt").write_text("second")

    class Writing(trees.Listening):
        def phase(self, text):
            if text == "Putting it in place":
                (workspace / "notes" / "a.txt").write_text("written meanwhile")

    done = engine.restore(request(made), "r", Writing())
    (kept,) = done.kept
    assert Path(kept).read_text() == "written meanwhile"
    assert (workspace / "notes" / "a.txt").read_text() == "first"


def test_exact_with_a_path_means_that_it_was_not_there(engine, workspace):
    fill(workspace)
    made = take(engine)
    (workspace / "new" / "deep").mkdir(parents=True)
    (workspace / "new" / "deep" / "x").write_text("x")
    (workspace / "new" / "y").write_text("y")
    engine.restore(request(made, "new/deep", exact=True), "r", trees.Listening())
    assert not (workspace / "new" / "deep").exists()
    assert (workspace / "new" / "y").exists()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_any_tree_comes_back_as_it_was_and_undo_takes_that_back(tmp_path, dice):
    workspace = Path(tempfile.mkdtemp(dir=tmp_path))
    engine = LocalEngine(workspace, share=1.0, helpers_from=dice.choice((1, 1000)))
    heard = trees.Listening()
    trees.mutate(workspace, dice, dice.randrange(40))
    made = take(engine)
    was = trees.describe(workspace)
    trees.mutate(workspace, dice, dice.randrange(25))
    take(engine)
    trees.mutate(workspace, dice, dice.randrange(25))
    before = trees.describe(workspace)
    everything = RestoreRequest(snapshot=made.id, exact=True)
    done = engine.restore(everything, "r", heard)
    assert trees.describe(workspace) == was
    assert done.kept == ()
    again = engine.plan(everything)
    assert (again.create, again.replace, again.remove) == (0, 0, 0)
    assert all(engine.verify(s.id, heard).ok for s in engine.list())
    engine.undo("r", "u", heard)
    assert trees.describe(workspace) == before
    trees.erase(workspace)


def test_a_deep_tree_is_taken_and_deleted(engine, workspace):
    here = os.open(workspace, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    made = take(engine)
    engine.delete(made.id, trees.Listening())
    assert engine.list() == ()
    assert engine.recover() == ()


def test_what_was_created_in_place_of_a_file_stays_unless_exact_is_asked_for(engine, workspace):
    (workspace / "data").write_text("a file")
    made = take(engine)
    (workspace / "data").unlink()
    (workspace / "data").mkdir()
    (workspace / "data" / "new").write_text("newer")
    assert not engine.plan(request(made)).possible
    with pytest.raises(errors.Conflict, match="newer"):
        engine.restore(request(made), "r", trees.Listening())
    assert (workspace / "data" / "new").read_text() == "newer"
    engine.restore(request(made, exact=True), "r", trees.Listening())
    assert (workspace / "data").read_text() == "a file"
