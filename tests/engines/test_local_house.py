"""The embedded engine when somebody else has had a hand in its folder ``.kfnb``."""

import json
import os
import shutil
import subprocess
import threading

import pytest

from kfnb_ext import errors
from kfnb_ext.engines.local import LocalEngine
from tests.engines import trees
from tests.engines.contract import fill, request, take
from tests.engines.test_local_limits import NOBODY, _open_to_all, as_nobody, as_root, small

__all__ = ["small"]  # a fixture


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "workspace"
    folder.mkdir()
    fill(folder)
    yield folder
    trees.erase(folder)


@pytest.fixture
def engine(workspace):
    return LocalEngine(workspace, share=1.0)


@pytest.mark.parametrize("part", ["", "trash", "staging", "snapshots", "restores"])
def test_a_folder_of_ours_that_is_a_link_is_refused_and_nothing_behind_it_is_cleared(
    engine, workspace, part
):
    take(engine)
    precious = workspace.parent / "precious"
    (precious / "inner").mkdir(parents=True)
    ours = workspace / ".kfnb" / part
    subprocess.run(["chmod", "-R", "u+w", ours], check=True)
    shutil.rmtree(ours)
    ours.symlink_to(precious)
    info = engine.info()
    assert (info.available, "is a link" in info.reason) == (False, True)
    with pytest.raises(errors.Unsupported, match=r"is a link\. Nothing was changed"):
        take(engine)
    if part in ("trash", "staging"):  # what lies there looks as if it was left over
        with pytest.raises(errors.Unsupported, match="is a link"):
            engine.recover()
    assert os.listdir(precious) == ["inner"]
    ours.unlink()


@pytest.mark.parametrize("make", [lambda path: path.write_text("mine"), os.mkfifo])
def test_something_else_of_that_name_is_left_alone_and_named(workspace, make):
    make(workspace / ".kfnb")
    engine = LocalEngine(workspace)
    assert not engine.info().available
    with pytest.raises(errors.Unsupported, match="is no folder"):
        take(engine)


@as_root
def test_snapshots_of_somebody_else_are_not_said_to_be_none(tmp_path):
    folder = _open_to_all(tmp_path)
    take(LocalEngine(folder, share=1.0))
    os.chown(folder, NOBODY, NOBODY)
    said = as_nobody("print(LocalEngine(top).info().reason)", folder)
    assert said.strip() == f"The folder {folder}/.kfnb is closed to you."
    trees.erase(folder)


def test_a_pipe_in_place_of_a_file_is_not_waited_for(engine, workspace):
    made = take(engine)
    inner = workspace / ".kfnb" / "snapshots" / made.id / "tree"
    inner.chmod(0o700)
    (inner / "run.sh").unlink()
    os.mkfifo(inner / "run.sh")
    with pytest.raises(errors.Gone):
        engine.content(made.id, "run.sh")
    assert not engine.verify(made.id, trees.Listening()).ok


def test_a_file_that_was_edited_in_the_snapshot_is_not_restored(engine, workspace):
    made = take(engine)
    edited = workspace / ".kfnb" / "snapshots" / made.id / "tree" / "run.sh"
    edited.chmod(0o700)
    edited.write_text("#!/bin/SH\n")
    (workspace / "run.sh").unlink()
    with pytest.raises(errors.Gone, match=r"run\.sh.*Nothing was changed"):
        engine.restore(request(made), "r", trees.Listening())
    assert not (workspace / "run.sh").exists()
    engine.restore(request(made, "notes"), "r2", trees.Listening())


def test_a_snapshot_whose_files_were_deleted_is_refused_in_words(engine, workspace):
    made = take(engine)
    inner = workspace / ".kfnb" / "snapshots" / made.id / "tree"
    trees.erase(inner)
    (workspace / "run.sh").unlink()
    with pytest.raises(errors.Gone, match="gone"):
        engine.plan(request(made))
    take(engine)
    assert not engine.verify(made.id, trees.Listening()).ok


