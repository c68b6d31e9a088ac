"""The manifest: what a snapshot holds, with true figures, one line for each folder.

Rule: it is read and written as a stream. Folders come in the order of their components and
names sorted within, so that two manifests, or a manifest and a live tree, are compared side by
side in the memory of one folder; and one folder is found by bisecting the file.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from kfnb_ext.engines.local import names

FILE, FOLDER, SYMLINK = "f", "d", "l"
_KINDS = {stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: SYMLINK}


class Item(msgspec.Struct, array_like=True, gc=False):
    """One entry of a folder. Folders stand here as names too; their own line has the truth."""

    name: str
    kind: str
    mode: int  # permission bits
    size: int
    mtime: int  # ns
    ctime: int  # ns; 0: too young to be trusted, the content is compared next time
    inode: int
    links: int
    uid: int
    gid: int
    sha: str = ""  # sha256 of a file's content
    xattrs: dict[str, bytes] | None = None
    target: str | None = None  # of a symbolic link
    group: str | None = None  # a hard link: the first path with the same inode


class Folder(msgspec.Struct, array_like=True, gc=False):
    """One line: a folder itself (``me``), its entries, and the names left out with the reason.

    A left-out name "" means the folder could not be read: nothing is known of what is in it.
    """

    path: str
    me: Item
    items: list[Item]
    left: list[tuple[str, str]]


class _Head(msgspec.Struct, array_like=True):
    path: str


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Folder)
_head = msgspec.json.Decoder(_Head)
encode = _encoder.encode
decode = _decoder.decode


def kind_of(mode: int) -> str:
    """``f``, ``d``, ``l``, or "" for what a snapshot cannot hold."""
    return _KINDS.get(stat.S_IFMT(mode), "")


def item(name: str, st: os.stat_result, ctime: int = 0) -> Item:
    """The entry that ``st`` describes, as far as it can."""
    mode = st.st_mode
    kind = _KINDS.get(mode & 0o170000, "")
    size, links = (0, 1) if kind == FOLDER else (st.st_size, st.st_nlink)
    return Item(
        name, kind, mode & 0o7777, size, st.st_mtime_ns, ctime, st.st_ino, links,
        st.st_uid, st.st_gid,
    )  # fmt: skip


class Writer:
    """Writes lines and knows their sha256 and how many bytes they are."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "xb", buffering=1 << 20)  # noqa: SIM115 - closed by close()
        self._sha = hashlib.sha256()
        self.bytes = 0

    def line(self, data: bytes) -> None:
        """Add one encoded folder."""
        data += b"\n"
        self._file.write(data)
        self._sha.update(data)
        self.bytes += len(data)

    def close(self) -> None:
        """Finish."""
        self._file.close()

    @property
    def sha256(self) -> str:
        """The sum of what was written."""
        return self._sha.hexdigest()


class Manifest:
    """A manifest file, open for reading."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def digest(self) -> str:
        """The sha256 of the file as it is now."""
        sha = hashlib.sha256()
        with open(self._path, "rb") as file:
            while chunk := file.read(1 << 20):
                sha.update(chunk)
        return sha.hexdigest()

    def lines(self) -> Iterator[tuple[bytes, Folder]]:
        """All folders in order, each with its line."""
        with open(self._path, "rb", buffering=1 << 18) as file:
            for line in file:
                yield line, decode(line)

    def folders(self) -> Iterator[Folder]:
        """All folders in order."""
        return (folder for _, folder in self.lines())

    def folder(self, path: str) -> Folder | None:
        """One folder, found by bisection."""
        wanted = names.key(path)
        with open(self._path, "rb", buffering=1 << 14) as file:
            low, high = 0, os.fstat(file.fileno()).st_size
            while low < high:
                middle = (low + high) // 2
                line = _line_from(file, middle)
                if line and names.key(_head.decode(line).path) < wanted:
                    low = middle + 1
                else:
                    high = middle
            line = _line_from(file, low)
        folder = decode(line) if line else None
        return folder if folder is not None and folder.path == path else None

    def find(self, path: str) -> Item | None:
        """One entry by its path; "" is the top."""
        parent, name = names.split(path)
        folder = self.folder(parent)
        if folder is None or path == "":
            return folder.me if folder else None
        return next((i for i in folder.items if i.name == name), None)


def _line_from(file: BinaryIO, offset: int) -> bytes:
    """The first line that starts at ``offset`` or after it."""
    file.seek(max(0, offset - 1))
    if offset:
        file.readline()
    return file.readline()


class Cursor:
    """Walks a manifest beside something else that is in the same order."""

    def __init__(self, lines: Iterator[tuple[bytes, Folder]]) -> None:
        self._lines = lines
        self._next = next(lines, None)

    def at(self, path: str) -> tuple[bytes, Folder] | None:
        """The line of ``path`` if there is one; what comes before it is skipped for good."""
        wanted = names.key(path)
        while self._next is not None and names.key(self._next[1].path) < wanted:
            self._next = next(self._lines, None)
        if self._next is None or self._next[1].path != path:
            return None
        return self._next


def side_by_side(
    one: Iterable[Folder], two: Iterable[Folder]
) -> Iterator[tuple[str, Folder | None, Folder | None]]:
    """Two streams of folders as one, in order."""
    first, second = iter(one), iter(two)
    a, b = next(first, None), next(second, None)
    while a is not None or b is not None:
        before = a is not None and (b is None or names.key(a.path) <= names.key(b.path))
        after = b is not None and (a is None or names.key(b.path) <= names.key(a.path))
        path = a.path if before and a is not None else b.path if b is not None else ""
        yield path, a if before else None, b if after else None
        a = next(first, None) if before else a
        b = next(second, None) if after else b
