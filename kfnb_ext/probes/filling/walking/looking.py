"""Looks at one folder: what it takes itself, and which folders are in it.

Rule: a folder whose time is unchanged is not listed again: what it holds is taken from the scan
before, but for its large files, which may have grown where they lie.

A folder is ``[parent, name, mtime_ns, inode, bytes, files, large, linked, flags]``: bytes and files
are its own, without the folders below; ``large`` is ``[[name, bytes], ...]``; ``linked`` is
``[[inode, bytes], ...]`` for files of several names, which count once, where they are met first.
"""

import errno
import os
from typing import Any

LARGE = 4 << 20  # bytes: a file from here on is named, and looked at again in each scan
MOST_LARGE = 200  # of one folder; the smallest of more are counted and not named
UNREADABLE, OTHER = 1, 2  # flags: not (all) readable; other filesystems in it
OFTEN = 255  # files of one folder between two beats: a slow filesystem is no dead one
_BLOCK = 512  # st_blocks counts in these (stat(2))
_LARGE = LARGE // _BLOCK
_TYPE, _FOLDER = 0o170000, 0o040000  # S_IFMT, S_IFDIR (inode(7)): `stat` costs an import
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # it went, or something else came in its place
_DENIED = (errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE)

Folder = list[Any]
Below = list[tuple[str, int]]  # names of folders, with their index in the scan before or -1
# A folder without parent and name; None: it is gone, or (last True) of another filesystem.
Look = tuple["Folder | None", Below, bool, bool]  # ..., its folders, listed anew, another's
PARENT, NAME, MTIME, INODE, BYTES, FILES, LARGES, LINKED, STATE = range(9)


class Looker:
    """Looks at single folders below ``top``. ``beat`` is called now and then in long ones."""

    def __init__(self, top: str, before: list[Folder] | None, beat: Any) -> None:
        self.root = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.beat = beat
        self._device = os.fstat(self.root).st_dev
        self._before = before or []
        self._below: dict[int, list[int]] = {}
        for index, folder in enumerate(self._before):
            if index:
                self._below.setdefault(folder[PARENT], []).append(index)

    def look(self, path: str, known: int) -> Look:
        """One folder, without those below it."""
        folder: Folder = [0, "", 0, 0, 0, 0, [], [], 0]
        try:
            fd = os.open(path or ".", _FLAGS, dir_fd=self.root)
        except OSError as error:
            # What went while we walked is not there; what we may not read is, and is told.
            folder[STATE] = UNREADABLE
            return None if error.errno in _GONE else folder, [], False, False
        try:
            stat = os.fstat(fd)
            if stat.st_dev != self._device:
                return None, [], False, True
            folder[MTIME], folder[INODE] = stat.st_mtime_ns, stat.st_ino
            folder[BYTES] = stat.st_blocks * _BLOCK
            old = self._before[known] if known >= 0 else None
            same = old and (old[MTIME], old[INODE]) == (stat.st_mtime_ns, stat.st_ino)
            if old and same and not old[STATE]:
                return folder, self._again(fd, folder, old, known), False, False
            return folder, self._list(fd, folder, known), True, False
        except OSError as error:
            if error.errno not in _DENIED:
                raise
            folder[STATE] |= UNREADABLE
            return folder, [], False, False
        finally:
            os.close(fd)

    def _again(self, fd: int, folder: Folder, old: Folder, known: int) -> Below:
        """As it was listed before: names cannot have changed; large files may have grown."""
        folder[BYTES], folder[FILES], folder[LINKED] = old[BYTES], old[FILES], old[LINKED]
        for name, size in old[LARGES]:
            try:
                now = os.stat(name, dir_fd=fd, follow_symlinks=False).st_blocks * _BLOCK
            except OSError:
                now = 0
            folder[BYTES] += now - size
            folder[LARGES].append([name, now])
        return [(self._before[child][NAME], child) for child in self._below.get(known, ())]

    def _list(self, fd: int, folder: Folder, known: int) -> Below:
        """List it. This loop runs for each file: it is kept tight."""
        below, total, count = [], 0, 0
        large, linked = folder[LARGES], folder[LINKED]
        with os.scandir(fd) as entries:
            for entry in entries:
                try:
                    stat = entry.stat(follow_symlinks=False)
                except OSError as error:
                    if error.errno not in _GONE:
                        folder[STATE] |= UNREADABLE
                    continue
                if stat[0] & _TYPE == _FOLDER:
                    below.append(entry.name)
                    continue
                blocks = stat.st_blocks
                count += 1
                if not count & OFTEN:
                    self.beat(count)
                if stat[3] > 1:
                    linked.append([stat[1], blocks * _BLOCK])
                    continue
                total += blocks
                if blocks >= _LARGE:
                    large.append([entry.name, blocks * _BLOCK])
        if len(large) > MOST_LARGE:
            large.sort(key=lambda one: -one[1])
            del large[MOST_LARGE:]
        folder[BYTES] += total * _BLOCK
        folder[FILES] = count
        children = {self._before[child][NAME]: child for child in self._below.get(known, ())}
        return [(name, children.get(name, -1)) for name in below]
