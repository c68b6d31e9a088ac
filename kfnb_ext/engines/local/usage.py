"""How many bytes the snapshots take, kept so that nobody has to walk them to know.

Rule: a figure that may be wrong is marked before it may become so, and counted anew.
"""

import os
from pathlib import Path

import msgspec

from kfnb_ext.engines.local import layout as places

BLOCK = 4096


class _Kept(msgspec.Struct):
    bytes: int
    dirty: bool = False


def known(home: places.Layout) -> int | None:
    """The figure, if it is known to be right."""
    try:
        kept = msgspec.json.decode(home.usage.read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return None
    return None if kept.dirty else kept.bytes


def current(home: places.Layout) -> int:
    """The figure, counted anew when it is not known. Only under the lock."""
    figure = known(home)
    if figure is None:
        figure = count(home.snapshots)
        settle(home, figure)
    return figure


def unsettle(home: places.Layout) -> None:
    """Say that the figure is about to change."""
    _write(home, _Kept(known(home) or 0, dirty=True))


def settle(home: places.Layout, figure: int) -> None:
    """Say what it is now."""
    _write(home, _Kept(max(0, figure)))


def _write(home: places.Layout, kept: _Kept) -> None:
    try:
        places.replace(home.usage, msgspec.json.encode(kept))
    except OSError:  # a full volume must not keep a snapshot from being deleted
        home.usage.unlink(missing_ok=True)  # no figure: it is counted anew


def count(folder: Path) -> int:
    """What a folder takes on the volume, each inode once."""
    total, seen = 0, set[int]()
    for where, folders, files in os.walk(folder):
        total += BLOCK * len(folders)
        for name in files:
            try:
                st = os.lstat(os.path.join(where, name))
            except OSError:
                continue
            if st.st_nlink > 1:
                if st.st_ino in seen:
                    continue
                seen.add(st.st_ino)
            total += st.st_blocks * 512
    return total
