"""Takes a restore of whole volumes back.

Rule: an undo is a restore itself.
"""

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.model import snapshots


def undo(
    context: Context, restore: str, identity: str, progress: base.Progress
) -> snapshots.Restore:
    """Take it back. Raises: NotFound."""
    raise errors.NotFound(f"There is no restore {restore!r}.")
