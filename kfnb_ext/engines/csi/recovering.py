"""Brings an interrupted restore to its end: at the start of a server, or when a person asks.

Whoever recovers may run beside the one who restores: so only what was abandoned is ended, and
each step is one that the guardian may take as well.

Rule: before the exchange everything is taken away again; after it the restore is confirmed where
the notebook runs on the new claims, and goes back where it cannot.
"""

from typing import Literal

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.csi import aborting, confirming, guarding, journal, room, switching, target
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.journal import Journal, Seen
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.kube import place, standing
from kfnb_ext.kube.client import Client, failures

# So begins what is told then.
WELL = ("The restore worked", "The restore was taken back", room.GREW)


def needed(client: Client, names: place.Names) -> bool:
    """Whether there is something to recover or to tell, by one look at the Notebook alone.

    Raises: ClusterError.
    """
    if not (names.namespace and names.notebook):
        return False
    kind: Literal["notebooks", "workspaces"] = (
        "workspaces" if names.platform == "workspaces" else "notebooks"
    )
    try:
        seen = journal.read(client, Target(kind, names.namespace, names.notebook, names.pod))
    except (failures.Missing, failures.Refused):
        return False
    return seen.journal is not None and not (seen.journal.ended and seen.journal.told)


def recover(context: Context) -> tuple[str, ...]:
    """Sentences that say what was done. Raises: ClusterError."""
    here = context.where()
    if not (here.notebook and context.settings.writes):
        return ()
    whose = target.of(here)
    seen = journal.read(context.client, whose)
    running = seen.journal
    if running is None:
        return ()
    try:
        return _recovered(context, whose, seen, running)
    except errors.Conflict:  # the guardian, or another of us, was faster
        seen = journal.read(context.client, whose)
        if seen.journal is None or seen.journal.id != running.id:
            return ()
        return _recovered(context, whose, seen, seen.journal)


def _recovered(context: Context, whose: Target, seen: Seen, running: Journal) -> tuple[str, ...]:
    if running.ended:
        return () if running.told else _ended(context, whose, seen, running)
    if running.phase == "swapped":
        return _swapped(context, whose, seen, running)
    if running.phase == "rolling_back":
        return _back(context, whose, seen, running)
    if running.phase == "confirmed":
        confirming.confirm(context.client, whose, seen, context.now())
        return told(context, whose, done(context, running))
    if not aborting.abandoned(context, running):
        return ()
    left = aborting.abort(context, whose, running.id, "it was interrupted")
    text = f"The restore {running.id} was interrupted and is taken away again.{left}"
    return told(context, whose, text)


def _ended(context: Context, whose: Target, seen: Seen, running: Journal) -> tuple[str, ...]:
    if running.phase == "done":
        return told(context, whose, done(context, running))
    remains = aborting.cleared(context, whose, seen, running) if not running.exchanged else []
    kept = f" {', '.join(remains)} could not be taken away yet." if remains else ""
    return told(context, whose, aborting.failed(running).message + kept)


def _swapped(context: Context, whose: Target, seen: Seen, running: Journal) -> tuple[str, ...]:
    wrong = confirming.here(context, whose, running)
    if wrong is None:  # this pod is not the new one, or it is not there yet
        return _alone(context, whose, seen, running)
    if not wrong:
        confirming.confirm(context.client, whose, seen, context.now())
        return told(context, whose, done(context, running))
    deadline = context.now() + context.settings.restart_within
    switching.back(context.client, whose, seen, context.now(), reason=wrong, deadline=deadline)
    return (
        f"The restore {running.id} goes back: {wrong}. The notebook restarts on its old volumes.",
    )


def _alone(context: Context, whose: Target, seen: Seen, running: Journal) -> tuple[str, ...]:
    """Nobody guards it, and it is late: then we do what the guardian would."""
    late = running.deadline is not None and context.now() > running.deadline
    if not late or standing.stopped(seen.object):
        return ()
    _guardian(context, whose, running).step()
    return (f"The restore {running.id} did not come up in time: the notebook goes back.",)


def _back(context: Context, whose: Target, seen: Seen, running: Journal) -> tuple[str, ...]:
    if _guardian(context, whose, running).back(seen, running):
        return told(context, whose, aborting.failed(running).message)
    return ()


def _guardian(context: Context, whose: Target, running: Journal) -> guarding.Guardian:
    return guarding.Guardian(context.client, whose, running.id, now=context.now, say=lambda _: None)


def told(context: Context, whose: Target, text: str) -> tuple[str, ...]:
    """Note that a person is told, so that it is said once."""
    seen = journal.read(context.client, whose)
    if seen.journal is not None and seen.journal.ended and not seen.journal.told:
        new = msgspec.structs.replace(seen.journal, told=True)
        journal.write(context.client, whose, seen, new)
    return (text,)


def done(context: Context, running: Journal) -> str:
    """How a restore that worked is told."""
    if running.growth:
        return room.told(context, running)
    old = tuple(dict.fromkeys(one.old for one in running.switches if one.old))
    what = WELL[1] if running.undo_of else WELL[0]
    text = f"{what}: the notebook is on the volumes of {running.snapshot}."
    if running.way == "data_volume":
        mount = ", ".join(one.mount for one in running.switches)
        text = f"{what}: the snapshot {running.snapshot} is mounted at {mount}."
        text = f"{what}: {mount} is not mounted any more." if running.undo_of else text
    elif running.undo_of:
        text = f"{what}: the notebook is on its volumes from before."
    if not old:
        return text
    kept = f"volumes {', '.join(old)} are" if len(old) > 1 else f"volume {old[0]} is"
    return f"{text} The old {kept} kept; Undo goes back."
