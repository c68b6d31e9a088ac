"""Keep-awake as a note on the Notebook: until when, why and by whom, for those who administer it.

Rule: one write when it is asked for, extended or revoked, and none else; an end by itself is
silent, for the note names it. Keep-awake holds without the note: one that fails is said once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from kfnb_ext.kube.client import failures, retries
from kfnb_ext.model.culling import KeepAwake
from kfnb_ext.services import marks
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.culling import CullingService
from kfnb_ext.services.heartbeat import Heartbeat

KEY = "notebooks.kfnb.dev/keep-awake"
SAME = timedelta(seconds=30)  # an end that moved by less is the same: clocks are set, too
PAUSE = 300.0  # seconds until a write that failed by the way is tried again


class AwakeNote:
    """Tells what changed. Called by the heart after its own beat: one request is under way."""

    def __init__(
        self,
        heart: Heartbeat,
        culling: CullingService,
        timeline: Timeline,
        current: Callable[[], KeepAwake | None],
    ) -> None:
        self._heart, self._culling = heart, culling
        self._timeline, self._current = timeline, current
        self._told: KeepAwake | None = None
        self._next = 0.0  # seconds since boot

    def tell(self) -> None:
        """Write the note if it is not as it should be. Raises nothing: see the status."""
        current = self._current()
        if not self._culling.answers or _same(current, self._told):
            return
        if current is None and self._told and self._timeline.now() >= self._told.until - SAME:
            self._told = None  # it ended by itself
            return
        if self._timeline.clock.ticks() < self._next:
            return
        try:
            self._heart.door.patch_json(self._heart.address, _patch(current))
        except failures.ClusterError as error:
            self._next = self._timeline.clock.ticks() + max(PAUSE, error.retry_after or 0.0)
            self._culling.heartbeat = f"Keep-awake holds, but is not noted: {error.message}"
            if error.reason in retries.PASSING:
                return
        self._told = current


def _same(one: KeepAwake | None, other: KeepAwake | None) -> bool:
    if one is None or other is None:
        return one is other
    told = (one.reason, one.by) == (other.reason, other.by)
    return told and abs(one.until - other.until) < SAME


def _patch(current: KeepAwake | None) -> list[dict[str, str | None]]:
    path = "/metadata/annotations/" + KEY.replace("/", "~1")
    stopped = {"op": "test", "path": f"/metadata/annotations/{marks.STOP}", "value": None}
    if current is None:
        return [stopped, {"op": "remove", "path": path}]
    return [stopped, {"op": "add", "path": path, "value": _text(current)}]


def _text(current: KeepAwake) -> str:
    """JSON with whole seconds, as everything on a Notebook."""
    said: dict[str, datetime | str] = {"until": marks.text(current.until)}
    said |= {"since": marks.text(current.since), "reason": current.reason, "by": current.by}
    return msgspec.json.encode(said).decode()
