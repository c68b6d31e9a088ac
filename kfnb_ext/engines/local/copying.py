"""Takes the content of one live file into a snapshot and knows its sum.

Rule: what is hashed is what the snapshot got; a file that changes meanwhile is taken again, and
if it keeps changing the last copy stays and is named.
"""

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable
from typing import NamedTuple

from kfnb_ext import errors
from kfnb_ext.engines.local import manifest, names, opening, ranges, scan, volume

SMALL = 128 * 1024  # read whole: one read, one write
CHUNK = 1024 * 1024
ATTEMPTS = 3
CHANGED = "it changed while it was read"
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)


class Taken(NamedTuple):
    """What became of one entry: no item when it went or could not be read."""

    item: manifest.Item | None
    added: int = 0  # bytes that it costs on the volume
    note: str = ""


class Old(NamedTuple):
    """Where the previous snapshot has what may be the same content: a descriptor and a path."""

    fd: int
    path: str


class Budget:
    """Bytes that may still be written, for all threads."""

    def __init__(self, left: int, allowed: str) -> None:
        self._left, self._allowed = left, allowed
        self._lock = threading.Lock()

    def spend(self, count: int) -> None:
        """Take from it. Raises: NoSpace."""
        with self._lock:
            self._left -= count
            if self._left < 0:
                raise errors.NoSpace(
                    f"The snapshot grew beyond {self._allowed} while it was taken. "
                    "It was dropped; nothing else was changed.",
                    "Delete old snapshots, raise the share, or grow the volume.",
                )


class Job(NamedTuple):
    """What all copies of one snapshot share."""

    ground: volume.Ground
    budget: Budget
    advance: Callable[[int], None]


def take(job: Job, live: int, tree: int, item: manifest.Item, old: Old | None) -> Taken:
    """Take ``item`` from the folder ``live`` into the folder ``tree``; link it if it is as old."""
    name = names.raw(item.name)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(name, flags, dir_fd=live)
    except OSError as error:
        if error.errno in _GONE:
            return Taken(None)
        denied = error.errno in (errno.EACCES, errno.EPERM)
        return Taken(None, 0, scan.UNREADABLE if denied else scan.REPLACED)
    try:
        small = item.size <= SMALL and old is None
        taken = _at_once(job, fd, tree, item) if small else None
        return taken or _settled(job, fd, tree, item, old)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return Taken(None, 0, "it cannot be read (input/output error)")
    finally:
        os.close(fd)


