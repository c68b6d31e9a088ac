"""Looks into a snapshot: a folder, a file's bytes.

Rule: a path is looked up in the manifest and opened part by part in the tree; no link is followed.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from kfnb_ext import errors
from kfnb_ext.engines.local import failing, manifest, names, opening, records
from kfnb_ext.model import snapshots

_KINDS: dict[str, snapshots.EntryType] = {"f": "file", "d": "directory", "l": "symlink"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_PIECE = 1024 * 1024


def files(kept: records.Kept, path: str) -> snapshots.EntryList:
    """The folder ``path``. Raises: BadRequest, NotFound, Gone."""
    folder = _looked_up(kept, path, folder=True)
    entries = tuple(
        snapshots.Entry(
            name=i.name,
            path=names.join(path, i.name),
            type=_KINDS[i.kind],
            size=None if i.kind == manifest.FOLDER else i.size,
            modified=moment(i.mtime),
            mode=i.mode,
            target=i.target,
        )
        for i in folder.items
    )
    return snapshots.EntryList(path=path, entries=entries)


def _looked_up(kept: records.Kept, path: str, folder: bool) -> manifest.Folder:
    """The folder ``path``, or the one that holds the file ``path``."""
    names.checked(path)
    with undamaged(kept):
        found = kept.manifest.folder(path if folder else names.split(path)[0])
        item = kept.manifest.find(path)
    if item is None or (found is None and not folder):
        raise errors.NotFound(f"{path!r} is not in this snapshot.")
    if folder and found is None:
        raise errors.BadRequest(f"{path!r} is not a folder.", "Ask for its content instead.")
    assert found is not None
    return found


@contextmanager
def undamaged(kept: records.Kept) -> Iterator[None]:
    """Translate what a damaged manifest makes of reading it. Raises: Gone."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise errors.Gone(
            f"The manifest of the snapshot {kept.folder.name} is damaged. Its files are still "
            f"in {kept.tree}.",
            "Run verify on it; copy what you need from its folder.",
        ) from error


def content(kept: records.Kept, path: str) -> Iterator[bytes]:
    """The bytes of one file. Raises (before the first piece): BadRequest, NotFound, Gone."""
    names.checked(path)
    with undamaged(kept):
        item = kept.manifest.find(path)
    if item is None:
        raise errors.NotFound(f"{path!r} is not in this snapshot.")
    if item.kind == manifest.SYMLINK:
        raise errors.BadRequest(
            f"{path!r} is a symbolic link to {item.target!r}.", "Ask for what it points to."
        )
    if item.kind == manifest.FOLDER:
        raise errors.BadRequest(f"{path!r} is a folder.", "Ask for one of the files in it.")
    return Pieces(_opened(kept, path))


def _opened(kept: records.Kept, path: str) -> int:
    parent, name = names.split(path)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe would be waited for
    try:
        root = os.open(kept.tree, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            folder = opening.walked(root, parent)
        finally:
            os.close(root)
        try:
            fd = os.open(names.raw(name), flags, dir_fd=folder)
        finally:
            os.close(folder)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
        raise FileNotFoundError
    except PermissionError as error:
        raise failing.of(error, "reading the snapshot", "") from error
    except OSError as error:
        raise errors.Gone(
            f"{path!r} should be in this snapshot and is not there any more.",
            "Run verify on it to see what else is missing.",
        ) from error


class Pieces(Iterator[bytes]):
    """The bytes of an open file; closes it at the end, or when nobody wants it any more."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __next__(self) -> bytes:
        piece = os.read(self._fd, _PIECE) if self._fd >= 0 else b""
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        """Close the file."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    __del__ = close


def moment(ns: int) -> datetime:
    """A time of the filesystem; beyond what a date can be, the nearest one."""
    try:
        return _EPOCH + timedelta(microseconds=ns // 1000)
    except OverflowError:
        return datetime.max.replace(tzinfo=timezone.utc) if ns > 0 else _EPOCH
