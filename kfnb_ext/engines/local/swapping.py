"""Swaps what was staged with what is live, by renames, from a journal.

Rule: each step can be done again after it was cut off anywhere. Before the marker ``commit`` the
live tree is untouched, after it the journal is carried out to its end; nothing that was live is
dropped unless the safety snapshot has it.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from kfnb_ext.engines.local import changes, figures, manifest, names, opening
from kfnb_ext.model import snapshots

JOURNAL, COMMIT, SWAPPED, OLD, NEW = "journal.json", "commit", "swapped", "old", "new"


_LATER = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # the volume's fault: the next start goes on


class Finish(msgspec.Struct, array_like=True):
    """A folder that gets figures at the end: all of them, or the mode alone."""

    path: str
    item: manifest.Item
    mode_only: bool = False


class Journal(msgspec.Struct):
    """All that is to be done, and the record of it."""

    restore: snapshots.Restore
    steps: list[changes.Step]
    finish: list[Finish]

    def write(self, work: Path) -> None:
        """Keep it, surely, before the first step."""
        with open(work / JOURNAL, "xb") as file:
            file.write(msgspec.json.encode(self))
            file.flush()
            os.fsync(file.fileno())
        mark(work / COMMIT)

    @classmethod
    def read(cls, work: Path) -> "Journal":
        """What was kept. Raises: OSError, msgspec.DecodeError."""
        return msgspec.json.decode((work / JOURNAL).read_bytes(), type=cls)


def mark(path: Path) -> None:
    """Set a marker, surely."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.close(fd)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Swap:
    """Carries out one journal. ``root`` is the workspace, ``old`` and ``new`` are ours."""

    def __init__(self, root: int, old: int, new: int) -> None:
        self._root, self._old, self._new = root, old, new
        self._user = (os.geteuid(), os.getegid())
        self._parent = ("", -1)

    def run(self, journal: Journal) -> None:
        """Do all steps, then the figures of folders, the deepest first."""
        try:
            for number, step in enumerate(journal.steps):
                try:
                    self._step(str(number), step)
                except OSError as error:
                    # its folder went meanwhile, it is another kind of thing by now, or it is
                    # closed to us after all (the plan looked): what was staged for it stays
                    # aside and is named; the rest goes on
                    if error.errno in _LATER:
                        raise
            for finish in reversed(journal.finish):
                self._finish(finish)
        finally:
            self._close()

    def _step(self, number: str, step: changes.Step) -> None:
        folder, name = names.split(step.path)
        parent, name = self._open(folder), names.raw(name)
        if step.what == changes.META and step.item is not None:
            self._meta(parent, name, step)
        elif step.what == changes.TAKE:
            if _there(parent, name) and not _there(self._old, number):
                self._aside(parent, name, number)
        elif _there(self._new, number):
            self._put(parent, name, number)

    def _put(self, parent: int, name: str, number: str) -> None:
        """Keep what is there under a second name, then rename the new over it: no gap."""
        there, aside = stat_or_none(parent, name), stat_or_none(self._old, number)
        if there is not None:
            if aside is None:
                self._second_name(parent, name, number, there)
            elif not os.path.samestat(there, aside):  # written after we were cut off
                extra = f"{number}.later"
                self._aside(parent, name, extra)
        with self._writable(parent):
            os.rename(number, name, src_dir_fd=self._new, dst_dir_fd=parent)

    def _second_name(self, parent: int, name: str, number: str, there: os.stat_result) -> None:
        new = stat_or_none(self._new, number)
        folders = [manifest.kind_of(s.st_mode) == manifest.FOLDER for s in (there, new) if s]
        if not any(folders):
            try:
                os.link(
                    name, number, src_dir_fd=parent, dst_dir_fd=self._old, follow_symlinks=False
                )
            except OSError:  # not ours to link, or no links left: then there is a short gap
                pass
            else:
                return
        self._aside(parent, name, number)

    def _aside(self, parent: int, name: str, number: str) -> None:
        with self._writable(parent):
            try:
                os.rename(name, number, src_dir_fd=parent, dst_dir_fd=self._old)
            except PermissionError:  # a read-only folder: it has to be writable to move
                os.chmod(name, 0o700, dir_fd=parent)
                os.rename(name, number, src_dir_fd=parent, dst_dir_fd=self._old)

    @contextmanager
    def _writable(self, parent: int) -> Iterator[None]:
        """A read-only folder of ours may be written to meanwhile (the journal has its mode)."""
        mode = os.fstat(parent).st_mode
        if self._user[0] and mode & 0o300 != 0o300:
            os.fchmod(parent, mode & 0o7777 | 0o300)
        yield

    def _meta(self, parent: int, name: str, step: changes.Step) -> None:
        """Set the figures of a file unless it is another one by now."""
        assert step.item is not None
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent)
        try:
            st = os.fstat(fd)
            was = step.was
            same = was is not None and (st.st_ino, st.st_size) == (was.inode, was.size)
            if same and was and st.st_mtime_ns in (was.mtime, step.item.mtime):
                figures.set_live(fd, step.item, self._user)
        finally:
            os.close(fd)

    def _finish(self, finish: Finish) -> None:
        try:
            fd = opening.walked(self._root, finish.path)
        except OSError:
            return  # it went meanwhile
        try:
            if finish.mode_only:
                os.fchmod(fd, finish.item.mode)
            else:
                figures.set_live(fd, finish.item, self._user)
        except OSError as error:  # somebody else's: what is in it is right
            if error.errno in _LATER:
                raise
        finally:
            os.close(fd)

    def _open(self, folder: str) -> int:
        if self._parent[1] < 0 or self._parent[0] != folder:
            self._close()
            self._parent = (folder, opening.walked(self._root, folder))
        return self._parent[1]

    def _close(self) -> None:
        if self._parent[1] >= 0:
            os.close(self._parent[1])
        self._parent = ("", -1)


def stat_or_none(fd: int, name: str) -> os.stat_result | None:
    """An entry as it is, if it is there."""
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _there(fd: int, name: str) -> bool:
    return stat_or_none(fd, name) is not None
