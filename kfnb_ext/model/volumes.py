"""Mounted filesystems that matter to a user."""

from datetime import datetime
from typing import Literal

from kfnb_ext.model.reading import Reading, Record

VolumeKind = Literal[
    "block", "network", "node_local", "empty_dir", "memory", "container_layer", "host", "unknown"
]


Scope = Literal["own", "shared", "unknown"]


class Forecast(Record, frozen=True, kw_only=True):
    """When a volume will be full if it goes on like this. Given only when it is sure enough."""

    full_at: datetime
    earliest: datetime
    latest: datetime | None  # None: open
    rate: float  # bytes per second


class Volume(Record, frozen=True, kw_only=True):
    """One mounted filesystem. Free bytes are those an ordinary user may still write."""

    mount: str  # where it is mounted
    filesystem: str  # ext4, nfs4, ceph, overlay, ...
    source: str  # device or export
    kind: VolumeKind
    survives_restart: bool | None  # None: cannot be told from inside
    is_workspace: bool  # the workspace lies on it
    read_only: bool
    stale: bool  # it did not answer within the deadline; figures are None
    total: int | None  # bytes
    used: int | None  # bytes
    free: int | None  # bytes
    inodes_total: int | None
    inodes_free: int | None
    claim: str | None = None  # name of the PersistentVolumeClaim, where it can be told
    scope: Scope = "unknown"  # the figures are this volume's own, or of more that others fill too
    holds_home: bool = False  # the home lies on it
    forecast: Forecast | None = None
    missing: dict[str, str] = {}


class Volumes(Reading, frozen=True, kw_only=True, tag="volumes"):
    """All volumes that matter, the workspace's first."""

    volumes: tuple[Volume, ...]


def share(used: int | None, free: int | None) -> float | None:
    """How full it is for an ordinary user, 0..1, as ``df`` says it: blocks kept for root apart."""
    if used is None or free is None or used + free <= 0:
        return None
    return used / (used + free)


def fullness(volume: Volume) -> float | None:
    """How full a volume is: its bytes or its inodes, whichever is nearer to the end."""
    shares = [share(volume.used, volume.free)]
    if volume.inodes_total and volume.inodes_free is not None:
        shares.append(1 - volume.inodes_free / volume.inodes_total)
    return max((one for one in shares if one is not None), default=None)
