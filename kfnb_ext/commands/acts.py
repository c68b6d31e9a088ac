"""What each command does, over the services of the pod.

Rule: one function for each command, found by its name; each returns the record that the routes
would serve and the text for people.
"""

import argparse
import time
from collections.abc import Callable
from datetime import datetime

import msgspec

from kfnb_ext import errors
from kfnb_ext.assembly import Pod
from kfnb_ext.commands import capacity, changing, cluster, environment, refer, use, waiting
from kfnb_ext.commands.gpu import gpu
from kfnb_ext.commands.talk import Outcome, Talk, confirm
from kfnb_ext.model import retention, snapshots
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.operations import Operation
from kfnb_ext.text import operations as operations_text
from kfnb_ext.text import restores
from kfnb_ext.text import snapshots as text
from kfnb_ext.text import status as status_text

Given = argparse.Namespace
# They touch no snapshot.
_QUIET = (*capacity.ACTS, *use.ACTS, *cluster.ACTS)
QUIET = (
    "status",
    "operations",
    "gpu",
    "grow",
    "fix",
    "environment",
    *(one.__name__ for one in _QUIET),
)
WAITS = "The notebook is stopped: its next start confirms it, and from then on it can be undone."
BETWEEN = 0.2  # seconds between two readings: the CPU in use is a rate


def recover(pod: Pod, given: Given) -> tuple[str, ...]:
    """Before any act on snapshots: end what was interrupted, and say how it ended."""
    if given.act in QUIET:
        return ()
    try:
        return pod.snapshots.recover(given.engine or "local")
    except (errors.KfnbError, OSError):  # reading is still possible; who writes is told
        return ()


