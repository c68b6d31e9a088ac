"""Errors that the driver tells of by a number (Xid), as events.

Rule: they are listened to from the second slow reading on, so that a shell that looks once does
not register; a GPU that tells of none costs its own field and nothing else.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from kfnb_ext.probes import nvml
from kfnb_ext.probes.gpu import words
from kfnb_ext.probes.gpu.asking import reason
from kfnb_ext.probes.nvml import NvmlError, said

CRITICAL = 8  # nvmlEventTypeXidCriticalError
MOST = 32  # events taken at one reading


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Errors:
    """The last error of each GPU."""

    def __init__(self, door: nvml.Door, now: Callable[[], datetime] = _now) -> None:
        self._door = door
        self._now = now
        self._set: Any = None
        self._generation = 0
        self.seen: dict[str, tuple[int, datetime]] = {}  # uuid -> number, when
        self._untold: dict[str, str] = {}  # uuid -> why it tells of none
        self._unheard = words.WATCHED_SOON  # why none of them is heard
        door.closing.append(self.forget)

    def refused(self, uuid: str) -> str:
        """Why nothing is known of the errors of this GPU."""
        return self._unheard or self._untold.get(uuid, "")

    def look(self, handles: dict[str, Any]) -> None:
        """Take what was told since the last look."""
        if self._generation != self._door.generation:
            first = self._generation == 0
            self._generation, self._set = self._door.generation, None
            if first:
                return
        try:
            if self._set is None:
                self._listen(handles)
            for _ in range(MOST):
                event = self._door.call("nvmlEventSetWait_v2", self._set, 0)
                uuid = str(self._door.call("nvmlDeviceGetUUID", event.device))
                self.seen[uuid] = (event.eventData, self._now())
        except NvmlError as error:
            if error.code == said.UNINITIALISED:
                raise
            if error.code != said.TIMEOUT:  # that one says: nothing more
                self._unheard = reason(error)

    def _listen(self, handles: dict[str, Any]) -> None:
        self._set = self._door.call("nvmlEventSetCreate")
        self._untold, self._unheard = {}, ""
        for uuid, handle in handles.items():
            try:
                self._door.call("nvmlDeviceRegisterEvents", handle, CRITICAL, self._set)
            except NvmlError as error:
                if error.code == said.UNINITIALISED:
                    raise
                self._untold[uuid] = reason(error)

    def forget(self) -> None:
        """Listen no more, while NVML is still open."""
        if self._set is not None and self._generation == self._door.generation:
            with suppress(NvmlError):
                self._door.call("nvmlEventSetFree", self._set)
        self._set = None
