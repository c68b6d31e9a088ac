"""/dev/shm: what is in it, what hides in it, and who made it so large or so small.

Rule: what a listing shows is not what is used; files deleted while mapped take memory unseen.
"""

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from kfnb_ext import errors
from kfnb_ext.model import forecast
from kfnb_ext.model.shm import Holder, Leftover, Shm, ShmOrigin
from kfnb_ext.probes import cgroup, mounts, processes
from kfnb_ext.probes.families import Started
from kfnb_ext.probes.shm import holders

SHM = Path("/dev/shm")
MOST_ENTRIES = 20_000  # a listing costs about 2 us for each; beyond, one look would be felt
_BLOCK = 512  # st_blocks counts in these, whatever the filesystem's own are (stat(2))
_ROUNDING = 1 << 16  # a limit and a tmpfs are rounded to pages, of at most 64 KiB

WINDOW = 60.0  # seconds between two looks at the holders: each walks all processes
STIRRED = 15.0  # the same, when processes came or went since, or a little more or less is used
SOONER = 5.0  # the same, while what is used changes
CHANGED = 1 << 20  # bytes
KEPT = 120.0  # seconds of readings that the rate is taken over
UNEXPLAINED = 1 << 20  # bytes
NOT_SEEN = "Some processes belong to others: what they hold is not seen."


