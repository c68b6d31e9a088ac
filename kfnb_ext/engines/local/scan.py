"""Walks the live tree beside the previous manifest and says what a new snapshot has to do.

Rule: it reads and never writes, opens folders only by descriptors that follow no link, and holds
one folder in memory. What it is not sure of it calls "look" and leaves to who reads the content.
"""

import os
import stat
from collections.abc import Iterator

import msgspec

from kfnb_ext.engines.local import exclude, manifest, names, opening

# What is to be done with an entry, one letter each in ``Draft.todo``.
SAME, LOOK, NEW, GROUP, FOLDER = "=", "?", "+", "g", "d"

WORTH_SEARCHING = 64 * 1024  # a smaller file that was moved is cheaper to copy than to look up
DEEPEST = names.LONGEST - 300  # folders below could hold no entry with a path the kernel takes

OTHER_FILESYSTEM = "another filesystem is mounted here"
UNREADABLE = "it cannot be read (permission denied)"
REPLACED = "it was replaced while it was read"
TOO_DEEP = "its path is too long"
EXCLUDED = "excluded"
SPECIAL = {stat.S_IFSOCK: "it is a socket", stat.S_IFIFO: "it is a pipe"}
DEVICE = "it is a device"


class Draft(msgspec.Struct, array_like=True, gc=False):
    """One folder as it is to become: ``todo`` has a letter for each item."""

    folder: manifest.Folder
    todo: str
    moved: dict[str, str] = {}  # name -> path in the previous snapshot with the same inode
    unchanged: bool = False  # the line of the previous manifest holds for this one


class Totals:
    """What the walk adds up to."""

    def __init__(self) -> None:
        self.folders = self.entries = 0
        self.new_bytes = self.look_bytes = self.new_files = self.look_files = 0
        self.holes = 0  # of new_bytes: what has a length and takes no room


