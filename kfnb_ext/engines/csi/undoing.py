"""Takes a restore back: the same machine with the old claims as the new ones. Nothing is copied.

Rule: an undo is a restore itself, and can be taken back in turn. Only the last exchange of a
volume can be undone; an older one says which comes first.
"""

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import (
    aborting,
    beginning,
    intending,
    journal,
    planning,
    restoring,
    target,
)
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.growth import Growth
from kfnb_ext.engines.csi.journal import Seen
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model import snapshots


def plan(context: Context, restore: str) -> snapshots.RestorePlan:
    """What taking it back would do; nothing is changed. Raises: NotFound, Conflict, ClusterError.

    It asks the same decision as a restore: where no guardian can run, only a person's word.
    """
    return planning.weigh(context, _intent(context, restore, planning.TRIAL))


def undo(
    context: Context,
    restore: str,
    identity: str,
    progress: base.Progress,
    *,
    unguarded: bool = False,
) -> snapshots.Restore:
    """Take it back. Raises: NotFound, Conflict, ClusterError, EngineFailed, Cancelled."""
    context.forget()
    progress.phase("looking at the volumes of the notebook")
    intent = _intent(context, restore, identity)
    plan_ = planning.weigh(context, intent)
    planning.refuse(plan_, unguarded=unguarded, what="undo", look="snapshot undo ID")
    with aborting.at_work(identity):
        first = beginning.begun(context, intent, "armed")
        run = restoring.Run(context, intent.target, first, progress)
        return run.through(guard=plan_.guardian)


def _intent(context: Context, restore: str, identity: str) -> intending.Intent:
    here = context.where()
    whose = target.of(here)
    seen = journal.of(whose.read(context.client))
    made = next((one for one in journal.made(seen.object) if one.id == restore), None)
    if made is None:
        raise errors.NotFound(f"There is no restore {restore[:100]!r} of this notebook.")
    if made.way == "new_notebook":
        raise errors.Unsupported(
            f"This restore made the notebook {made.notebook} beside this one: there is nothing "
            "of this notebook to take back. Nothing was changed.",
            f"To remove it, delete the notebook {made.notebook} where notebooks are listed; its "
            "volumes stay, and `kfnb cluster` lists them then and lets them go.",
        )
    if made.undone:
        raise errors.Conflict(
            "This restore has been taken back already. Nothing was changed.",
            "The undo is a restore itself: it can be taken back in turn.",
        )
    switches = tuple(
        snapshots.Switch(volume=one.volume, mount=one.mount, old=one.new, new=one.old)
        for one in made.switches
    )
    _refuse(context, seen, whose.namespace, switches)
    return intending.Intent(
        id=identity,
        way=made.way,
        snapshot=made.snapshot,
        target=whose,
        here=here,
        found=seen.object,
        switches=switches,
        container=here.container,
        undo_of=restore,
        growth=Growth(size=made.grown) if made.grown else None,
    )


def _refuse(
    context: Context, seen: Seen, namespace: str, switches: tuple[snapshots.Switch, ...]
) -> None:
    """Raises: Conflict where the way back is not there."""
    if not target.on(seen.object, switches, "old"):
        raise errors.Conflict(
            "The notebook is on other volumes by now than those of this restore. "
            "Nothing was changed.",
            "Take back the restores that came after it first: the last one comes first.",
        )
    for name in {one.new for one in switches if one.new}:
        try:
            found = context.client.get(address.CLAIMS.at(namespace, name)).body
        except failures.Missing:
            found = None
        if found is None or "deletionTimestamp" in found["metadata"]:
            raise errors.Conflict(
                f"The old volume {name} was let go, so this restore cannot be taken back. "
                "Nothing was changed.",
                "Restore the safety snapshot that was taken before it.",
            )