class ShmProbe:
    """Reads /dev/shm with its holders, and how fast it fills. One object for all readings."""

    def __init__(
        self,
        top: str = "",
        *,
        path: Path = SHM,
        proc_root: Path = mounts.PROC,
        cgroup_root: Path = cgroup.CGROUP,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``top``: notebooks are named from this folder on."""
        self._top, self._clock = top, clock
        self._path, self._proc_root, self._cgroup_root = path, proc_root, cgroup_root
        self._watch = processes.Watch(proc_root)
        self._points: deque[tuple[float, float]] = deque()
        self._looked: float | None = None
        self._used = 0  # bytes at that look
        self._pids: frozenset[str] = frozenset()  # at that look
        self._started: Started = {}
        self._seen: tuple[tuple[Holder, ...], tuple[Leftover, ...], bool] = ((), (), True)

    def read(self) -> Shm:
        """One reading. Raises: Unsupported where there is no /dev/shm."""
        found = read(path=self._path, proc_root=self._proc_root, cgroup_root=self._cgroup_root)
        now = self._clock()
        self._look(found.used, now)
        self._points.append((now, float(found.used)))
        while now - self._points[0][0] > KEPT:
            self._points.popleft()
        held, left, whole = self._seen
        # What others hold unseen matters only where something is left to be explained.
        seen = sum(one.bytes or 0 for one in held) + sum(one.bytes for one in left)
        known = found.used - seen < UNEXPLAINED
        return msgspec.structs.replace(
            found,
            holders=held,
            leftovers=left,
            fills=forecast.rate(list(self._points)[-20:]),
            missing=found.missing if whole or known else {**found.missing, "holders": NOT_SEEN},
        )

    def _look(self, used: int, now: float) -> None:
        """Look who holds it, if the last look is too old for what happened since."""
        pids = _pids(self._proc_root)
        since = now - self._looked if self._looked is not None else WINDOW
        differs, changed = used - self._used, abs(used - self._used) >= CHANGED
        stirred = since >= STIRRED and (differs or pids != self._pids)
        if not (since >= WINDOW or stirred or (changed and since >= SOONER)):
            return
        self._looked, self._used, self._pids = now, used, pids
        try:
            empty = _is_empty(self._path)
            places = self._path, self._proc_root, self._top
            self._seen = holders.look(self._watch.table(), *places, self._started, is_empty=empty)
        except OSError:  # the folder may not be listed: the figures still hold
            self._seen = (), (), False


def _pids(proc_root: Path) -> frozenset[str]:
    with contextlib.suppress(OSError):
        return frozenset(name for name in os.listdir(proc_root) if name.isdecimal())
    return frozenset()


def _is_empty(path: Path) -> bool:
    """No file is in it, listed or deleted: its own folder is the one inode that a tmpfs uses."""
    figures = os.statvfs(path)
    return figures.f_files > 0 and figures.f_files - figures.f_ffree <= 1


def read(
    *,
    path: Path = SHM,
    proc_root: Path = mounts.PROC,
    cgroup_root: Path = cgroup.CGROUP,
) -> Shm:
    """One reading. Raises: Unsupported where there is no /dev/shm."""
    try:
        figures = os.statvfs(path)
    except OSError as error:
        raise errors.Unsupported(
            f"There is no shared memory at {path} ({error.strerror}).",
            "Linux mounts a tmpfs there; this machine does not.",
        ) from error
    total = figures.f_blocks * figures.f_frsize
    used = (figures.f_blocks - figures.f_bfree) * figures.f_frsize
    files = cgroup.Files()
    group = cgroup.find("memory", cgroup_root, proc_root, files)
    limit = cgroup.memory_limit(group) if group else None
    mount, in_container = _mount(path, proc_root)
    missing: dict[str, str] = {}
    listed = _listed(path, figures.f_files - figures.f_ffree, missing)
    return Shm(
        total=total,
        used=used,
        listed=listed,
        # Files come and go between the two looks, so it may fall below zero.
        hidden=None if listed is None else max(used - listed, 0),
        origin=_origin(mount, in_container, total, limit, cgroup.node_memory(proc_root, files)),
        counts_against_memory=_counts(mount, limit, missing),
        missing=missing,
    )


def _listed(path: Path, inodes: int, missing: dict[str, str]) -> int | None:
    try:
        if inodes > MOST_ENTRIES:  # known beforehand: not found out by a long listing each time
            raise _TooMany
        return _allocated(path)
    except _TooMany:
        reason = f"There are more than {MOST_ENTRIES} files."
    except OSError as error:
        reason = f"Not everything in it may be listed ({error.strerror})."
    missing["listed"] = missing["hidden"] = reason
    return None


class _TooMany(Exception):
    """The listing was given up."""


def _allocated(path: Path) -> int:
    """Bytes of all files below ``path``; a file of several names counts once."""
    total, count, seen, ahead = 0, 0, set(), [os.fspath(path)]
    while ahead:
        with os.scandir(ahead.pop()) as entries:
            for entry in entries:
                count += 1
                if count > MOST_ENTRIES:
                    raise _TooMany
                try:
                    stat = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # it went while we looked
                if entry.is_dir(follow_symlinks=False):
                    ahead.append(entry.path)
                if stat.st_nlink == 1 or stat.st_ino not in seen:
                    total += stat.st_blocks * _BLOCK
                    seen.add(stat.st_ino)
    return total


def _mount(path: Path, proc_root: Path) -> tuple[mounts.Mount | None, bool]:
    try:
        table = mounts.table(proc_root)
    except errors.Unsupported:
        return None, False
    found = mounts.covering(os.fspath(path), table)
    own = found if found and found.point == os.fspath(path) else None
    return own, mounts.in_container(table)


def _origin(
    mount: mounts.Mount | None,
    in_container: bool,
    total: int,
    limit: int | None,
    node_memory: int | None,
) -> ShmOrigin:
    """Who made the mount, by the marks it bears (kubelet: pkg/volume/emptydir, setupTmpfs)."""
    if mount is None:
        return "unknown"
    if not in_container:
        return "host"
    if mount.source == "shm":  # containerd, CRI-O and Docker name it so; 64 MiB unless told
        return "runtime_default"
    if mount.filesystem != "tmpfs":
        return "unknown"
    if mount.super_option("size") is None:
        return "node_half"  # tmpfs takes half of the memory when no size is given
    # The kubelet sizes it min(memory of the node that pods may use, memory limit, sizeLimit).
    of_node = (node_memory or 0) * 9 // 10
    bound = min(limit, of_node or limit) if limit else of_node
    return "empty_dir_unbounded" if bound and total >= bound - _ROUNDING else "empty_dir"


def _counts(mount: mounts.Mount | None, limit: int | None, missing: dict[str, str]) -> bool | None:
    if mount is None:
        missing["counts_against_memory"] = "It is not a mount of its own."
        return None
    # Pages of a tmpfs are charged to whoever touches them first, whoever mounted it.
    return mount.filesystem == "tmpfs" and limit is not None
