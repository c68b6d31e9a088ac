"""Builds beside the live tree what a restore will put into it: true modes, times, owners.

Rule: always copies (or shared blocks), never hard links to the snapshot: a write to a restored
file must not reach into the snapshot. What is a hard link among the restored is one here too.
"""

import hashlib
import os
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.local import (
    choosing,
    copying,
    figures,
    making,
    manifest,
    names,
    opening,
    portions,
    ranges,
    volume,
)

_AHEAD = 48
_RANGE = 16 * 1024 * 1024  # of one in-kernel copy: after each a user who asked to stop is heard
_LIVE = "/"  # no staged place begins so


class _Work(NamedTuple):
    """One folder of the snapshot some of whose entries are staged into ``target``."""

    folder: manifest.Folder
    source: int
    target: int
    place: str  # of ``target``, below the staging root
    files: list[tuple[manifest.Item, str]]
    links: list[tuple[manifest.Item, str]]
    whole: bool  # ``target`` is the folder itself and gets its figures
    copied: list["Future[None]"]


class Stager:
    """Stages all puts. ``roots``: open descriptors of the snapshot's tree, of where to stage, and
    of the live tree. ``anchors``: live files (by hard-link group) that further names can join.
    """

    def __init__(
        self,
        roots: tuple[int, int, int],
        anchors: dict[str, str],
        reflink: bool,
        progress: base.Progress,
    ) -> None:
        self._tree, self._new, self._live = roots
        self._reflink = reflink
        self._progress = progress
        self._user = (os.geteuid(), os.getegid())
        self._pool = ThreadPoolExecutor(making.THREADS, "kfnb-stage")
        self._pending: deque[_Work] = deque()
        # of hard links: group -> where it is staged, or marked as live
        self._first = {group: _LIVE + path for group, path in anchors.items()}

    def stage(
        self,
        puts: dict[str, int],
        folders: Iterable[manifest.Folder],
        choice: choosing.Choice,
    ) -> None:
        """Stage ``puts`` (path -> number) from the snapshot's ``folders``."""
        wanted: dict[str, set[str]] = {}
        for path in puts:
            parent, name = names.split(path)
            wanted.setdefault(parent, set()).add(name)
        places: dict[str, str] = {}  # folders on their way, and where they are staged
        try:
            for folder in folders:
                place = places.pop(folder.path, None)
                if place is not None:
                    self._whole(folder, choice, place, places)
                elif folder.path in wanted:
                    self._single(folder, wanted[folder.path], puts, places)
                while len(self._pending) > _AHEAD:
                    self._finish()
            while self._pending:
                self._finish()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            for work in self._pending:
                _close(work)

    def _whole(
        self,
        folder: manifest.Folder,
        choice: choosing.Choice,
        place: str,
        places: dict[str, str],
    ) -> None:
        target = opening.folder(self._new, place)
        entries = [(i, i.name) for i in choosing.items(choice, folder)]
        for item, name in entries:
            if item.kind == manifest.FOLDER:
                places[names.join(folder.path, name)] = f"{place}/{name}"
                os.mkdir(names.raw(name), 0o700, dir_fd=target)
        self._begin(folder, target, place, entries, whole=True)

    def _single(
        self,
        folder: manifest.Folder,
        wanted: set[str],
        puts: dict[str, int],
        places: dict[str, str],
    ) -> None:
        entries = []
        for item in folder.items:
            if item.name not in wanted:
                continue
            number = str(puts[names.join(folder.path, item.name)])
            if item.kind == manifest.FOLDER:
                places[names.join(folder.path, item.name)] = number
                os.mkdir(number, 0o700, dir_fd=self._new)
            else:
                entries.append((item, number))
        self._begin(folder, os.dup(self._new), "", entries, whole=False)

    def _begin(
        self,
        folder: manifest.Folder,
        target: int,
        place: str,
        entries: list[tuple[manifest.Item, str]],
        *,
        whole: bool,
    ) -> None:
        try:
            source = opening.folder(self._tree, folder.path)
        except OSError as error:
            os.close(target)
            raise _damaged(folder.path) from error
        work = _Work(folder, source, target, place, [], [], whole, [])
        self._pending.append(work)
        for item, name in entries:
            path = names.join(folder.path, item.name)
            if item.kind == manifest.SYMLINK:
                self._symlink(target, names.raw(name), item)
            elif item.kind == manifest.FILE:
                here = names.join(place, name)
                first = item.links < 2 or self._first.setdefault(item.group or path, here) == here
                (work.files if first else work.links).append((item, name))
        for batch in portions.batches(work.files):
            work.copied.append(self._pool.submit(self._copy_all, work, batch))

    def _finish(self) -> None:
        """Wait for the oldest folder; link what is linked; give it its figures."""
        work = self._pending[0]
        for future in work.copied:
            future.result()
        for item, name in work.links:
            group = item.group or names.join(work.folder.path, item.name)
            self._link(group, work.target, names.raw(name))
        if work.whole:
            writable = "/" not in work.place  # it will be renamed, which takes write permission
            self._figures(work.target, work.folder.me, 0o300 if writable else 0)
        self._pending.popleft()
        _close(work)

    def _link(self, group: str, target: int, name: str) -> None:
        """A further name: of what is staged, or of a live file that is as it was."""
        source, path = self._new, self._first[group]
        if path.startswith(_LIVE):
            source, path = self._live, path.removeprefix(_LIVE)
        os.link(names.raw(path), name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)

    def _copy_all(self, work: _Work, batch: list[tuple[manifest.Item, str]]) -> None:
        done = 0
        for item, name in batch:
            self._copy(work, item, name)
            done += item.size if item.size <= copying.SMALL else 0
        self._progress.advance(done)

    def _copy(self, work: _Work, item: manifest.Item, name: str) -> None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            source = os.open(names.raw(item.name), flags, dir_fd=work.source)
        except FileNotFoundError as error:
            raise _damaged(names.join(work.folder.path, item.name)) from error
        try:
            create = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            target = os.open(names.raw(name), create, 0o600, dir_fd=work.target)
            try:
                if self._content(source, target, item) != item.size:
                    raise _damaged(names.join(work.folder.path, item.name))
                self._figures(target, item)
            finally:
                os.close(target)
        finally:
            os.close(source)

    def _content(self, source: int, target: int, item: manifest.Item) -> int:
        """Copy; returns how many bytes there were (-1: others than were recorded)."""
        if item.size <= copying.SMALL:
            data = os.read(source, item.size + 1)
            if hashlib.sha256(data).hexdigest() != item.sha:
                return -1  # what is in memory anyway is looked at; of the large only the size is
            ranges.write(target, data)
            return len(data)
        st = os.fstat(source)
        if self._reflink and volume.clone(source, target):
            self._progress.advance(st.st_size)
            return st.st_size
        for start, end in ranges.data_of(source, st):
            position = start
            while position < end:
                count = ranges.copy_range(source, target, position, min(_RANGE, end - position))
                if not count:
                    return position
                position += count
                self._progress.advance(count)
        os.ftruncate(target, st.st_size)
        return st.st_size

    def _symlink(self, target: int, name: str, item: manifest.Item) -> None:
        os.symlink(names.raw(item.target or ""), name, dir_fd=target)
        if self._user[0] == 0:
            os.chown(name, item.uid, item.gid, dir_fd=target, follow_symlinks=False)
        os.utime(name, ns=(item.mtime, item.mtime), dir_fd=target, follow_symlinks=False)

    def _figures(self, fd: int, item: manifest.Item, also: int = 0) -> None:
        figures.give(fd, item, self._user, also)


def _damaged(path: str) -> errors.KfnbError:
    return errors.Gone(
        f"{path!r} in this snapshot is not as it was recorded. Nothing was changed.",
        "Run verify on the snapshot, and restore the paths that are whole.",
    )


def _close(work: _Work) -> None:
    os.close(work.source)
    os.close(work.target)