class Scan:
    """One walk. ``root`` is an open descriptor of the workspace."""

    def __init__(
        self,
        root: int,
        rules: exclude.Rules,
        mounts: frozenset[str] | None,
        trusted_before: int,
        previous: manifest.Manifest | None,
    ) -> None:
        self.root, self.rules, self.mounts = root, rules, mounts
        self.trusted_before = trusted_before
        self.totals = Totals()
        self._previous = previous
        self._device = os.fstat(root).st_dev
        self._groups: dict[tuple[int, int], str] = {}  # (device, inode) -> the first name's path
        self._large: dict[tuple[int, int, int], str] | None = None

    def drafts(self) -> Iterator[tuple[bytes, Draft]]:
        """All folders in the order of a manifest; unchanged ones with their old line."""
        before = manifest.Cursor(self._previous.lines()) if self._previous else None
        top = manifest.item("", os.fstat(self.root))
        stack = [("", top)]
        while stack:
            path, seen = stack.pop()
            old = before.at(path) if before else None
            draft = self._folder(path, seen, old[1] if old else None)
            self._add_up(draft)
            if FOLDER in draft.todo:
                below = [i for i in draft.folder.items if i.kind == manifest.FOLDER]
                stack.extend((names.join(path, i.name), i) for i in reversed(below))
            yield (old[0] if old and draft.unchanged else b""), draft

    def _folder(self, path: str, seen: manifest.Item, old: manifest.Folder | None) -> Draft:
        folder = manifest.Folder(path, seen, [], [])
        fd = self._open(folder)
        if fd < 0:
            return Draft(folder, "")
        try:
            folder.me.xattrs = opening.xattrs(fd)
            with os.scandir(fd) as entries:
                found = {entry.name: entry for entry in entries}
            if not "".join(found).isascii():
                found = {names.text(name): entry for name, entry in found.items()}
            return self._judged(fd, folder, found, old)
        except PermissionError:
            folder.left.append(("", UNREADABLE))
            return Draft(folder, "")
        finally:
            os.close(fd)

    def _open(self, folder: manifest.Folder) -> int:
        """Open it if it is still the folder that was seen; else -1, with the reason noted."""
        try:
            fd = opening.folder(self.root, folder.path)
        except FileNotFoundError:
            return -1  # it went while we walked: then it is empty
        except PermissionError:
            folder.left.append(("", UNREADABLE))
            return -1
        except OSError:  # a link or a file by now
            folder.left.append(("", REPLACED))
            return -1
        st = os.fstat(fd)
        if st.st_ino != folder.me.inode or st.st_dev != self._device:
            folder.left.append(("", REPLACED))
            os.close(fd)
            return -1
        folder.me = manifest.item("", st)
        return fd

    def _judged(
        self,
        fd: int,
        folder: manifest.Folder,
        found: dict[str, "os.DirEntry[str]"],
        old: manifest.Folder | None,
    ) -> Draft:
        """Fill the folder. This loop runs for each file of the workspace: it is kept tight."""
        known = {i.name: i for i in old.items} if old else {}
        items, left, path, draft = folder.items, folder.left, folder.path, Draft(folder, "")
        out, todo, as_before = self.rules.left_out(path, found.keys()), "", old is not None
        for name in sorted(found):
            if out and name in out:
                left.append((name, EXCLUDED))
                continue
            try:
                st = found[name].stat(follow_symlinks=False)
            except OSError as error:
                left.extend(_unseen(name, error))
                continue
            was = known.get(name)
            if (
                was is not None
                and st.st_ctime_ns == was.ctime
                and st.st_mtime_ns == was.mtime
                and st.st_size == was.size
                and st.st_ino == was.inode
                and st.st_nlink == was.links == 1
                and st.st_dev == self._device
            ):
                items.append(was)
                todo += SAME
            elif reason := self._reason(path, name, st):
                left.append((name, reason))
            else:
                letter = self._judge(draft, fd, name, st, was)
                as_before = as_before and letter == FOLDER
                todo += letter
        draft.todo, draft.unchanged = todo, as_before and _as_it_was(folder, old)
        return draft

    def _reason(self, path: str, name: str, st: os.stat_result) -> str:
        """Why an entry cannot be in a snapshot; "" when it can."""
        if not manifest.kind_of(st.st_mode):
            return SPECIAL.get(stat.S_IFMT(st.st_mode), DEVICE)
        # A container's own filesystem gives files the numbers of its layers: those are no mounts.
        if st.st_dev != self._device and (self.mounts is None or stat.S_ISDIR(st.st_mode)):
            return OTHER_FILESYSTEM
        if self.mounts and names.raw(names.join(path, name)) in self.mounts:
            return OTHER_FILESYSTEM
        if len(path) + len(name) > DEEPEST // 4:  # a character has four bytes at most
            full = os.fsencode(names.raw(names.join(path, name)))
            return TOO_DEEP if len(full) > DEEPEST else ""
        return ""

    def _judge(
        self, draft: Draft, fd: int, name: str, st: os.stat_result, was: manifest.Item | None
    ) -> str:
        """Add an entry that needs more than a glance; returns its letter."""
        stamp = st.st_ctime_ns if st.st_ctime_ns < self.trusted_before else 0
        item = manifest.item(name, st, 0 if stat.S_ISDIR(st.st_mode) else stamp)
        draft.folder.items.append(item)
        if item.kind == manifest.FOLDER:
            return FOLDER
        if item.kind == manifest.SYMLINK:
            item.target = names.text(os.readlink(names.raw(name), dir_fd=fd))
            return NEW
        if item.links > 1:
            path = names.join(draft.folder.path, name)
            item.group = self._groups.setdefault((st.st_dev, item.inode), path)
            if item.group != path:
                return GROUP
            item.group = None
        if was is not None and was.kind == manifest.FILE and was.size == item.size:
            item.sha, item.xattrs = was.sha, was.xattrs
            alike = was.ctime == st.st_ctime_ns and was.inode == item.inode
            return SAME if alike and was.mtime == item.mtime else LOOK
        if item.size >= WORTH_SEARCHING and (source := self._moved_from(item)):
            draft.moved[name], item.sha = source
            return LOOK
        self.totals.holes += max(0, st.st_size - st.st_blocks * 512)
        return NEW

    def _moved_from(self, item: manifest.Item) -> tuple[str, str] | None:
        """Where the previous snapshot has a large file with this inode, and its sum."""
        if self._large is None:
            self._large = {}
            for folder in self._previous.folders() if self._previous else ():
                for i in folder.items:
                    if i.kind == manifest.FILE and i.size >= WORTH_SEARCHING:
                        path = names.join(folder.path, i.name)
                        self._large[i.inode, i.size, i.mtime] = f"{i.sha}{path}"
        found = self._large.get((item.inode, item.size, item.mtime))
        return (found[64:], found[:64]) if found else None

    def _add_up(self, draft: Draft) -> None:
        totals = self.totals
        totals.folders += 1
        totals.entries += len(draft.todo)
        if draft.unchanged:
            return
        for item, todo in zip(draft.folder.items, draft.todo, strict=True):
            if todo == NEW:
                totals.new_files += 1
                totals.new_bytes += item.size if item.kind == manifest.FILE else 0
            elif todo == LOOK:
                totals.look_files += 1
                totals.look_bytes += item.size


def _unseen(name: str, error: OSError) -> list[tuple[str, str]]:
    """What to say of an entry that cannot be looked at: nothing, if it went meanwhile."""
    if isinstance(error, PermissionError):
        return [(name, UNREADABLE)]
    if isinstance(error, FileNotFoundError):
        return []
    raise error


def _as_it_was(folder: manifest.Folder, old: manifest.Folder | None) -> bool:
    """Entries that are the same compare by identity: cheap."""
    return folder == old and all(reason == EXCLUDED for _, reason in folder.left)


def is_expected(reason: str) -> bool:
    """Whether a snapshot without it is complete all the same."""
    return reason in (EXCLUDED, OTHER_FILESYSTEM, DEVICE, *SPECIAL.values())
