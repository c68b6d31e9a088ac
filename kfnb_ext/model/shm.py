"""/dev/shm: what data loaders and NCCL share memory through."""

from typing import Literal

from kfnb_ext.model.reading import Reading

ShmOrigin = Literal[
    "runtime_default", "empty_dir", "empty_dir_unbounded", "node_half", "host", "unknown"
]


class Shm(Reading, frozen=True, kw_only=True, tag="shm"):
    """The tmpfs at /dev/shm. ``hidden`` is memory of deleted files that are still mapped."""

    total: int  # bytes
    used: int  # bytes
    listed: int | None  # bytes of files that a listing shows
    hidden: int | None  # used - listed
    origin: ShmOrigin
    counts_against_memory: bool | None  # its pages are charged to the pod's memory limit
    missing: dict[str, str] = {}
