"""What every engine keeps that holds files: they are looked into, checked and restored by path.

A test module of such an engine takes this suite beside ``contract``.
"""

import pytest

from kfnb_ext import errors
from tests.engines import trees
from tests.engines.contract import UNKNOWN, Stopping, fill, request, take


def test_a_snapshot_is_listed_with_its_true_figures(engine, workspace):
    fill(workspace)
    made = take(engine, "before cleanup")
    assert engine.list() == (made,)
    assert engine.get(made.id) == made
    assert (made.name, made.reason, made.complete) == ("before cleanup", "manual", True)
    assert made.files == 4
    assert made.bytes_total == 5 + 512_000 + 10 + len("notes/a.txt")


def test_folders_and_files_can_be_looked_into(engine, workspace):
    fill(workspace)
    made = take(engine)
    top = {e.name: e for e in engine.files(made.id, "").entries}
    assert sorted(top) == ["empty", "link", "notes", "run.sh"]
    assert (top["run.sh"].type, top["run.sh"].mode, top["run.sh"].size) == ("file", 0o755, 10)
    assert (top["link"].type, top["link"].target) == ("symlink", "notes/a.txt")
    assert (top["notes"].type, top["notes"].size) == ("directory", None)
    assert [e.path for e in engine.files(made.id, "notes").entries] == [
        "notes/a.txt",
        "notes/big.bin",
    ]
    assert b"".join(engine.content(made.id, "notes/big.bin")) == bytes(range(256)) * 2000


def test_a_snapshot_does_not_change_when_the_workspace_does(engine, workspace):
    fill(workspace)
    made = take(engine)
    with open(workspace / "notes" / "a.txt", "r+") as file:
        file.write("SECOND")
    assert b"".join(engine.content(made.id, "notes/a.txt")) == b"first"
    assert engine.verify(made.id, trees.Listening()).ok


def test_a_link_and_a_folder_have_no_content(engine, workspace):
    fill(workspace)
    made = take(engine)
    with pytest.raises(errors.BadRequest, match="symbolic link"):
        engine.content(made.id, "link")
    for path in ("notes", ""):
        with pytest.raises(errors.BadRequest):
            engine.content(made.id, path)
    with pytest.raises(errors.BadRequest):
        engine.files(made.id, "run.sh")


def test_verify_reads_all_and_finds_nothing(engine, workspace):
    fill(workspace)
    found = engine.verify(take(engine).id, trees.Listening())
    assert found.ok
    assert (found.files, found.differences_count) == (4, 0)


def test_restoring_all_brings_back_what_was_and_keeps_what_is_newer(engine, workspace):
    fill(workspace)
    made = take(engine)
    was = trees.describe(workspace)
    (workspace / "notes" / "a.txt").write_text("second")
    (workspace / "run.sh").unlink()
    (workspace / "notes" / "newer.txt").write_text("newer")
    plan = engine.plan(request(made))
    assert (plan.create, plan.replace, plan.remove, plan.newer_kept) == (1, 1, 0, 1)
    assert (plan.created_paths, plan.replaced_paths) == (("run.sh",), ("notes/a.txt",))
    assert plan.possible
    done = engine.restore(request(made), "r1", trees.Listening())
    assert (done.id, done.snapshot, done.undone, done.kept) == ("r1", made.id, False, ())
    assert (workspace / "notes" / "newer.txt").read_text() == "newer"
    (workspace / "notes" / "newer.txt").unlink()
    now = trees.describe(workspace)
    del was["notes"], now["notes"]  # its time changed by the line above
    assert now == was


def test_an_exact_restore_also_removes_what_is_newer(engine, workspace):
    fill(workspace)
    made = take(engine)
    was = trees.describe(workspace)
    (workspace / "notes" / "newer.txt").write_text("newer")
    (workspace / "project" / "deep").mkdir(parents=True)
    (workspace / "project" / "deep" / "x").write_text("x")
    assert engine.plan(request(made, exact=True)).remove == 4
    engine.restore(request(made, exact=True), "r1", trees.Listening())
    assert trees.describe(workspace) == was


def test_planning_changes_nothing(engine, workspace):
    fill(workspace)
    made = take(engine)
    (workspace / "run.sh").write_text("other")
    before = trees.describe(workspace)
    engine.plan(request(made, exact=True))
    assert trees.describe(workspace) == before
    assert engine.list() == (made,)


def test_restoring_one_file_or_folder_leaves_the_rest(engine, workspace):
    fill(workspace)
    made = take(engine)
    (workspace / "notes" / "a.txt").write_text("second")
    (workspace / "run.sh").write_text("second")
    engine.restore(request(made, "notes/a.txt"), "r1", trees.Listening())
    assert (workspace / "notes" / "a.txt").read_text() == "first"
    assert (workspace / "run.sh").read_text() == "second"


def test_a_restore_is_undone_and_the_undo_as_well(engine, workspace):
    fill(workspace)
    made = take(engine)
    (workspace / "notes" / "a.txt").write_text("second")
    (workspace / "empty").rmdir()
    (workspace / "newer").write_text("newer")
    before = trees.describe(workspace)
    first = engine.restore(request(made, exact=True), "r1", trees.Listening())
    assert engine.get(first.safety or "").reason == "before_restore"
    restored = trees.describe(workspace)
    undo = engine.undo("r1", "u1", trees.Listening())
    assert (undo.undo_of, engine.get(undo.safety or "").reason) == ("r1", "before_undo")
    assert trees.describe(workspace) == before
    assert [(r.id, r.undone) for r in engine.restores()] == [("u1", False), ("r1", True)]
    with pytest.raises(errors.Conflict):
        engine.undo("r1", "u2", trees.Listening())
    assert trees.describe(workspace) == before
    engine.undo("u1", "u3", trees.Listening())
    assert trees.describe(workspace) == restored


