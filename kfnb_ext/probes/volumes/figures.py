"""How full a filesystem is, out of statvfs and past its traps.

Rule: a filesystem that does not know says so in numbers that look like an answer (0, 2^63, 2^64-1);
those become None with a reason.
"""

import os

import msgspec

# EFS and object stores answer 8 EiB or more for "as much as you pay for"; no real disk comes near.
UNLIMITED = 1 << 60
NO_INODES = 1 << 62  # CephFS, object stores: 2^64-1 or so

NO_TOTAL = "The filesystem does not tell its size."
NO_TOTAL_LIMIT = "The filesystem has no size of its own."
NO_INODE_COUNT = "The filesystem does not count inodes."

FIELDS = ("total", "used", "free", "inodes_total", "inodes_free")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes and inodes; None where ``missing`` says why."""

    total: int | None = None
    used: int | None = None
    free: int | None = None
    inodes_total: int | None = None
    inodes_free: int | None = None
    missing: dict[str, str] = {}


def none(reason: str) -> Figures:
    """Nothing could be read at all."""
    return Figures(missing=dict.fromkeys(FIELDS, reason))


def of(answer: os.statvfs_result) -> Figures:
    """Bytes as ``df`` counts them: free is what an ordinary user may still write (f_bavail)."""
    missing: dict[str, str] = {}
    return Figures(**_bytes(answer, missing), **_inodes(answer, missing), missing=missing)


def _bytes(answer: os.statvfs_result, missing: dict[str, str]) -> dict[str, int | None]:
    unit = answer.f_frsize or answer.f_bsize
    total = answer.f_blocks * unit
    if total == 0:
        missing |= dict.fromkeys(("total", "used", "free"), NO_TOTAL)
        return {}
    used = (answer.f_blocks - answer.f_bfree) * unit
    if total >= UNLIMITED:
        missing |= dict.fromkeys(("total", "free"), NO_TOTAL_LIMIT)
        return {"used": used}
    return {"total": total, "used": used, "free": answer.f_bavail * unit}


def _inodes(answer: os.statvfs_result, missing: dict[str, str]) -> dict[str, int | None]:
    total, free = answer.f_files, answer.f_favail
    if total == 0 or total > NO_INODES or answer.f_ffree > total:
        missing |= dict.fromkeys(("inodes_total", "inodes_free"), NO_INODE_COUNT)
        return {}
    return {"inodes_total": total, "inodes_free": min(free, answer.f_ffree)}
