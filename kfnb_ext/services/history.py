"""Ten minutes of what was read, in memory, for the lines of every face.

Rule: no reading is lost between two polls. A GPU's point is numbered and kept in one step, so it
is either in the answer to the status before it, or younger than that status.
"""

import threading
from datetime import datetime, timedelta, timezone

import msgspec

from kfnb_ext.model.gpu import Gpus
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.shm import Shm
from kfnb_ext.model.status import GpuPoint, Point, Status
from kfnb_ext.model.volumes import Volumes

KEPT = timedelta(minutes=10)


class History:
    """Points of each status, and of each reading of GPUs, which come more often."""

    def __init__(self) -> None:
        # Replaced whole: whoever reads them needs no lock. Those of a clock that has been set back
        # since lie as far ahead as others lie behind, and go as well.
        self._points: tuple[Point, ...] = ()
        self._gpu_points: tuple[GpuPoint, ...] = ()
        self._counting = threading.Lock()
        self._last = 0

    def number(self, now: datetime) -> int:
        """The number of a reading: it grows, also over a restart of the server."""
        with self._counting:
            return self._next(now)

    def remember(self, status: Status) -> None:
        """Keep the figures of a status."""
        young = (p for p in self._points if abs(status.taken - p.taken) <= KEPT)
        self._points = (*young, _point(status))

    def hear(self, reading: Gpus) -> None:
        """Keep the figures of a reading of GPUs."""
        now = reading.taken or datetime.now(timezone.utc)
        with self._counting:
            young = (p for p in self._gpu_points if abs(now - p.taken) <= KEPT)
            self._gpu_points = (*young, _gpu_point(reading, self._next(now), now))

    def on(self, status: Status, since: int) -> Status:
        """The status with what was read after the status ``since``, oldest first."""
        return msgspec.structs.replace(
            status,
            history=tuple(p for p in self._points if p.seq > since),
            gpu_history=tuple(p for p in self._gpu_points if p.seq > since),
        )

    def _next(self, now: datetime) -> int:
        self._last = max(int(now.timestamp() * 1000), self._last + 1)
        return self._last


def _point(status: Status) -> Point:
    pod, memory, mounts = status.limits, status.shm, status.volumes
    volumes = mounts.volumes if isinstance(mounts, Volumes) else ()
    known = pod if isinstance(pod, Limits) else None
    return Point(
        seq=status.seq,
        taken=status.taken,
        memory_working_set=known.memory_working_set if known else None,
        cpu_usage_cores=known.cpu_usage_cores if known else None,
        shm_used=memory.used if isinstance(memory, Shm) else None,
        volumes_used={volume.mount: volume.used for volume in volumes},
    )


def _gpu_point(reading: Gpus, seq: int, now: datetime) -> GpuPoint:
    slices = [part for one in reading.gpus for part in one.slices]
    return GpuPoint(
        seq=seq,
        taken=now,
        memory_used={
            **{one.uuid: one.memory_used for one in reading.gpus},
            **{one.uuid: one.memory_used for one in slices},
        },
        utilisation={
            **{one.uuid: one.utilisation for one in reading.gpus},
            **{one.uuid: one.activity.sm if one.activity else None for one in slices},
        },
    )
