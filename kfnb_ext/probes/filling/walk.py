"""Walks one filesystem below a folder and adds up what each folder takes. Also a program.

Rule: the standard library alone, a few modules of it, so that it starts in milliseconds as a
child of its own (``python -I -S walk.py``), at the lowest priority, away from the server's
threads. It only reads. A folder whose time is unchanged is not listed again: what it holds is
taken from the scan before, but for its large files, which may have grown where they lie.

A folder is ``[parent, name, mtime_ns, inode, bytes, files, large, linked, flags]``: bytes and files
are its own, without the folders below; ``large`` is ``[[name, bytes], ...]``; ``linked`` is
``[[inode, bytes], ...]`` for files of several names, which count once, where they are met first.
"""

import marshal
import os
import sys
import time
from typing import Any, BinaryIO

LARGE = 4 << 20  # bytes: a file from here on is named, and looked at again in each scan
MOST_LARGE = 200  # of one folder; the smallest of more are counted and not named
UNREADABLE, OTHER, DENIED_IN = 1, 2, 4  # flags: not readable; other filesystems in it; files left
BEAT = 0.1  # seconds between two signs of progress
_BLOCK = 512  # st_blocks counts in these (stat(2))
_LARGE = LARGE // _BLOCK
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

Folder = list[Any]
PARENT, NAME, MTIME, INODE, BYTES, FILES, LARGES, LINKED, STATE = range(9)


class Walk:
    """One walk. ``step`` is called now and then with the counts so far; it may raise to stop."""

    def __init__(self, top: str, before: list[Folder] | None, step: Any) -> None:
        self.folders: list[Folder] = []
        self.files = self.bytes = self.listed = 0
        self._step = step
        self._root = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._before = before
        self._below: dict[int, list[int]] = {}
        self._beat = time.monotonic()
        for index, folder in enumerate(before or ()):
            if index:
                self._below.setdefault(folder[PARENT], []).append(index)

    def run(self) -> list[Folder]:
        """All folders, parents before their children."""
        try:
            stat = os.fstat(self._root)
            device = stat.st_dev
            ahead = [(-1, "", "", 0 if self._before else -1)]
            while ahead:
                parent, name, path, known = ahead.pop()
                index, below = self._folder(parent, name, path, known, device)
                ahead += [(index, n, f"{path}/{n}" if path else n, k) for n, k in below]
                if time.monotonic() - self._beat > BEAT:
                    self._beat = time.monotonic()
                    self._step(self.files, self.bytes)
        finally:
            os.close(self._root)
        return self.folders

    def _folder(
        self, parent: int, name: str, path: str, known: int, device: int
    ) -> tuple[int, list[tuple[str, int]]]:
        index = len(self.folders)
        folder: Folder = [parent, name, 0, 0, 0, 0, [], [], 0]
        try:
            fd = os.open(path or ".", _FLAGS, dir_fd=self._root)
        except OSError as error:
            # What went while we walked is not there; what we may not read is, and is told.
            if not isinstance(error, FileNotFoundError):
                folder[STATE] = UNREADABLE
                self.folders.append(folder)
            return index, []
        try:
            stat = os.fstat(fd)
            if stat.st_dev != device:
                if parent >= 0:
                    self.folders[parent][STATE] |= OTHER
                return index, []
            folder[MTIME], folder[INODE] = stat.st_mtime_ns, stat.st_ino
            folder[BYTES] = stat.st_blocks * _BLOCK
            self.folders.append(folder)
            old = self._before[known] if self._before and known >= 0 else None
            same = old and (old[MTIME], old[INODE]) == (stat.st_mtime_ns, stat.st_ino)
            if old and same and not old[STATE]:
                return index, self._again(fd, folder, old, known)
            return index, self._list(fd, folder, known)
        except PermissionError:
            folder[STATE] |= UNREADABLE
            return index, []
        finally:
            os.close(fd)

    def _again(self, fd: int, folder: Folder, old: Folder, known: int) -> list[tuple[str, int]]:
        """As it was listed before: names cannot have changed; large files may have grown."""
        folder[BYTES], folder[FILES], folder[LINKED] = old[BYTES], old[FILES], old[LINKED]
        for name, size in old[LARGES]:
            try:
                now = os.stat(name, dir_fd=fd, follow_symlinks=False).st_blocks * _BLOCK
            except OSError:
                now = 0
            folder[BYTES] += now - size
            folder[LARGES].append([name, now])
        self.files += old[FILES]
        self.bytes += folder[BYTES]
        before = self._before or []
        return [(before[child][NAME], child) for child in self._below.get(known, ())]

    def _list(self, fd: int, folder: Folder, known: int) -> list[tuple[str, int]]:
        """List it. This loop runs for each file: it is kept tight."""
        below, total, count = [], 0, 0
        large, linked = folder[LARGES], folder[LINKED]
        with os.scandir(fd) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.name)
                    continue
                try:
                    stat = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                blocks = stat.st_blocks
                count += 1
                if stat.st_nlink > 1:
                    linked.append([stat.st_ino, blocks * _BLOCK])
                    continue
                total += blocks
                if blocks >= _LARGE:
                    large.append([entry.name, blocks * _BLOCK])
        if len(large) > MOST_LARGE:
            large.sort(key=lambda one: -one[1])
            del large[MOST_LARGE:]
        folder[BYTES] += total * _BLOCK
        folder[FILES] = count
        self.listed += 1
        self.files += count
        self.bytes += total * _BLOCK
        if not below:
            return []
        before = self._before or []
        children = {before[child][NAME]: child for child in self._below.get(known, ())}
        return [(name, children.get(name, -1)) for name in below]


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """As a child: a request comes in, counts go out, then the folders, by ``marshal``."""
    top, before, idle = marshal.load(source)
    os.nice(19 if idle else 10)
    if idle and hasattr(os, "sched_setscheduler"):  # only what nobody else wants of the CPU
        try:  # noqa: SIM105 - contextlib costs more to import than this child has time
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        except OSError:  # a sandbox may forbid it
            pass

    def tell(*message: Any) -> None:
        data = marshal.dumps(message)
        sink.write(len(data).to_bytes(8, "little") + data)
        sink.flush()

    try:
        walk = Walk(top, before, lambda files, size: tell("at", files, size))
        tell("done", walk.run(), walk.listed)
    except OSError as error:
        tell("failed", error.errno or 0, error.strerror or "")


if __name__ == "__main__":
    try:
        main(sys.stdin.buffer, sys.stdout.buffer)
    except (BrokenPipeError, KeyboardInterrupt):  # whoever asked is gone
        os._exit(1)
