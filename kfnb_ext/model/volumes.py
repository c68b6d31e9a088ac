"""Mounted filesystems that matter to a user."""

from typing import Literal

from kfnb_ext.model.reading import Reading, Record

VolumeKind = Literal[
    "block", "network", "node_local", "empty_dir", "memory", "container_layer", "host", "unknown"
]


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
    missing: dict[str, str] = {}


class Volumes(Reading, frozen=True, kw_only=True, tag="volumes"):
    """All volumes that matter, the workspace's first."""

    volumes: tuple[Volume, ...]
