"""Removes trees of ours, read-only ones too, and knows what that freed.

Rule: only what lies in ``staging`` or ``trash`` is removed; a link is unlinked, never followed.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from kfnb_ext.engines.local import usage


def _nothing() -> None:
    return None


def tree(path: Path, step: Callable[[], None] = _nothing) -> int:
    """Remove a file or folder; returns the bytes freed. ``step`` is called for each folder."""
    parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        st = os.lstat(path)
        if not stat.S_ISDIR(st.st_mode):
            os.unlink(path.name, dir_fd=parent)
            return st.st_blocks * 512 if st.st_nlink == 1 else 0
        return _folder(parent, path.name, step)
    except FileNotFoundError:
        return 0
    finally:
        os.close(parent)


def _folder(parent: int, name: str, step: Callable[[], None]) -> int:
    """Remove one folder with all in it (recursion: a tree is no deeper than PATH_MAX / 2)."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        fd = os.open(name, flags, dir_fd=parent)
    except PermissionError:  # a mode without reading; the owner may give it back
        os.chmod(name, 0o700, dir_fd=parent)
        fd = os.open(name, flags, dir_fd=parent)
    freed, below = usage.BLOCK, []
    try:
        os.fchmod(fd, 0o700)
        with os.scandir(fd) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.name)
                    continue
                st = entry.stat(follow_symlinks=False)
                if st.st_nlink == 1:
                    freed += st.st_blocks * 512
                os.unlink(entry.name, dir_fd=fd)
        freed += sum(_folder(fd, child, step) for child in below)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=parent)
    step()
    return freed
