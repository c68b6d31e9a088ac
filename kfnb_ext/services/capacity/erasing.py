"""Removes a file or folder of the user's, for good or into the trash.

Rule: everything is opened from a descriptor of the top and no link is followed; a folder of
another filesystem is never entered. What is removed is what was looked at.
"""

import contextlib
import os
import stat
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from kfnb_ext import errors

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 512

Step = Callable[[int, int], None]  # files and bytes removed; raises to stop


def erase(parent: int, name: str, step: Step) -> None:
    """Remove ``name`` of the open folder ``parent``, with all in it. Raises: OSError, Conflict."""
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(name, dir_fd=parent)
        step(1, found.st_blocks * _BLOCK if found.st_nlink == 1 else 0)
        return
    fd = _opened(parent, name, found)
    try:
        with os.scandir(fd) as entries:
            inside = [entry.name for entry in entries]
        for one in inside:
            with contextlib.suppress(FileNotFoundError):  # somebody else was faster
                erase(fd, one, step)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=parent)
    step(0, found.st_blocks * _BLOCK)


def _opened(parent: int, name: str, found: os.stat_result) -> int:
    try:
        fd = os.open(name, _FLAGS, dir_fd=parent)
    except PermissionError:  # a mode without reading; the owner may give it back
        os.chmod(name, 0o700, dir_fd=parent)
        fd = os.open(name, _FLAGS, dir_fd=parent)
    now = os.fstat(fd)
    same = (now.st_ino, now.st_dev) == (found.st_ino, found.st_dev)
    if not same or now.st_dev != os.fstat(parent).st_dev:
        os.close(fd)
        raise errors.Conflict(
            "Another filesystem is mounted in it, or it was replaced meanwhile.",
            "What was not removed yet is as it was. Scan again.",
        )
    if now.st_mode & 0o700 != 0o700:
        os.fchmod(fd, 0o700)
    return fd


def throw_away(parent: int, name: str, path: str, trash: int, when: datetime) -> str:
    """Move it to the open folder ``trash`` by the rules of freedesktop.org; its name there.

    ``path``: where it was, for whoever brings it back.
    """
    files, info = (_folder(trash, part) for part in ("files", "info"))
    try:
        there, note = _note(info, name, path, when)
        try:
            os.rename(name, there, src_dir_fd=parent, dst_dir_fd=files)
        except OSError:
            os.unlink(note, dir_fd=info)
            raise
        return there
    finally:
        os.close(files)
        os.close(info)


def _note(info: int, name: str, path: str, when: datetime) -> tuple[str, str]:
    text = f"[Trash Info]\nPath={quote(os.fsencode(path))}\nDeletionDate={when:%Y-%m-%dT%H:%M:%S}\n"
    for number in range(10_000):
        there = f"{name[:200]}.{number}" if number else name[:240]
        note = f"{there}.trashinfo"
        try:
            fd = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=info)
        except FileExistsError:
            continue
        with open(fd, "w") as file:
            file.write(text)
        return there, note
    raise errors.Conflict("The trash holds too many files of this name.", "Empty it first.")


def trash(point: int, name: str, make: bool) -> int | None:
    """Open the trash folder ``name`` (one or more parts) below ``point``; None: there is none.

    Raises: Forbidden when it is a link, or not ours.
    """
    fd = os.dup(point)
    try:
        for part in name.split("/"):
            try:
                deeper = _folder(fd, part) if make else os.open(part, _FLAGS, dir_fd=fd)
            except FileNotFoundError:
                return None
            os.close(fd)
            fd = deeper
        if os.fstat(fd).st_uid != os.getuid():
            raise errors.Forbidden("The trash belongs to another user. Nothing was changed.")
        found, fd = fd, -1
        return found
    finally:
        if fd >= 0:
            os.close(fd)


def _folder(parent: int, name: str) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=parent)
    return os.open(name, _FLAGS, dir_fd=parent)
