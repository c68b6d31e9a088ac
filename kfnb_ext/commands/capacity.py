"""What ``shm``, ``limits``, ``volumes`` and ``du`` do.

Rule: what ends or removes anything shows it first and asks.
"""

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from kfnb_ext import errors
from kfnb_ext.assembly import Pod
from kfnb_ext.commands import loaders, refer, waiting
from kfnb_ext.commands.talk import Outcome, Talk, Usage, confirm
from kfnb_ext.engines.local import names
from kfnb_ext.model import advising, filling
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.reading import Record, Unavailable
from kfnb_ext.model.shm import Cleared, ClearRequest, EndRequest, Need, Shm, need
from kfnb_ext.model.status import Status
from kfnb_ext.text import capacity as text
from kfnb_ext.text import units

ASKED = 2.0  # seconds that a patch is worth waiting for the cluster
BETWEEN = 0.2  # seconds between two readings: the CPU in use is a rate


class Cleaning(Record, frozen=True, kw_only=True):
    """What ``shm --end --clear`` did."""

    ended: Cleared | None = None
    cleared: Cleared | None = None


def shm(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``shm``"""
    status = _look(pod, "shm")
    found = _had(status.shm)
    if given.need is not None:
        workers, prefetch, batch = loaders.read(given.need, talk.variables)
        answer = need(workers, prefetch, batch, found.total, found.used)
        return Outcome(answer, text.need(answer, _larger(pod, found, answer)))
    if given.end or given.clear:
        return _clean(pod, given, talk, found)
    return Outcome(found, text.shm(found, text.of(status.advice, "shm")))


def _larger(pod: Pod, found: Shm, wanted: Need) -> str:
    """The patch that makes /dev/shm large enough; empty: it is, or it is nothing of a pod's."""
    if wanted.need <= wanted.total or found.origin in ("host", "node_half"):
        return ""
    pod.capacity.ask(ASKED)
    return advising.for_need(wanted.need, found, pod.capacity.told).yaml


def _clean(pod: Pod, given: Any, talk: Talk, found: Shm) -> Outcome:
    orphans = [h for h in found.holders or () if h.kind == "orphan"] if given.end else []
    left = [one for one in found.leftovers or () if not one.refused] if given.clear else []
    if not orphans and not left:
        return Outcome(Cleaning(), "There is nothing to end or to remove.")
    confirm(talk, given, text.cleaning(orphans, left), "Do it?")
    clearing = pod.capacity.clearing
    ended = cleared = None
    if orphans:
        tasks = tuple(task for holder in orphans for task in holder.tasks)
        ended = clearing.end(EndRequest(tasks=tasks))
    if left:
        cleared = clearing.clear(ClearRequest(names=tuple(one.name for one in left)))
    return Outcome(Cleaning(ended=ended, cleared=cleared), text.cleaned(ended, cleared))


def limits(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``limits``"""
    status = _look(pod, "limits")
    if isinstance(status.limits, Limits) and status.limits.cpu_usage_cores is None:
        time.sleep(BETWEEN)
        status = pod.status.look()
    found = _had(status.limits)
    return Outcome(found, text.limits(found, text.of(status.advice, "limits"), _now()))


def volumes(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``volumes``"""
    status = _look(pod, "volumes")
    found = _had(status.volumes)
    return Outcome(found, text.volumes(found, text.of(status.advice, "volumes"), _now()))


def du(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``du [PATH]``"""
    if given.empty_trash:
        confirm(talk, given, "Delete for good all that lies in the trash.", "Empty it?")
        ended = waiting.finish(pod.capacity.removal.empty(), talk)
        return Outcome(ended, ended.message)
    if given.trash or given.delete:
        return _remove(pod, given, talk)
    top, path = _place(pod, given.path)
    scans = pod.capacity.scans if top == str(pod.workspace) else pod.capacity.scans_of(top)
    waiting.finish(scans.start(filling.ScanRequest(full=given.full)), talk)
    found = scans.show(path)
    return Outcome(found, text.filling(found, given.top))


def _remove(pod: Pod, given: Any, talk: Talk) -> Outcome:
    if given.path is None:
        raise Usage("Name what is to be removed.", "As in `kfnb du --trash old/data`.")
    (path,) = refer.paths([given.path], pod.workspace) or ("",)
    removal = pod.capacity.removal
    removal.check(path)
    known = filling.cache(path)
    cost = f"\n{known.cost}" if known else ""
    how: filling.Way = "delete" if given.delete else "trash"
    shown = units.plain(path)
    if how == "delete":
        confirm(talk, given, f"Delete {shown} for good, with all in it.{cost}", "Delete it?")
    else:
        confirm(talk, given, f"Move {shown} to the trash.{cost}", "Move it?")
    ended = waiting.finish(removal.remove(filling.RemoveRequest(path=path, how=how)), talk)
    return Outcome(ended, units.plain(ended.message))


def _place(pod: Pod, word: str | None) -> tuple[str, str]:
    """The folder to scan, and the folder in it to show: inside the workspace the scan is shared."""
    if word is None:
        return str(pod.workspace), ""
    no_folder = errors.NotFound(f"{refer.short(word)} is no folder.", "Name a folder.")
    if not refer.is_path(word):
        raise no_folder
    folder = Path(os.path.realpath(os.path.expanduser(word)))
    if not folder.is_dir():
        raise no_folder
    root = os.path.realpath(pod.workspace)
    inside = os.path.relpath(folder, root)
    if inside == "." or not inside.startswith(".."):
        return str(pod.workspace), "" if inside == "." else names.text(inside)
    return os.fspath(folder), ""


def _look(pod: Pod, section: str) -> Status:
    """The status; with a patch in it, made from what the cluster says, where that can be asked."""
    status = pod.status.look()
    if any(one.patch for one in text.of(status.advice, section)):
        pod.capacity.ask(ASKED)
        return pod.status.look()
    return status


def _had(reading: Any) -> Any:
    if isinstance(reading, Unavailable):
        raise errors.Unsupported(reading.reason, reading.hint)
    return reading


def _now() -> datetime:
    return datetime.now().astimezone()


ACTS = (shm, limits, volumes, du)
