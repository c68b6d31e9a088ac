"""The last scan as a tree: totals, what is largest, and one folder at a time.

Rule: a file of several names counts once, where the walk met it first, as ``du`` does it.
"""

import heapq
from collections.abc import Iterable, Sequence
from datetime import datetime

from kfnb_ext.engines.local import names
from kfnb_ext.model import filling
from kfnb_ext.model.filling import Filling, Item
from kfnb_ext.probes.filling.walking import looking

ALIKE = 3  # known folders of one kind that are named, as __pycache__
LARGEST = 20  # files and caches that are named for the whole
MOST = 500  # items of one folder; the rest is summed up


class Tree:
    """One scan of ``top``."""

    def __init__(
        self,
        top: str,
        folders: Sequence[looking.Folder],
        taken: datetime,
        seconds: float,
        listed: int,
    ) -> None:
        self.top, self.folders = top, folders
        self.taken, self.seconds, self.listed = taken, seconds, listed
        self._own = self._own_bytes()
        self.bytes = list(self._own)
        self.files = [folder[looking.FILES] for folder in folders]
        for index in range(len(folders) - 1, 0, -1):  # children stand behind their parents
            parent = folders[index][looking.PARENT]
            self.bytes[parent] += self.bytes[index]
            self.files[parent] += self.files[index]
        self._paths: list[str] = []
        self._below: dict[int, list[int]] = {}
        for index, folder in enumerate(folders):
            up = self._paths[folder[looking.PARENT]] if index else ""
            self._paths.append(names.join(up, names.text(folder[looking.NAME])) if index else "")
            if index:
                self._below.setdefault(folder[looking.PARENT], []).append(index)
        self._index = {path: index for index, path in enumerate(self._paths)}

    def _own_bytes(self) -> list[int]:
        seen: set[int] = set()
        own = []
        for folder in self.folders:
            total = folder[looking.BYTES]
            for inode, size in folder[looking.LINKED]:
                if inode not in seen:
                    seen.add(inode)
                    total += size
            own.append(total)
        return own

    def show(self, path: str) -> Filling | None:
        """One folder; None: it is not in the scan."""
        index = self._index.get(path)
        if index is None:
            return None
        items = self._items(index)
        states = [folder[looking.STATE] for folder in self.folders]
        whole = path == ""
        return Filling(
            top=names.text(self.top),
            path=path,
            bytes=self.bytes[index],
            files=self.files[index],
            items=tuple(items[:MOST]),
            caches=tuple(self._caches()) if whole else (),
            largest=tuple(self._largest()) if whole else (),
            taken=self.taken,
            seconds=self.seconds,
            reused=len(self.folders) - self.listed,
            folders=len(self.folders),
            unreadable=sum(bool(state & looking.UNREADABLE) for state in states),
            other_filesystems=sum(bool(state & looking.OTHER) for state in states),
            trash=self._trash(),
        )

    def _items(self, index: int) -> list[Item]:
        items = [self._folder(child) for child in self._below.get(index, ())]
        folder, path = self.folders[index], self._paths[index]
        named = [_file(path, name, size) for name, size in folder[looking.LARGES]]
        files = folder[looking.FILES] - len(named)
        left = self._own[index] - sum(one.bytes for one in named)
        items += named
        if files > 0:
            rest = Item(name="", path=path, kind="rest", bytes=max(left, 0), files=files)
            items.append(rest)
        return sorted(items, key=lambda one: (-one.bytes, one.name))

    def _folder(self, index: int) -> Item:
        path = self._paths[index]
        return Item(
            name=path.rpartition("/")[2],
            path=path,
            kind="directory",
            bytes=self.bytes[index],
            files=self.files[index],
            cache=filling.cache(path),
        )

    def _caches(self) -> Iterable[Item]:
        """The known ones, each without those that lie in another one that is shown."""
        found: list[Item] = []
        inside: set[int] = set()
        for index in range(1, len(self.folders)):
            if self.folders[index][looking.PARENT] in inside:
                inside.add(index)
                continue
            item = self._folder(index)
            if item.cache and item.cache.name != "caches":
                inside.add(index)
                found.append(item)
        return heapq.nlargest(LARGEST, _alike(found), key=lambda one: one.bytes)

    def _largest(self) -> Iterable[Item]:
        every = (
            _file(self._paths[index], name, size)
            for index, folder in enumerate(self.folders)
            for name, size in folder[looking.LARGES]
        )
        return heapq.nlargest(LARGEST, every, key=lambda one: one.bytes)

    def _trash(self) -> int | None:
        places = [i for i, path in enumerate(self._paths) if _is_trash(path)]
        return sum(self.bytes[i] for i in places) if places else None


def _is_trash(path: str) -> bool:
    known = filling.cache(path)
    return known is not None and known.name == "trash"


def _file(folder: str, name: str, size: int) -> Item:
    text = names.text(name)
    return Item(name=text, path=names.join(folder, text), kind="file", bytes=size, files=1)


def _alike(found: Iterable[Item]) -> Iterable[Item]:
    """The largest of each kind, and the others of that kind as one: bytecode lies everywhere."""
    kinds: dict[str, list[Item]] = {}
    for one in sorted(found, key=lambda one: -one.bytes):
        kinds.setdefault(one.cache.name if one.cache else "", []).append(one)
    for name, items in kinds.items():
        yield from items[:ALIKE]
        if rest := items[ALIKE:]:
            yield Item(
                name=name,
                path="",
                kind="rest",
                bytes=sum(one.bytes for one in rest),
                files=sum(one.files for one in rest),
                cache=rest[0].cache,
            )
