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


def restored(made: snapshots.Restore) -> str:
    """What a restore came to."""
    what = f"{len(made.paths)} paths are" if made.paths else "The workspace is"
    text = f"{what} as in the snapshot {made.snapshot}."
    if made.kept:
        text += f" {len(made.kept)} files changed meanwhile; their newer versions are kept."
    return text
