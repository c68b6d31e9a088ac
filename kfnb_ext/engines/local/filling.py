"""Fills one folder of a snapshot: links what is unchanged, copies the rest, gives it its figures.

Rule: a folder is filled by one thread (only its large copies go elsewhere) and made read-only
when all in it is there; its subfolders are made before, by who hands it out.
"""

import os
from typing import NamedTuple, TypeAlias

from kfnb_ext.engines.local import copying, linker, manifest, names, opening, portions, scan

Copy: TypeAlias = tuple[manifest.Item, str | None]  # and where the previous snapshot may have it
_GONE, _REPLACED = -1, -2  # instead of a descriptor of the live folder


class Filled(NamedTuple):
    """What became of a folder: its line, what it adds up to, and what it does not hold."""

    line: bytes
    files: int
    size: int
    added: int = 0
    left: list[tuple[str, str, bool]] = []  # path, reason, whether it is complete all the same


class Work(NamedTuple):
    """One folder that is being filled."""

    folder: manifest.Folder
    todo: str
    live: int
    tree: int
    before: int
    copies: list[Copy]

    def close(self) -> None:
        """Close its descriptors."""
        for fd in (self.live, self.tree, self.before):
            if fd >= 0:
                os.close(fd)


class Filler:
    """Fills folders. The three roots are open descriptors (no previous tree: -1)."""

    def __init__(
        self, job: copying.Job, live: int, tree: int, before: int, check_sizes: bool
    ) -> None:
        self.job, self.live, self.tree, self.before = job, live, tree, before
        self.check_sizes = check_sizes

    def whole(self, draft: scan.Draft) -> Filled:
        """Fill a folder in one go."""
        work = self.begin(draft)
        try:
            return self.complete(work, self.take(work, work.copies))
        finally:
            work.close()

    def begin(self, draft: scan.Draft) -> Work:
        """Make what needs no reading, and list what has to be read."""
        path, todo = draft.folder.path, draft.todo
        tree = opening.folder(self.tree, path)
        before = -1
        if self.before >= 0 and scan.SAME in todo:
            before = _open_or(self.before, path)
        work = Work(draft.folder, todo, -1, tree, before, [])
        for item, letter in zip(draft.folder.items, todo, strict=True):
            self._entry(work, draft, item, letter)
        if work.copies or scan.GROUP in todo:
            work = work._replace(live=self._open_live(draft.folder))
        return work

    def _open_live(self, folder: manifest.Folder) -> int:
        fd = _open_or(self.live, folder.path)
        if fd >= 0 and os.fstat(fd).st_ino != folder.me.inode:
            os.close(fd)
            return _REPLACED
        return fd

    def _entry(self, work: Work, draft: scan.Draft, item: manifest.Item, todo: str) -> None:
        if todo in (scan.FOLDER, scan.GROUP):
            return
        name = names.raw(item.name)
        if todo == scan.SAME and self._linked(work, name, item):
            return
        if item.kind == manifest.SYMLINK:
            os.symlink(names.raw(item.target or ""), name, dir_fd=work.tree)
            return
        path = names.join(work.folder.path, item.name)
        looked = todo == scan.LOOK and self.before >= 0
        work.copies.append((item, draft.moved.get(item.name, path) if looked else None))

    def _linked(self, work: Work, name: str, item: manifest.Item) -> bool:
        """Link an unchanged file; one of another boot only if it is as long as it was.

        Nothing is synced when a snapshot is taken (it would wait for other people's data), so a
        crash of the machine may have cost the end of a file.
        """
        if work.before < 0:
            return False
        if self.check_sizes and item.kind == manifest.FILE:
            try:
                st = os.stat(name, dir_fd=work.before, follow_symlinks=False)
            except OSError:
                return False
            if st.st_size != item.size:
                return False
        return copying.link(copying.Old(work.before, name), work.tree, name)

    def take(self, work: Work, batch: list[Copy]) -> dict[int, copying.Taken]:
        """Copy some of its files; what became of each, by the identity of its entry."""
        if work.live < 0:
            gone = copying.Taken(None, 0, scan.REPLACED if work.live == _REPLACED else "")
            return {id(item): gone for item, _ in batch}
        told = portions.Told(self.job.advance)
        job, live, tree = self.job._replace(advance=told.advance), work.live, work.tree
        taken = {}
        for item, path in batch:
            old = None if path is None else copying.Old(self.before, names.raw(path))
            taken[id(item)] = copying.take(job, live, tree, item, old)
        told.all()
        return taken

    def some(self, path: str, inode: int, batch: list[Copy]) -> list[copying.Taken]:
        """Copy some files of a folder that someone else fills."""
        seen = manifest.Item("", manifest.FOLDER, 0, 0, 0, 0, inode, 1, 0, 0)
        folder = manifest.Folder(path, seen, [], [])
        tree = opening.folder(self.tree, path)
        work = Work(folder, "", self._open_live(folder), tree, -1, [])
        try:
            return list(self.take(work, batch).values())
        finally:
            work.close()

    def complete(self, work: Work, results: dict[int, copying.Taken]) -> Filled:
        """Put what was taken into the folder's line, and make it read-only."""
        folder, left, added = work.folder, [], 0
        if results:
            items = []
            for item in folder.items:
                result = results.get(id(item))
                if result is None:
                    items.append(item)
                    continue
                added += result.added
                if result.item is not None:
                    items.append(result.item)
                    if result.note:
                        left.append((names.join(folder.path, item.name), result.note, False))
                elif result.note:
                    folder.left.append((item.name, result.note))
            folder.items = items
        linker.figures(work.tree, folder.me.mode, folder.me.mtime)
        return _added_up(folder, added, left)


def _open_or(root: int, path: str) -> int:
    try:
        return opening.folder(root, path)
    except OSError:
        return _GONE


def drafted(line: bytes) -> scan.Draft:
    """A folder that is as it was, to be looked at file by file."""
    folder = manifest.decode(line)
    kinds = [scan.FOLDER if i.kind == manifest.FOLDER else scan.SAME for i in folder.items]
    return scan.Draft(folder, "".join(kinds))


def _added_up(folder: manifest.Folder, added: int, left: list[tuple[str, str, bool]]) -> Filled:
    files = size = 0
    for item in folder.items:
        if item.kind != manifest.FOLDER:
            files += 1
            if item.group is None:
                size += item.size
    for name, reason in folder.left:
        if reason != scan.EXCLUDED:
            path = names.join(folder.path, name) if name else folder.path
            left.append((path, reason, scan.is_expected(reason)))
    return Filled(manifest.encode(folder), files, size, added, left)