def _at_once(job: Job, fd: int, tree: int, item: manifest.Item) -> Taken | None:
    """A small new file that stands still; None: look closer. Most files pass here: kept tight."""
    before = os.fstat(fd)
    if not stat.S_ISREG(before.st_mode) or before.st_size > SMALL:
        return None
    data = os.pread(fd, before.st_size + 1, 0)
    after = os.fstat(fd)
    if (
        len(data) != before.st_size
        or after.st_mtime_ns != before.st_mtime_ns
        or after.st_ctime_ns != before.st_ctime_ns
        or after.st_size != before.st_size
    ):
        return None
    cost = -(-len(data) // 4096) * 4096
    _put(job, tree, names.raw(item.name), data, before)
    stamp = before.st_ctime_ns if before.st_ctime_ns < job.ground.trusted_before else 0
    found = manifest.item(item.name, before, stamp)
    found.sha, found.group = hashlib.sha256(data).hexdigest(), item.group
    found.xattrs = opening.xattrs(fd)
    return Taken(found, cost)


def _put(job: Job, tree: int, name: str, data: bytes, st: os.stat_result) -> None:
    """Write a small file."""
    job.advance(len(data))
    job.budget.spend(-(-len(data) // 4096) * 4096)
    target = _create(tree, name, st.st_mode)
    try:
        ranges.write(target, data)
        os.utime(target, ns=(st.st_atime_ns, st.st_mtime_ns))
    finally:
        os.close(target)


def _settled(job: Job, fd: int, tree: int, item: manifest.Item, old: Old | None) -> Taken:
    """Take it until it stands still."""
    name = names.raw(item.name)
    for attempt in range(ATTEMPTS):
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            return Taken(None, 0, scan.REPLACED)
        known = (item, old if attempt == 0 else None)
        sha, size, added = _content(job, fd, before, tree, known)
        after = os.fstat(fd)
        still = (after.st_size, after.st_mtime_ns, after.st_ctime_ns) == (
            (before.st_size, before.st_mtime_ns, before.st_ctime_ns)
        )
        if still and size == before.st_size:
            break
        if attempt + 1 < ATTEMPTS:
            os.unlink(name, dir_fd=tree)
    stamp = before.st_ctime_ns if before.st_ctime_ns < job.ground.trusted_before else 0
    found = manifest.item(item.name, before, stamp if still else 0)
    found.size, found.sha, found.group = size, sha, item.group
    found.xattrs = opening.xattrs(fd)
    return Taken(found, added, "" if still else CHANGED)


def _content(
    job: Job, fd: int, st: os.stat_result, tree: int, known: tuple[manifest.Item, Old | None]
) -> tuple[str, int, int]:
    """Link or copy; returns the sum, the size and the cost."""
    item, old = known
    name = names.raw(item.name)
    if st.st_size <= SMALL:
        data = os.pread(fd, st.st_size + 1, 0)
        sha = hashlib.sha256(data).hexdigest()
        if old and sha == item.sha and link(old, tree, name):
            job.advance(len(data))
            return sha, len(data), 0
        _put(job, tree, name, data, st)
        return sha, len(data), -(-len(data) // 4096) * 4096
    if old:
        sha, size = _digest(fd, job.advance)
        if sha == item.sha and link(old, tree, name):
            return sha, size, 0
    return _copy(job, fd, st, tree, name)


def link(old: Old, tree: int, name: str) -> bool:
    """Give the previous snapshot's file a name in this one; False where it has to be copied.

    EMLINK: its links are used up (ext4 allows 65,000, EFS about 177). EPERM: it belongs to
    someone else. ENOENT: someone removed it from the old tree.
    """
    try:
        os.link(old.path, name, src_dir_fd=old.fd, dst_dir_fd=tree, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        return False
    return True


def _create(tree: int, name: str, mode: int) -> int:
    """A new file, read-only from the start; who may read the live one may read it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.open(name, flags, (mode & 0o555) | 0o400, dir_fd=tree)


def _digest(fd: int, advance: Callable[[int], None]) -> tuple[str, int]:
    os.lseek(fd, 0, os.SEEK_SET)
    sha, size, buffer = hashlib.sha256(), 0, bytearray(CHUNK)
    view = memoryview(buffer)
    while count := os.readv(fd, [buffer]):
        sha.update(view[:count])
        size += count
        advance(count)
    return sha.hexdigest(), size


def _copy(job: Job, fd: int, st: os.stat_result, tree: int, name: str) -> tuple[str, int, int]:
    """Copy a large file: shared blocks where that is possible, holes as holes."""
    target = _create(tree, name, st.st_mode)
    try:
        if job.ground.reflink and volume.clone(fd, target):
            sha, size = _digest(target, job.advance)
        else:
            sha, size = _copy_bytes(job, fd, st, target)
        os.utime(target, ns=(st.st_atime_ns, st.st_mtime_ns))
        return sha, size, os.fstat(target).st_blocks * 512
    finally:
        os.close(target)


def _copy_bytes(job: Job, fd: int, st: os.stat_result, target: int) -> tuple[str, int]:
    """One pass: read, hash, write."""
    sha, size, buffer = hashlib.sha256(), st.st_size, bytearray(CHUNK)
    view, zeros, position = memoryview(buffer), bytes(CHUNK), 0
    for start, end in ranges.data_of(fd, st):
        while position < start:  # a hole: only hashed
            count = min(CHUNK, start - position)
            sha.update(zeros if count == CHUNK else zeros[:count])
            position += count
        os.lseek(fd, start, os.SEEK_SET)
        os.lseek(target, start, os.SEEK_SET)
        while position < end:
            count = os.readv(fd, [view[: min(CHUNK, end - position)]])
            if not count:
                break  # it became shorter: who called sees that it changed
            sha.update(view[:count])
            job.budget.spend(count)
            ranges.write(target, view[:count])
            position += count
            job.advance(count)
    if os.fstat(target).st_size != position:
        os.ftruncate(target, position)
    return sha.hexdigest(), min(size, position)
