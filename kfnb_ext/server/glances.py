"""The two figures of the status bar, on Jupyter's own event bus.

Rule: a status bar is always in view, and a page that is not looked at must ask nothing; so the
server tells, with the readings that it makes anyway, and only what a person could see change.
"""

import time
from collections.abc import Callable
from typing import Any

from kfnb_ext.model import levels
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.status import Status
from kfnb_ext.model.volumes import Volumes, fullness
from kfnb_ext.server import events

EVERY = 25.0  # seconds after which it is told again though nothing changed: for pages opened since


class Glances:
    """Tells the browsers. To be called on the event loop, with each reading."""

    def __init__(self, event_logger: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._events, self._clock = event_logger, clock
        self._last: dict[str, Any] = {}
        self._told = float("-inf")

    def read(self, status: Status) -> None:
        """Tell of this status, if it differs or the last time is long ago."""
        data = of(status)
        if data == self._last and self._clock() - self._told < EVERY:
            return
        self._events.emit(schema_id=events.GLANCE, data=data)
        self._last, self._told = data, self._clock()


def of(status: Status) -> dict[str, Any]:
    """The figures, in hundredths; None: not known, or there is no limit."""
    pod = status.limits if isinstance(status.limits, Limits) else None
    used, limit = (pod.memory_working_set, pod.memory_limit) if pod else (None, None)
    memory = round(used / limit, 2) if used is not None and limit else None
    mounts = status.volumes.volumes if isinstance(status.volumes, Volumes) else ()
    full = [(fullness(one), one.mount) for one in mounts if not one.read_only]
    worst, mount = max(((f, m) for f, m in full if f is not None), default=(None, ""))
    volume = None if worst is None else round(worst, 2)
    reached = [levels.level(one, status.levels) for one in (memory, volume) if one is not None]
    level = max(reached, key=lambda one: levels.RANK[one], default="good")
    return {"memory": memory, "volume": volume, "mount": mount, "level": level}
