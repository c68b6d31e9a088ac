"""Which paths a restore is about.

Rule: a path stands for itself and all below it; the folders that lead to it are passed through
and are themselves left alone. An undo is about exactly the names that its restore touched.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import msgspec

from kfnb_ext.engines.local import names
from kfnb_ext.engines.local.manifest import FOLDER, Folder, Item


class Choice(Protocol):
    """What a restore is about."""

    def within(self, folder: str) -> "frozenset[str] | None":
        """The names chosen in a folder; None: all of them."""

    def own(self, folder: str) -> bool:
        """Whether the folder's own mode and times are restored."""

    def leads(self, path: str) -> bool:
        """Whether something below ``path`` is chosen though ``path`` itself may not be."""


_NOTHING: frozenset[str] = frozenset()


def _above(path: str) -> Iterable[str]:
    while path:
        path = names.split(path)[0]
        yield path


class Paths:
    """Some paths with all below them; no paths: everything."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._all = not paths or "" in paths
        self._chosen = frozenset(paths)
        self._leads = frozenset(above for path in paths for above in _above(path))
        self._in: dict[str, set[str]] = {}
        for path in paths:
            folder, name = names.split(path)
            self._in.setdefault(folder, set()).add(name)

    def within(self, folder: str) -> frozenset[str] | None:
        """The names chosen in a folder; None: all of them."""
        if self.own(folder):
            return None
        return frozenset(self._in.get(folder, _NOTHING))

    def own(self, folder: str) -> bool:
        """Whether the folder is chosen, or lies in one that is."""
        if self._all or folder in self._chosen:
            return True
        return any(above in self._chosen for above in _above(folder))

    def leads(self, path: str) -> bool:
        """Whether a chosen path lies below."""
        return self._all or path in self._leads


class Touched(msgspec.Struct):
    """What a restore touched: names by folder, and folders whose own figures it changed."""

    by_folder: dict[str, set[str]] = {}
    owns: set[str] = set()

    def add(self, folder: str, name: str) -> None:
        """Note one name."""
        self.by_folder.setdefault(folder, set()).add(name)

    def write(self, path: Path) -> None:
        """Keep it for an undo."""
        path.write_bytes(msgspec.json.encode(self))

    @classmethod
    def read(cls, path: Path) -> "Touched":
        """What was kept. Raises: OSError, msgspec.DecodeError."""
        return msgspec.json.decode(path.read_bytes(), type=cls)


class Again:
    """The choice of an undo."""

    def __init__(self, touched: Touched) -> None:
        self._touched = touched
        folders = {*touched.by_folder, *touched.owns}
        self._leads = {above for folder in folders for above in (folder, *_above(folder))}

    def within(self, folder: str) -> frozenset[str] | None:
        """The names that were touched in it."""
        return frozenset(self._touched.by_folder.get(folder, _NOTHING))

    def own(self, folder: str) -> bool:
        """Whether the restore changed its own figures."""
        return folder in self._touched.owns

    def leads(self, path: str) -> bool:
        """Whether something in it or below was touched."""
        return path in self._leads


def items(choice: Choice, folder: Folder) -> list[Item]:
    """The entries of a folder of the snapshot that are put when the folder is."""
    chosen = choice.within(folder.path)
    if chosen is None:
        return folder.items
    return [
        i
        for i in folder.items
        if i.name in chosen or (i.kind == FOLDER and choice.leads(names.join(folder.path, i.name)))
    ]
