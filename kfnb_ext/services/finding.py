"""Which engine made a restore.

Rule: reads only; what was taken back already is not found a second time.
"""

from collections.abc import Iterable

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.model import snapshots


def restore(engines: Iterable[base.Engine], id: str) -> tuple[base.Engine, snapshots.Restore]:
    """A restore that can be taken back, and whose it is. Raises: NotFound, Conflict."""
    for one in engines:
        made = next((r for r in one.restores() if r.id == id), None)
        if made is None:
            continue
        if made.undone:
            raise errors.Conflict(
                "This restore has been taken back already. Nothing was changed.",
                "The undo is a restore itself: it can be taken back in turn.",
            )
        return one, made
    raise errors.NotFound(
        f"There is no restore {id!r}.", "`kfnb snapshot list` shows those there are."
    )
