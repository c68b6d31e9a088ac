"""Snapshots under the policy, over the engine that is always there."""

import logging
import os
import shutil
from pathlib import Path

import pytest

from kfnb_ext import errors, state
from kfnb_ext.engines.local import LocalEngine
from kfnb_ext.model import retention
from kfnb_ext.model import snapshots as model
from kfnb_ext.services.operations import Operations, Running
from kfnb_ext.services.snapshots import Policy, Snapshots
from kfnb_ext.services.waiting import Waiting


def over(
    tmp_path: Path,
    *,
    read_only: bool = False,
    enabled: bool = True,
    engine: type[LocalEngine] = LocalEngine,
) -> Snapshots:
    workspace = tmp_path / "work"
    workspace.mkdir(exist_ok=True)
    (workspace / "a.txt").write_text("a")
    operations = Operations(
        state.State(workspace, str(tmp_path / "state")), "server", logging.getLogger("tests")
    )
    policy = Policy(
        read_only=read_only,
        snapshots_enabled=enabled,
        retention=retention.Retention(last=1, daily=0, weekly=0),
    )
    maker = {"local": lambda: engine(workspace, exclude=(), share=1.0)}
    return Snapshots(maker, operations, policy)


@pytest.fixture
def pod(tmp_path: Path) -> Snapshots:
    return over(tmp_path)


def done(running: Running) -> str:
    assert running.wait(30)
    assert running.record.state == "succeeded", running.record
    return running.record.snapshot or ""


def create(pod: Snapshots, name: str = "") -> str:
    return done(pod.create(model.CreateRequest(name=name)))


def test_what_changes_something_is_refused_by_the_policy_and_what_reads_is_not(tmp_path: Path):
    taken = create(over(tmp_path), "earlier")
    for strict in (over(tmp_path, read_only=True), over(tmp_path, enabled=False)):
        for act in (
            lambda pod: pod.create(model.CreateRequest()),
            lambda pod: pod.delete("local", taken),
            lambda pod: pod.restore(model.RestoreRequest(snapshot=taken)),
            lambda pod: pod.undo("some"),
            lambda pod: pod.prune(retention.PruneRequest(dry_run=False)),
        ):
            with pytest.raises(errors.Forbidden) as caught:
                act(strict)
            assert caught.value.hint
        assert [one.id for one in strict.list().snapshots] == [taken]
        assert strict.plan(model.RestoreRequest(snapshot=taken)).possible
        assert b"".join(strict.content("local", taken, "a.txt")) == b"a"


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31m", "a" * 201, "\ud800", "\u2028"])
def test_a_name_that_would_harm_a_log_or_a_terminal_is_refused_from_every_face(
    pod: Snapshots, name: str
):
    with pytest.raises(errors.BadRequest):
        pod.create(model.CreateRequest(name=name))
    assert pod.list().snapshots == ()


@pytest.mark.parametrize("path", ["..", "/etc", "a\0", "\ud800", "a//b", "./a", "x" * 5000])
def test_a_path_that_leads_out_is_refused_from_every_face(pod: Snapshots, path: str):
    taken = create(pod)
    request = model.RestoreRequest(snapshot=taken, paths=(path,))
    for act in (pod.plan, pod.restore):
        with pytest.raises(errors.BadRequest):
            act(request)


def test_a_snapshot_is_deleted_though_the_operation_cannot_be_noted(tmp_path: Path):
    taken = create(over(tmp_path))
    shutil.rmtree(tmp_path / "state")
    (tmp_path / "state").write_text("no folder can be made here")
    pod = over(tmp_path)
    with pytest.raises(errors.EngineFailed, match="cannot be written"):
        pod.create(model.CreateRequest())
    done(pod.delete("local", taken))
    assert pod.list().snapshots == ()


def test_an_engine_and_a_snapshot_that_are_none_are_not_found(pod: Snapshots):
    for engine, snapshot in (("csi", "x"), ("local", "x"), ("local", ".."), ("local", "")):
        for act in (pod.get, pod.delete, pod.verify):
            with pytest.raises((errors.NotFound, errors.BadRequest)):
                act(engine, snapshot)


def test_prune_keeps_what_the_retention_says_and_deletes_only_what_was_shown(pod: Snapshots):
    old, new = create(pod, "old"), create(pod, "new")
    plan = pod.prune_plan(retention.PruneRequest())
    assert (plan.keep, plan.delete) == ((new,), (old,))

    newest = create(pod, "one more, since the preview")
    with pytest.raises(errors.Conflict):
        pod.prune(retention.PruneRequest(dry_run=False, delete=plan.delete))
    assert len(pod.list().snapshots) == 3

    done(pod.prune(retention.PruneRequest(dry_run=False, delete=(new, old))))
    assert [one.id for one in pod.list().snapshots] == [newest]


