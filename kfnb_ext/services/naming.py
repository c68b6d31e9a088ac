"""What snapshots and restores are called in the titles and messages of operations.

Rule: words alone; nothing is decided here.
"""

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.model import snapshots


def named(engine: base.Engine, identity: str) -> str:
    """What a person calls it; a damaged one still has its id, and can be checked and deleted."""
    try:
        snapshot = engine.get(identity)
    except errors.Gone:
        return f"snapshot {identity}"
    return f'snapshot "{snapshot.name}"' if snapshot.name else f"snapshot {snapshot.id}"


def taken(made: snapshots.Snapshot) -> str:
    """What a create came to."""
    left = f" {made.left_out_count} left out." if made.left_out_count else ""
    if made.files is not None:
        return f"{made.files:,} files are in the snapshot {made.id}.{left}"
    count = "1 volume is" if len(made.volumes) == 1 else f"{len(made.volumes)} volumes are"
    apart = "" if made.together else " They were cut one after another."
    return f"{count} in the snapshot {made.id}.{apart}{left}"


def deleted(engine: base.Engine, identity: str) -> str:
    """What a delete came to: a cluster may take longer than anybody waits."""
    try:
        left = engine.get(identity)
    except errors.KfnbError:
        return "The snapshot is deleted."
    return f"The cluster is still deleting the snapshot {left.id}: the list shows when it is gone."


def restored(made: snapshots.Restore) -> str:
    """What a restore came to."""
    if made.way == "new_notebook":
        claims = ", ".join(one.new for one in made.switches)
        return (
            f"The notebook {made.notebook} is made from the snapshot {made.snapshot}, on {claims}. "
            f"To remove it, delete {made.notebook} where notebooks are listed; its volumes stay, "
            "and `kfnb cluster` lets them go then."
        )
    if made.way == "data_volume":
        mounts = ", ".join(one.mount for one in made.switches)
        how = "not mounted any more" if made.undo_of else "mounted"
        return f"The snapshot {made.snapshot} is {how} at {mounts}."
    if made.grown and not made.undo_of:
        first = made.switches[0]
        return (
            f"The Notebook names the larger claim {first.new} in the place of {first.old}, which "
            "is kept. What was written between the cut and the restart is on that alone."
        )
    if made.switches and made.undo_of:
        return "The notebook is on its volumes from before the restore."
    what = f"{len(made.paths)} paths are" if made.paths else "The workspace is"
    if len(made.paths) == 1:
        what = f"{made.paths[0]} is"
    text = f"{what} as in the snapshot {made.snapshot}."
    unplaced = len(snapshots.unplaced(made))
    if newer := len(made.kept) - unplaced:
        aside = "1 file changed meanwhile; its newer version is kept."
        many = f"{newer} files changed meanwhile; their newer versions are kept."
        text += f" {aside if newer == 1 else many}"
    if unplaced:
        text += f" {unplaced} could not be put in place, and lie aside."
    return text
