"""The first entry of a restore's journal.

Rule: one restore at a time; what another one left before its exchange is taken away first.
"""

from kfnb_ext import state
from kfnb_ext.engines.csi import aborting, intending, journal
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.journal import Journal, Seen


def begun(context: Context, intent: intending.Intent, phase: journal.Phase) -> Seen:
    """The journal's first entry. Raises: Conflict, ClusterError."""
    now, left = context.now(), journal.read(context.client, intent.target).journal
    if (
        left
        and left.phase in journal.BEFORE
        and left.id != intent.id
        and aborting.abandoned(context, left)
    ):
        aborting.abort(context, intent.target, left.id, "it was interrupted")
    new = Journal(
        id=intent.id,
        phase=phase,
        way=intent.way,
        snapshot=intent.snapshot,
        switches=intent.switches,
        owner=state.myself("server"),
        began=now,
        changed=now,
        mark=intent.mark,
        container=intent.container,
        undo_of=intent.undo_of,
        growth=intent.growth,
    )
    return journal.begin(context, intent.target, new)