def test_an_undo_whose_record_was_deleted_names_the_snapshot_that_holds_all(engine, workspace):
    made = take(engine)
    (workspace / "run.sh").unlink()
    done = engine.restore(request(made), "r1", trees.Listening())
    (workspace / ".kfnb" / "restores" / "r1" / "touched.json").unlink()
    with pytest.raises(errors.Gone) as caught:
        engine.undo("r1", "u1", trees.Listening())
    assert (done.safety or "?") in caught.value.hint


def test_a_record_with_a_time_of_no_zone_breaks_no_list(engine, workspace):
    whole, made = take(engine), take(engine)
    path = workspace / ".kfnb" / "snapshots" / made.id / "record.json"
    record = json.loads(path.read_text())
    record["snapshot"]["created"] = "2026-01-01T00:00:00"
    path.write_text(json.dumps(record))
    assert engine.list() == (whole,)
    assert made.id in engine.info().note


class Deleting(trees.Listening):
    """Somebody deletes the snapshot while it is read."""

    def __init__(self, engine, made):
        super().__init__()
        self._engine, self._made, self._once = engine, made, threading.Lock()

    def advance(self, done):
        super().advance(done)
        if self._once.acquire(blocking=False):
            self._engine.delete(self._made.id, trees.Listening())


def test_a_snapshot_that_is_deleted_while_it_is_checked_is_not_called_damaged(engine, workspace):
    made = take(engine)
    with pytest.raises(errors.NotFound, match="deleted while"):
        engine.verify(made.id, Deleting(engine, made))


@as_root
def test_a_full_volume_hinders_no_delete_and_is_not_littered(small):
    volume = small("size=4m,nr_inodes=60")
    engine = LocalEngine(volume, share=1.0)
    (volume / "data").write_bytes(b"x" * 500_000)
    made = take(engine)
    (volume / ".kfnb" / "README.txt").unlink()
    (volume / ".kfnb" / "lock").unlink()
    (volume / ".kfnb" / "lock").touch()
    for number in range(60):
        try:
            (volume / f"n{number}").write_bytes(bytes(4 << 20))
        except OSError:
            continue
    engine.delete(made.id, trees.Listening())
    assert engine.list() == ()
    assert [name for name in os.listdir(volume / ".kfnb") if name.startswith(".")] == []


@as_root
def test_a_preview_says_that_there_is_no_room(small):
    volume = small("size=20m")
    engine = LocalEngine(volume, share=1.0)
    (volume / "data").write_bytes(b"x" * 8_000_000)
    made = take(engine)
    (volume / "data").unlink()
    (volume / "other").write_bytes(b"y" * 7_000_000)
    plan = engine.plan(request(made))
    assert not plan.possible
    assert "MiB free" in " ".join(plan.findings)


def test_without_room_for_the_safety_snapshot_a_restore_says_whose_room_it_is(workspace):
    made = take(LocalEngine(workspace, share=1.0))
    (workspace / "more").write_bytes(os.urandom(100_000))
    with pytest.raises(errors.NoSpace, match=r"Before a restore a safety snapshot .* may take"):
        LocalEngine(workspace, share=1e-9).restore(request(made), "r", trees.Listening())
    assert (workspace / "more").exists()


@as_root
def test_what_could_not_be_put_in_place_is_not_called_a_newer_version(engine, workspace):
    from kfnb_ext.model.snapshots import unplaced
    from kfnb_ext.services import naming

    made = take(engine)
    (workspace / "run.sh").write_text("changed")
    if subprocess.run(["chattr", "+i", workspace / "run.sh"], check=False).returncode:
        pytest.skip("this filesystem has no immutable files")
    try:
        done = engine.restore(request(made), "r", trees.Listening())
    finally:
        subprocess.run(["chattr", "-i", workspace / "run.sh"], check=True)
    assert unplaced(done) == done.kept
    assert "1 could not be put in place" in naming.restored(done)
    assert "newer" not in naming.restored(done)