class StopsAfterOne(LocalEngine):
    """A user who asks to stop once the first snapshot is deleted."""

    def delete(self, snapshot, progress):
        super().delete(snapshot, progress)
        progress.cancel()


def test_a_prune_that_is_stopped_amid_them_says_how_many_are_gone(tmp_path: Path):
    pod = over(tmp_path, engine=StopsAfterOne)
    for name in ("a", "b", "c"):
        create(pod, name)
    running = pod.prune(retention.PruneRequest(dry_run=False))
    assert running.wait(30)
    assert running.record.state == "cancelled"
    assert "1 snapshot is deleted, the others are as before" in running.record.message
    assert len(pod.list().snapshots) == 2


def test_prune_keeps_the_way_back_from_the_last_restore(pod: Snapshots, tmp_path: Path):
    taken = create(pod)
    (tmp_path / "work/a.txt").write_text("changed")
    done(pod.restore(model.RestoreRequest(snapshot=taken)))
    (last,) = pod.list().restores
    create(pod, "later")

    plan = pod.prune_plan(retention.PruneRequest())
    assert last.safety in plan.keep
    done(pod.prune(retention.PruneRequest(dry_run=False)))
    done(pod.undo(last.id))
    assert (tmp_path / "work/a.txt").read_text() == "changed"


def test_a_preview_that_takes_too_long_is_stopped_and_an_estimate_is_left_out(pod: Snapshots):
    old, _ = create(pod), create(pod)

    with pytest.raises(errors.TooSlow) as caught:
        pod.plan(model.RestoreRequest(snapshot=old), Waiting(-1))
    assert "Nothing was changed" in caught.value.message
    assert caught.value.hint
    plan = pod.prune_plan(retention.PruneRequest(), Waiting(-1))
    assert (plan.delete, plan.bytes_freed) == ((old,), None)


def test_a_restore_compares_as_an_operation_that_can_be_stopped(pod: Snapshots, tmp_path: Path):
    file = tmp_path / "work/large"
    with file.open("wb") as large:
        large.truncate(1 << 30)  # a second of reading, and no room
    taken = create(pod)
    os.utime(file)

    running = pod.restore(model.RestoreRequest(snapshot=taken))
    assert running.record.phase in ("starting", "Comparing")
    running.cancel()
    assert running.wait(30)
    assert running.record.state == "cancelled"
    assert [one.id for one in pod.list().snapshots] == [taken]


def test_a_restore_that_is_not_possible_fails_and_says_why(pod: Snapshots, tmp_path: Path):
    taken = create(pod)
    (tmp_path / "work/a.txt").unlink()
    (tmp_path / "work/a.txt").mkdir()
    (tmp_path / "work/a.txt/new").write_text("newer")

    running = pod.restore(model.RestoreRequest(snapshot=taken))
    assert running.wait(30)
    assert running.record.state == "failed"
    assert "not possible. Nothing was changed" in running.record.message
    assert "newer" in running.record.message
    assert running.record.hint
    assert [one.id for one in pod.list().snapshots] == [taken]


def test_a_retention_that_keeps_nothing_is_refused(pod: Snapshots):
    create(pod)
    with pytest.raises(errors.BadRequest):
        pod.prune_plan(retention.PruneRequest(retention=retention.Retention(daily=0)))


def test_an_undo_is_taken_back_once(pod: Snapshots):
    taken = create(pod)
    done(pod.restore(model.RestoreRequest(snapshot=taken)))
    (made,) = pod.list().restores
    done(pod.undo(made.id))

    with pytest.raises(errors.Conflict):
        pod.undo(made.id)
    with pytest.raises(errors.NotFound):
        pod.undo("unknown")


def test_a_snapshot_whose_record_is_damaged_is_named_and_can_be_checked_and_deleted(
    pod: Snapshots, tmp_path: Path
):
    taken = create(pod)
    record = tmp_path / "work" / ".kfnb" / "snapshots" / taken / "record.json"
    record.chmod(0o600)
    record.write_text("{}")
    (info,) = pod.list().engines
    assert taken in info.note
    checked = pod.verify("local", taken)
    assert checked.wait(30)
    assert not checked.record.verification[0].ok
    done(pod.delete("local", taken))
    assert taken not in pod.list().engines[0].note
