"""The files of /dev/shm that processes have mapped, listed or deleted, and how large they are.

Rule: a size is that of the file where it can be had (its name, or a descriptor that is open);
else what the page tables of its processes show; else unknown. The mapped length says nothing:
such files have holes.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

_BLOCK = 512
_DELETED = " (deleted)"
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ENTRY = 8  # bytes of /proc/<pid>/pagemap for one page (Documentation/admin-guide/mm/pagemap.rst)
# The highest byte of an entry: bit 63 is "present", bit 62 "swapped".
_THERE = bytes(1 if top & 0xC0 else 0 for top in range(256))
_PIECE = 1 << 20
MOST_PAGES = 4 << 20  # of one process: 16 GiB in pages of 4 KiB; beyond, one look would be felt


class Segment(msgspec.Struct, kw_only=True):
    """One file, by its inode; ``ranges`` are where each process has it mapped."""

    inode: int
    name: str
    deleted: bool
    ranges: dict[int, list[tuple[int, int]]] = {}
    size: int | None = None  # bytes it takes


def find(pids: Iterable[int], path: Path, proc_root: Path) -> tuple[dict[int, Segment], bool]:
    """Inode -> segment, over all processes whose maps we may read; and whether we may all."""
    found: dict[int, Segment] = {}
    whole = True
    mark = f" {os.fspath(path)}/".encode()
    for pid in pids:
        try:
            with open(f"{proc_root}/{pid}/maps", "rb") as file:
                text = file.read()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        except OSError:
            whole = False
            continue
        if mark in text:
            _add(found, pid, text, mark)
    for one in found.values():
        one.size = _size(one, path, proc_root)
    return found, whole


def _add(found: dict[int, Segment], pid: int, text: bytes, mark: bytes) -> None:
    # "7f9366611000-7f936ca11000 rw-s 00000000 00:1b 2    /dev/shm/torch_1 (deleted)"
    for line in text.split(b"\n"):
        if mark not in line:
            continue
        fields = line.split(None, 5)
        low, _, high = fields[0].partition(b"-")
        name = os.fsdecode(fields[5].partition(mark.strip())[2])
        inode = int(fields[4])
        if inode not in found:
            gone = name.endswith(_DELETED)
            found[inode] = Segment(inode=inode, name=name.removesuffix(_DELETED), deleted=gone)
        found[inode].ranges.setdefault(pid, []).append((int(low, 16), int(high, 16)))


def _size(one: Segment, path: Path, proc_root: Path) -> int | None:
    if not one.deleted:
        try:
            stat = os.lstat(path / one.name)
        except OSError:
            stat = None  # it went while we looked
        if stat and stat.st_ino == one.inode:
            return stat.st_blocks * _BLOCK
    size = next((s for pid in one.ranges if (s := _open_size(pid, one, path, proc_root))), None)
    return _resident(one, proc_root) if size is None else size


def _open_size(pid: int, one: Segment, path: Path, proc_root: Path) -> int | None:
    """From a descriptor that the process has still open."""
    folder = f"{proc_root}/{pid}/fd"
    try:
        for name in os.listdir(folder):
            target = os.readlink(f"{folder}/{name}")
            if not target.startswith(f"{os.fspath(path)}/"):
                continue
            stat = os.stat(f"{folder}/{name}")
            if stat.st_ino == one.inode:
                return stat.st_blocks * _BLOCK
    except OSError:  # not ours to see, or it is gone
        pass
    return None


def _resident(one: Segment, proc_root: Path) -> int | None:
    """The most that one of its processes has touched: a lower bound, near the truth."""
    seen = [_touched(pid, ranges, proc_root) for pid, ranges in one.ranges.items()]
    return max((pages for pages in seen if pages is not None), default=None)


def _touched(pid: int, ranges: list[tuple[int, int]], proc_root: Path) -> int | None:
    if sum(high - low for low, high in ranges) > MOST_PAGES * _PAGE:
        return None
    pages = 0
    try:
        with open(f"{proc_root}/{pid}/pagemap", "rb", buffering=0) as file:
            for low, high in ranges:
                file.seek(low // _PAGE * _ENTRY)
                left = (high - low) // _PAGE * _ENTRY
                while left and (data := file.read(min(left, _PIECE))):
                    pages += data[_ENTRY - 1 :: _ENTRY].translate(_THERE).count(1)
                    left -= len(data)
    except OSError:
        return None
    return pages * _PAGE
