"""What a restore would do to the objects of the cluster.

Rule: nothing is changed.
"""

from kfnb_ext import errors
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.model import snapshots

UNSUPPORTED = errors.Unsupported(
    "Restores of whole volumes are not possible yet. Nothing was changed."
)


def plan(context: Context, request: snapshots.RestoreRequest) -> snapshots.RestorePlan:
    """What a restore would do. Raises: Unsupported."""
    raise UNSUPPORTED