def test_an_undo_touches_only_what_its_restore_touched(engine, workspace):
    fill(workspace)
    made = take(engine)
    (workspace / "notes" / "a.txt").write_text("second")
    engine.restore(request(made), "r1", trees.Listening())
    (workspace / "run.sh").write_text("later work")
    (workspace / "later").write_text("later work")
    engine.undo("r1", "u1", trees.Listening())
    assert (workspace / "notes" / "a.txt").read_text() == "second"
    assert (workspace / "run.sh").read_text() == "later work"
    assert (workspace / "later").read_text() == "later work"


def test_a_deleted_snapshot_is_gone_and_the_others_are_whole(engine, workspace):
    fill(workspace)
    one = take(engine)
    (workspace / "run.sh").write_text("other")
    two = take(engine)
    assert (engine.freed((one.id,)) or 0) > 0
    engine.delete(one.id, trees.Listening())
    assert engine.list() == (two,)
    assert engine.verify(two.id, trees.Listening()).ok
    with pytest.raises(errors.NotFound):
        engine.get(one.id)


def test_without_its_safety_snapshot_a_restore_cannot_be_undone(engine, workspace):
    fill(workspace)
    made = take(engine)
    (workspace / "run.sh").unlink()
    done = engine.restore(request(made), "r1", trees.Listening())
    engine.delete(done.safety or "", trees.Listening())
    (listed,) = engine.restores()
    assert (listed.safety, listed.undone) == (None, False)
    with pytest.raises(errors.Gone):
        engine.undo("r1", "u1", trees.Listening())


@pytest.mark.parametrize("unknown", UNKNOWN)
def test_of_an_unknown_id_nothing_is_read(engine, workspace, unknown):
    fill(workspace)
    take(engine)
    for ask in (
        lambda: engine.files(unknown, ""),
        lambda: engine.content(unknown, "run.sh"),
        lambda: engine.verify(unknown, trees.Listening()),
    ):
        with pytest.raises(errors.NotFound):
            ask()
    assert len(engine.list()) == 1


CLIMBING = ["..", "../x", "/etc/passwd", "notes/../../x", "a//b", "./a", "a\0b", "x/" * 3000, "/"]


@pytest.mark.parametrize("path", [*CLIMBING, "\ud800"])
def test_paths_that_climb_out_are_refused(engine, workspace, path):
    fill(workspace)
    made = take(engine)
    before = trees.describe(workspace)
    for ask in (
        lambda: engine.files(made.id, path),
        lambda: engine.content(made.id, path),
        lambda: engine.check(request(made, path, exact=True)),
        lambda: engine.plan(request(made, path, exact=True)),
        lambda: engine.restore(request(made, path, exact=True), "r", trees.Listening()),
    ):
        with pytest.raises(errors.BadRequest):
            ask()
    assert trees.describe(workspace) == before
    assert engine.list() == (made,)


def test_a_path_that_is_not_in_the_snapshot_is_not_found(engine, workspace):
    fill(workspace)
    made = take(engine)
    for ask in (
        lambda: engine.files(made.id, "nowhere"),
        lambda: engine.content(made.id, "notes/nowhere"),
        lambda: engine.content(made.id, "run.sh/nowhere"),
        lambda: engine.check(request(made, "nowhere")),
        lambda: engine.plan(request(made, "nowhere")),
        lambda: engine.restore(request(made, "nowhere"), "r", trees.Listening()),
    ):
        with pytest.raises(errors.NotFound):
            ask()


def test_who_asks_to_stop_finds_everything_as_before(engine, workspace):
    fill(workspace)
    with pytest.raises(errors.Cancelled):
        engine.create("", "manual", Stopping(1000))
    assert engine.list() == ()
    made = take(engine)
    (workspace / "notes" / "big.bin").write_bytes(b"x" * 600_000)
    before = trees.describe(workspace)
    with pytest.raises(errors.Cancelled):
        engine.restore(request(made), "r1", Stopping(100_000))
    assert trees.describe(workspace) == before
    assert engine.list() == (made,)
    assert engine.restores() == ()
    assert engine.recover() == ()


def test_a_comparison_that_takes_too_long_can_be_stopped(engine, workspace):
    fill(workspace)
    made = take(engine)
    (workspace / "run.sh").write_text("changed")
    before = trees.describe(workspace)
    engine.check(request(made))
    with pytest.raises(errors.Cancelled):
        engine.plan(request(made), Stopping(0))
    with pytest.raises(errors.Cancelled):
        engine.freed((made.id,), Stopping(0))
    assert trees.describe(workspace) == before
    assert engine.list() == (made,)


def test_progress_adds_up_to_what_was_expected(engine, workspace):
    fill(workspace)
    heard = trees.Listening()
    engine.create("", "manual", heard)
    assert heard.done == heard.total > 0
    assert heard.phases
