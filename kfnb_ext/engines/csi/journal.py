"""What a restore has done so far, on the Notebook itself.

Rule: changed by compare-and-swap alone.
"""

from kfnb_ext.engines.csi.context import Context
from kfnb_ext.model import snapshots


def restores(context: Context) -> tuple[snapshots.Restore, ...]:
    """The restores that were made, newest first."""
    return ()