def status(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``status``"""
    record = pod.status.look()
    cpu = record.limits if isinstance(record.limits, Limits) else None
    if cpu and cpu.cpu_usage_cores is None and cpu.node_cpu_usage_cores is None:
        time.sleep(BETWEEN)
        record = pod.status.look()
    return Outcome(record, status_text.text(record, _now()))


def operations(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``operations``"""
    found = pod.operations.list()
    return Outcome(found, operations_text.text(found, _now()))


def create(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``snapshot create [NAME]``"""
    engine, name = _engine(pod, given), refer.name(given.name)
    request = snapshots.CreateRequest(engine=engine, name=name, note=given.note)
    ended = waiting.finish(pod.snapshots.create(request), talk)
    made = pod.snapshots.get(request.engine, ended.snapshot or "")
    return Outcome(made, text.taken(made))


def list_(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``snapshot list``"""
    found = pod.snapshots.list(None if given.engine is None else _engine(pod, given))
    return Outcome(found, text.listing(found))


def show(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``snapshot show ID``"""
    engine = _engine(pod, given)
    found = pod.snapshots.get(engine, refer.snapshot(pod, engine, given.id))
    return Outcome(found, text.one(found))


def restore(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``snapshot restore ID [PATH ...]``"""
    engine = _engine(pod, given)
    request = snapshots.RestoreRequest(
        engine=engine,
        snapshot=refer.snapshot(pod, engine, given.id),
        paths=refer.paths(given.paths, pod.workspace),
        exact=given.exact,
        way=refer.way(given.way),
        name=given.name,
        mount=given.mount,
        unguarded=given.unguarded,
    )
    plan = pod.snapshots.plan(request)
    if not plan.possible:  # and nobody is asked: so it is not begun, whatever is so by then
        raise _impossible(plan)
    preview = text.preview(plan, pod.snapshots.get(engine, request.snapshot))
    confirm(talk, given, preview + changing.ends(pod, plan.restart), "Restore?")
    ended = waiting.finish(pod.snapshots.restore(request), talk)
    if request.way == "new_notebook":  # it is no restore of this notebook
        return Outcome(ended, ended.message)
    return _restored(pod, ended)


def undo(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``snapshot undo [RESTORE]``"""
    _engine(pod, given)
    made = refer.restore(pod, given.restore)
    plan = pod.snapshots.undo_plan(made.id)
    if not plan.possible:
        raise _impossible(plan)
    preview = restores.undoing(plan, made)
    confirm(talk, given, preview + changing.ends(pod, plan.restart), "Take it back?")
    wish = snapshots.UndoRequest(unguarded=given.unguarded)
    return _restored(pod, waiting.finish(pod.snapshots.undo(made.id, wish), talk))


def _impossible(plan: snapshots.RestorePlan) -> errors.Conflict:
    why = " ".join(plan.findings[:3])
    return errors.Conflict(
        f"This restore is not possible. Nothing was changed. {why}",
        "Put that right, or choose other paths; then try again.",
    )


def verify(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``snapshot verify [ID]``"""
    engine = _engine(pod, given)
    every = given.id is None
    listed = pod.snapshots.engine(engine).list() if every else ()
    wanted = [one.id for one in listed] if every else [refer.snapshot(pod, engine, given.id)]
    found: list[snapshots.Verification] = []
    failure: errors.KfnbError | None = None
    for snapshot in wanted:
        try:
            found += waiting.finish(pod.snapshots.verify(engine, snapshot), talk).verification
        except (errors.Gone, errors.NotFound) as error:  # the others are still to be read
            failure = error
    bad = [one.snapshot for one in found if not one.ok]
    if bad and failure is None:
        failure = errors.Gone(
            f"What was recorded and what is there differ in: {', '.join(bad)}.",
            "Do not rely on the files that are named; the others can be restored as ever.",
        )
    return Outcome(tuple(found), text.checked(found), failure)


def delete(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``snapshot delete ID``"""
    engine = _engine(pod, given)
    snapshot = refer.snapshot(pod, engine, given.id)
    one = pod.snapshots.get(engine, snapshot)
    safety = one.reason in ("before_restore", "before_undo")
    restores = pod.snapshots.engine(engine).restores() if safety else ()
    confirm(talk, given, text.deleting(one, restores), "Delete it?")
    ended = waiting.finish(pod.snapshots.delete(engine, snapshot), talk)
    return Outcome(ended, ended.message.replace("The snapshot", f"Snapshot {snapshot}"))


def prune(pod: Pod, given: Given, talk: Talk) -> Outcome:
    """``snapshot prune``"""
    engine = _engine(pod, given)
    named = {word: getattr(given, word) for word in ("last", "daily", "weekly")}
    counts = {word: number for word, number in named.items() if number is not None}
    wish = retention.PruneRequest(
        engine=engine,
        retention=retention.Retention(**counts) if counts else None,
        dry_run=given.dry_run,
    )
    plan = pod.snapshots.prune_plan(wish)
    preview = text.pruning(plan, pod.snapshots.engine(engine).list())
    if given.dry_run:
        return Outcome(plan, preview)
    if plan.delete:
        confirm(talk, given, preview, "Delete them?")
    shown = msgspec.structs.replace(wish, delete=plan.delete)
    ended = waiting.finish(pod.snapshots.prune(shown), talk)
    return Outcome(ended, ended.message if plan.delete else preview)


ACTS: dict[str, Callable[[Pod, Given, Talk], Outcome]] = {
    one.__name__: one
    for one in (
        status, operations, gpu, create, list_, show, restore, undo, verify, delete, prune,
        *capacity.ACTS, *use.ACTS, *cluster.ACTS, *changing.ACTS, *environment.ACTS,
    )
}  # fmt: skip


def _restored(pod: Pod, ended: Operation) -> Outcome:
    listed = pod.snapshots.list().restores
    made = next((one for one in listed if one.id == ended.restore), None)
    if made is not None:
        return Outcome(made, restores.done(made))
    if ended.engine == "csi":  # the notebook is stopped: the list has it once it has started
        return Outcome(ended, f"{ended.message} {WAITS}")
    raise errors.EngineFailed("The restore was made, but its record cannot be read.")


def _engine(pod: Pod, given: Given) -> snapshots.EngineName:
    name: snapshots.EngineName = given.engine if given.engine is not None else "local"
    pod.snapshots.engine(name)
    return name


def _now() -> datetime:
    return datetime.now().astimezone()
