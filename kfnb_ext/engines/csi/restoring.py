"""Restores whole volumes.

Rule: the notebook is on its old claim or on its new one, never on neither.
"""

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.model import snapshots

UNSUPPORTED = errors.Unsupported(
    "Restores of whole volumes are not possible yet. Nothing was changed."
)


def restore(
    context: Context, request: snapshots.RestoreRequest, identity: str, progress: base.Progress
) -> snapshots.Restore:
    """Restore. Raises: Unsupported."""
    raise UNSUPPORTED
