"""Ends a restore that came to nothing before its exchange, and takes away what it had made.

Rule: only what nobody used yet is deleted. Whether the one who began it still lives is looked at
first; where that cannot be seen, only long silence counts.
"""

import contextlib
from collections.abc import Iterator
from datetime import timedelta

from kfnb_ext import errors, state
from kfnb_ext.engines.csi import hiring, journal, provisioning, target
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.journal import Journal, Seen
from kfnb_ext.engines.csi.target import Target

UNDONE = " The notebook was not changed."
SPARE = timedelta(minutes=5)
RUNNING: set[str] = set()  # what this very process is at


@contextlib.contextmanager
def at_work(restore: str) -> Iterator[None]:
    """While this process is at it, nobody in it takes it for abandoned."""
    RUNNING.add(restore)
    try:
        yield
    finally:
        RUNNING.discard(restore)


def abandoned(context: Context, running: Journal) -> bool:
    """Whether the process that began it is gone, or nobody can tell and it is long ago."""
    if not state.foreign(running.owner):
        mine = state.myself(running.owner.face)
        same = (mine.pid, mine.started_ticks) == (running.owner.pid, running.owner.started_ticks)
        return running.id not in RUNNING if same else not state.alive(running.owner)
    return context.now() - running.changed > context.settings.ready_within + SPARE


def failed(running: Journal) -> errors.EngineFailed:
    """How a restore that went back is told."""
    return errors.EngineFailed(
        f"The restore {running.id} did not work, and the notebook is on its volumes from before: "
        f"{running.reason}.",
        "What was made for it is kept: `kfnb cluster` lists it, and lets it go.",
    )


def abort(context: Context, whose: Target, restore: str, reason: str) -> str:
    """End a restore before its exchange; a sentence on what is left. Raises: ClusterError."""
    seen = journal.read(context.client, whose)
    running = seen.journal
    if running is None or running.id != restore:
        return UNDONE
    if not running.ended:
        if running.phase not in journal.BEFORE:
            return " The volumes were exchanged already: the guardian sees it through."
        new = journal.after(running, "abort", context.now(), deadline=None, reason=reason)
        seen = journal.write(context.client, whose, seen, new)
    left = cleared(context, whose, seen, running)
    return UNDONE if not left else f" {', '.join(left)} could not be taken away: delete it later."


def cleared(context: Context, whose: Target, seen: Seen, running: Journal) -> list[str]:
    """Delete what a restore made before its exchange; the names of what is left."""
    hiring.dismiss(context, whose, running.id)
    return provisioning.away(
        context.client, whose.namespace, running.id, spare=target.named(seen.object)
    )
