"""Reads a snapshot whole and finds what is not as it was written.

Rule: everything is compared with the manifest (names, types, sizes, sums, targets of links), and
the manifest and the record with their own sums.
"""

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.local import making, manifest, names, opening, records
from kfnb_ext.model import snapshots

_CHUNK = 1024 * 1024
_AHEAD = 64
NAMED_AT_MOST = 1000


class _Part(NamedTuple):
    """What one folder came to."""

    files: int
    bytes_read: int
    found: list[snapshots.Difference]


class Verifier:
    """One verification of one snapshot."""

    def __init__(self, kept: records.Kept, progress: base.Progress) -> None:
        self._kept, self._progress = kept, progress
        self._root = -1

    def verify(self) -> snapshots.Verification:
        """Do it."""
        found = self._own_files()
        parts: list[_Part] = []
        files = read = 0
        try:
            self._root = os.open(self._kept.tree, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            found.append(snapshots.Difference(path="", problem="missing"))
        else:
            try:
                self._walk(parts)
            except (OSError, ValueError) as error:
                if isinstance(error, errors.KfnbError):
                    raise
                found.append(snapshots.Difference(path="", problem="unreadable"))
            finally:
                os.close(self._root)
        if not self._kept.folder.is_dir():
            raise errors.NotFound(
                f"The snapshot {self._kept.folder.name} was deleted while it was read.",
                "List the snapshots to see those there are.",
            )
        count = len(found)
        for part in parts:
            files, read, count = files + part.files, read + part.bytes_read, count + len(part.found)
            found.extend(part.found[: max(0, NAMED_AT_MOST - len(found))])
        return snapshots.Verification(
            snapshot=self._kept.folder.name,
            ok=count == 0,
            files=files,
            bytes_read=read,
            differences=tuple(found[:NAMED_AT_MOST]),
            differences_count=count,
        )

    def _own_files(self) -> list[snapshots.Difference]:
        """Manifest and record against their sums; named by their own names."""
        found, stored = [], self._kept.stored
        if stored is None or not self._kept.is_sealed():
            found.append(snapshots.Difference(path=records.RECORD, problem="changed"))
        try:
            digest = self._kept.manifest.digest()
        except OSError:
            found.append(snapshots.Difference(path=records.MANIFEST, problem="missing"))
        else:
            if stored is not None and stored.manifest_sha256 != digest:
                found.append(snapshots.Difference(path=records.MANIFEST, problem="changed"))
        try:
            self._kept.environment()
        except errors.Gone:
            found.append(snapshots.Difference(path=records.ENVIRONMENT, problem="changed"))
        return found

    def _walk(self, parts: list[_Part]) -> None:
        """Check folders in threads; totals are folded so that memory does not grow."""
        snapshot = self._kept.snapshot
        self._progress.expect((snapshot.bytes_total or 0) if snapshot else 0)
        pool = ThreadPoolExecutor(making.THREADS, "kfnb-verify")
        pending: deque[Future[_Part]] = deque()
        try:
            for folder in self._kept.manifest.folders():
                pending.append(pool.submit(self._folder, folder))
                if len(pending) > _AHEAD:
                    _fold(parts, pending.popleft().result())
            while pending:
                _fold(parts, pending.popleft().result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _folder(self, folder: manifest.Folder) -> _Part:
        found: list[snapshots.Difference] = []
        try:
            fd = opening.walked(self._root, folder.path)
        except PermissionError:
            return _Part(0, 0, [snapshots.Difference(path=folder.path, problem="unreadable")])
        except OSError:
            return _Part(0, 0, [snapshots.Difference(path=folder.path, problem="missing")])
        files = read = 0
        try:
            there = set(map(names.text, os.listdir(fd)))
            for item in folder.items:
                problem, size = self._item(fd, item, there)
                files += item.kind != manifest.FOLDER
                read += size
                if problem:
                    path = names.join(folder.path, item.name)
                    found.append(snapshots.Difference(path=path, problem=problem))
            for name in sorted(there):
                path = names.join(folder.path, name)
                found.append(snapshots.Difference(path=path, problem="added"))
        finally:
            os.close(fd)
        return _Part(files, read, found)

    def _item(
        self, fd: int, item: manifest.Item, there: set[str]
    ) -> tuple[snapshots.Problem | None, int]:
        if item.name not in there:
            # a folder that is missing is found by its own line
            return (None if item.kind == manifest.FOLDER else "missing"), 0
        there.discard(item.name)
        try:
            differs = self._differs(fd, item)
        except FileNotFoundError:
            return "missing", 0
        except OSError:
            return "unreadable", 0
        return ("changed" if differs else None), item.size * (item.kind == manifest.FILE)

    def _differs(self, fd: int, item: manifest.Item) -> bool:
        name = names.raw(item.name)
        st = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if manifest.kind_of(st.st_mode) != item.kind:
            return True
        if item.kind == manifest.SYMLINK:
            return names.text(os.readlink(name, dir_fd=fd)) != item.target
        if item.kind == manifest.FOLDER:
            return False
        return st.st_size != item.size or self._sum(fd, name) != item.sha

    def _sum(self, folder: int, name: str) -> str:
        sha = hashlib.sha256()
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        fd = os.open(name, flags, dir_fd=folder)
        try:
            while piece := os.read(fd, _CHUNK):
                sha.update(piece)
                self._progress.advance(len(piece))
        finally:
            os.close(fd)
        return sha.hexdigest()


def _fold(parts: list[_Part], part: _Part) -> None:
    """Keep parts with findings as they are; add the others up."""
    if part.found or not parts or parts[-1].found:
        parts.append(part)
    else:
        last = parts[-1]
        parts[-1] = _Part(last.files + part.files, last.bytes_read + part.bytes_read, [])
