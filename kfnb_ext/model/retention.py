"""Which snapshots are kept and which are thinned out. Pure rules.

Rule: the way back from the last restore is never thinned out.
"""

from typing import Annotated

import msgspec

from kfnb_ext.model.reading import Record, Request
from kfnb_ext.model.snapshots import EngineName, Id, Restore, Snapshot


class PrunePlan(Record, frozen=True, kw_only=True):
    """Which snapshots a retention keeps and which it would delete."""

    keep: tuple[str, ...]
    delete: tuple[str, ...]
    bytes_freed: int | None  # an estimate; None when unknown


class Retention(Request, frozen=True, kw_only=True):
    """Keep the last N, the newest of each of the last N days, and of each of the last N weeks."""

    last: Annotated[int, msgspec.Meta(ge=1, le=100000)] | None = None
    daily: Annotated[int, msgspec.Meta(ge=0, le=100000)] | None = None
    weekly: Annotated[int, msgspec.Meta(ge=0, le=100000)] | None = None


class PruneRequest(Request, frozen=True, kw_only=True):
    """Delete what the retention does not keep; with ``dry_run`` only say what that would be.

    ``delete`` names what the preview showed: if that has changed meanwhile, nothing is deleted.
    """

    engine: EngineName = "local"
    retention: Retention | None = None  # None: the configured one
    dry_run: bool = True
    delete: tuple[Id, ...] | None = None


def thin(snapshots: tuple[Snapshot, ...], keep: Retention) -> PrunePlan:
    """Choose what ``keep`` retains. Days and weeks are UTC; each keeps its newest snapshot."""
    newest_first = sorted(snapshots, key=lambda s: (s.created, s.id), reverse=True)
    kept = {s.id for s in newest_first[: keep.last or 0]}
    for periods, form in ((keep.daily, "%Y-%m-%d"), (keep.weekly, "%G-%V")):
        seen: set[str] = set()
        for snapshot in newest_first:
            period = snapshot.created.strftime(form)
            if period not in seen and len(seen) < (periods or 0):
                seen.add(period)
                kept.add(snapshot.id)
    return PrunePlan(
        keep=tuple(s.id for s in newest_first if s.id in kept),
        delete=tuple(s.id for s in newest_first if s.id not in kept),
        bytes_freed=None,
    )


def ways_back(restores: tuple[Restore, ...]) -> set[str]:
    """The safety snapshots that must not be thinned out: the way back from the last restore."""
    last = next((r for r in restores if not r.undone and r.way != "new_notebook"), None)
    return {last.safety} if last and last.safety else set()
