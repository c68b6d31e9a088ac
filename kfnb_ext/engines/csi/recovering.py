"""Brings an interrupted restore to its end.

Rule: forward or back, never halfway.
"""

from kfnb_ext.engines.csi.context import Context


def recover(context: Context) -> tuple[str, ...]:
    """Sentences that say what was done."""
    return ()
