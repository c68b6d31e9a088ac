"""What the volume under the workspace can do and how full it is.

Rule: every fact is asked of the filesystem itself (its own clock, its own links), never guessed
from its name; what it does not say is None.
"""

import errno
import fcntl
import os
from pathlib import Path
from typing import NamedTuple

from kfnb_ext import errors
from kfnb_ext.engines.local import failing
from kfnb_ext.probes import mounts

FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file

# A file that changed so shortly before it was read may change again under the same time stamp
# (git calls it racy). The kernel's stamps move every 4 or 10 ms; some servers' every second.
_WINDOW_FINE_NS = 100_000_000
_WINDOW_COARSE_NS = 2_000_000_000


class Ground(NamedTuple):
    """What one probe found out."""

    trusted_before: int  # ns on the filesystem's clock: stamps older than this can be trusted
    reflink: bool


class Room(NamedTuple):
    """How full the volume is. ``None``: the filesystem does not say."""

    total: int
    free: int
    inodes: int | None


def probe(folder: Path) -> Ground:
    """Try two names for one file in ``folder``, and look at the filesystem's clock.

    Raises: Unsupported when the filesystem has no hard links.
    """
    one, two, three = (folder / f"probe{n}" for n in (1, 2, 3))
    one.write_bytes(b"?")
    try:
        os.link(one, two)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # it is full: that says nothing of links
            raise
        raise errors.Unsupported(
            f"This filesystem cannot give one file two names ({error.strerror}), and snapshots "
            "need that. Nothing was changed.",
            "SMB and FAT volumes cannot: keep the workspace on a volume like ext4, xfs or NFS.",
        ) from error
    now = os.stat(one).st_mtime_ns
    window = _WINDOW_FINE_NS if now % 1_000_000_000 else _WINDOW_COARSE_NS
    found = Ground(now - window, _reflinks(one, three))
    for path in (one, two, three):
        path.unlink()
    return found


def _reflinks(source: Path, target: Path) -> bool:
    with open(source, "rb") as a, open(target, "wb") as b:
        return clone(a.fileno(), b.fileno())


def clone(source: int, target: int) -> bool:
    """Let ``target`` share the blocks of ``source``; False where that is not possible."""
    try:
        fcntl.ioctl(target, FICLONE, source)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        return False
    return True


def room(folder: Path) -> Room:
    """Ask how full the volume is."""
    said = os.statvfs(folder)
    block = said.f_frsize or said.f_bsize
    inodes = said.f_favail if said.f_files else None
    return Room(said.f_blocks * block, said.f_bavail * block, inodes)


def taken(path: Path) -> int:
    """Bytes that a file, or a tree with all in it, takes on the volume."""
    total = os.lstat(path).st_blocks * 512
    for where, _, files in os.walk(path):
        total += sum(os.lstat(os.path.join(where, name)).st_blocks * 512 for name in files)
    return total


def require(folder: Path, need: int, inodes: int, doing: str) -> None:
    """Refuse what would not fit. Raises: NoSpace."""
    there = room(folder)
    if need > there.free:
        raise errors.NoSpace(
            f"{doing} needs {failing.size(need)}; the volume has {failing.size(there.free)} "
            "free. Nothing was changed.",
            "Free some space, delete old snapshots, or grow the volume; then try again.",
        )
    if there.inodes is not None and inodes > there.inodes:
        raise errors.NoSpace(
            f"{doing} needs {inodes} inodes (files and folders); the volume has "
            f"{there.inodes} left. Nothing was changed.",
            "Delete files or old snapshots (each has a folder for each folder), then try again.",
        )


def boot() -> str:
    """Which boot of the machine this is; "" when it does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def mounts_inside(workspace: Path) -> frozenset[str] | None:
    """Paths (as ``os`` gives them) of mounts inside: a bind mount has the same device number.

    None where there is no table of mounts.
    """
    top = os.path.realpath(workspace).rstrip("/") + "/"
    try:
        points = [mount.point for mount in mounts.table()]
    except errors.Unsupported:
        return None
    return frozenset(p.removeprefix(top) for p in points if p.startswith(top))
