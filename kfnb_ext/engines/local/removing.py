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
    """Remove one folder with all in it; a tree may be deeper than Python's stack."""
    freed, folders = 0, [name]
    for path in folders:  # grows while it is walked: a folder comes before what is in it
        fd = _open(parent, path)
        try:
            freed += usage.BLOCK + _empty(fd, path, folders)
        finally:
            os.close(fd)
    for path in reversed(folders):
        os.rmdir(path, dir_fd=parent)
        step()
    return freed


def _open(parent: int, path: str) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, dir_fd=parent)
    except PermissionError:  # a mode without reading; the owner may give it back
        os.chmod(path, 0o700, dir_fd=parent)
        fd = os.open(path, flags, dir_fd=parent)
    os.fchmod(fd, 0o700)
    return fd


def _empty(fd: int, path: str, folders: list[str]) -> int:
    """Unlink the files of one folder and note its folders; the bytes that were freed."""
    freed = 0
    with os.scandir(fd) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(f"{path}/{entry.name}")
                continue
            st = entry.stat(follow_symlinks=False)
            if st.st_nlink == 1:
                freed += st.st_blocks * 512
            os.unlink(entry.name, dir_fd=fd)
    return freed
