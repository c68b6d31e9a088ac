"""Builds the tree of a snapshot from the drafts of a scan, and writes its manifest.

Rule: one thread links and keeps the order; the others only copy. A folder is made read-only as
soon as all in it is there (its subfolders are made by then, still writable and empty).
"""

import os
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from msgspec import structs

from kfnb_ext.engines.local import copying, filling, manifest, names, opening, scan, usage

THREADS = max(2, min(4, len(os.sched_getaffinity(0))))
_AHEAD = 48  # folders in flight: two descriptors each


class Maker:
    """Makes one snapshot. The three roots are open descriptors (no previous tree: -1)."""

    def __init__(
        self, job: copying.Job, live: int, tree: int, before: int, check_sizes: bool
    ) -> None:
        self._job, self._check_sizes = job, check_sizes
        self._live, self._tree, self._before = live, tree, before
        self._pool = ThreadPoolExecutor(THREADS, "kfnb-copy")
        self._pending: deque[tuple[bytes, filling.Work]] = deque()
        self._first: dict[str, manifest.Item] = {}  # of hard links, by path
        self.outcome = filling.Outcome()

    def make(self, drafts: Iterable[tuple[bytes, scan.Draft]], writer: manifest.Writer) -> None:
        """Make everything. Raises what a copy raises; no thread is at work after that."""
        try:
            for line, draft in drafts:
                self._pending.append((line, self._begin(draft)))
                while self._pending and (len(self._pending) > _AHEAD or self._ready()):
                    self._finish(writer)
            while self._pending:
                self._finish(writer)
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            for _, work in self._pending:
                work.close()

    def _ready(self) -> bool:
        return all(future.done() for future in self._pending[0][1].taken)

    def _begin(self, draft: scan.Draft) -> filling.Work:
        """Make what needs no reading; hand the rest to the threads."""
        path, todo = draft.folder.path, draft.todo
        tree = opening.folder(self._tree, path)
        live = before = -1
        if scan.NEW in todo or scan.LOOK in todo or scan.GROUP in todo:
            live = self._open_live(draft.folder)
        if self._before >= 0 and (scan.SAME in todo or scan.LOOK in todo):
            before = _open_or_none(self._before, path)
        work = filling.Work(draft.folder, todo, live, tree, before, [], [])
        self._link(work, draft)
        if work.copies and live < 0:
            work = work._replace(live=self._open_live(draft.folder))
        for batch in filling.batches(work.copies):
            work.taken.append(self._pool.submit(self._take, work, batch))
        self._job.advance(0)  # where a user who asked to stop is heard
        return work

    def _open_live(self, folder: manifest.Folder) -> int:
        fd = _open_or_none(self._live, folder.path)
        if fd >= 0 and os.fstat(fd).st_ino != folder.me.inode:
            os.close(fd)
            return -1
        return fd

    def _link(self, work: filling.Work, draft: scan.Draft) -> None:
        """Link what is unchanged and list what has to be read. Runs for each file: kept tight."""
        tree, before, link, raw = work.tree, work.before, os.link, names.raw
        for item, todo in zip(work.folder.items, work.todo, strict=True):
            if todo == scan.SAME and before >= 0 and not (self._check_sizes and item.sha):
                name = raw(item.name)
                try:
                    link(name, name, src_dir_fd=before, dst_dir_fd=tree, follow_symlinks=False)
                except OSError:
                    self._other(work, draft, item, todo)
            else:
                self._other(work, draft, item, todo)

    def _other(self, work: filling.Work, draft: scan.Draft, item: manifest.Item, todo: str) -> None:
        name = names.raw(item.name)
        if todo == scan.FOLDER:
            os.mkdir(name, 0o700, dir_fd=work.tree)
        elif item.kind == manifest.SYMLINK:
            os.symlink(names.raw(item.target or ""), name, dir_fd=work.tree)
        elif todo == scan.SAME and self._linked_after_boot(work, item):
            return
        elif todo != scan.GROUP:
            old = None
            if todo == scan.LOOK and item.name in draft.moved:
                old = copying.Old(self._before, names.raw(draft.moved[item.name]))
            elif todo == scan.LOOK and work.before >= 0:
                old = copying.Old(work.before, name)
            work.copies.append((item, old))

    def _linked_after_boot(self, work: filling.Work, item: manifest.Item) -> bool:
        """Link a file that was written under another boot only if it is as long as it was.

        Nothing is synced when a snapshot is taken (it would wait for other people's data), so a
        crash of the machine may have cost the end of a file.
        """
        name = names.raw(item.name)
        if not self._check_sizes or work.before < 0:
            return False
        st = _stat_or_none(name, work.before)
        if st is None or st.st_size != item.size:
            return False
        return copying.link(copying.Old(work.before, name), work.tree, name)

    def _take(self, work: filling.Work, batch: list[filling.Copy]) -> list[copying.Taken]:
        if work.live < 0:
            return [copying.Taken(None) for _ in batch]
        # a file of a few KiB is not worth a report of its own: it costs as much as its copy
        told = filling.Told(self._job.advance)
        job = self._job._replace(advance=told.advance)
        taken = [copying.take(job, work.live, work.tree, i, old) for i, old in batch]
        told.all()
        return taken

    def _finish(self, writer: manifest.Writer) -> None:
        """Wait for the oldest folder, complete it, write its line."""
        line, work = self._pending[0]
        results = work.results()
        if results or scan.GROUP in work.todo:
            self._settle(work, results)
            line = b""
        me = work.folder.me
        os.utime(work.tree, ns=(me.mtime, me.mtime))
        os.fchmod(work.tree, (me.mode & 0o555) | 0o500)
        self._pending.popleft()
        work.close()
        self._add_up(work.folder)
        writer.line(line.rstrip(b"\n") or manifest.encode(work.folder))

    def _settle(self, work: filling.Work, results: dict[int, copying.Taken]) -> None:
        """Put what the threads found, and the further names of hard links, into the folder."""
        folder = work.folder
        items: list[manifest.Item] = []
        for item, todo in zip(folder.items, work.todo, strict=True):
            if todo == scan.GROUP:
                result = self._another_name(work, item)
            else:
                result = results.get(id(item), copying.Taken(item))
            self.outcome.bytes_added += result.added
            if result.item is not None:
                items.append(result.item)
                self._remember(folder.path, result.item)
            if result.note:
                self._note(folder, item.name, result)
        folder.items = items

    def _remember(self, folder: str, item: manifest.Item) -> None:
        if item.links > 1 and item.group is None and item.sha:
            self._first[names.join(folder, item.name)] = item

    def _note(self, folder: manifest.Folder, name: str, result: copying.Taken) -> None:
        if result.item is None:
            folder.left.append((name, result.note))  # counted with the folder
        else:
            self.outcome.leave(names.join(folder.path, name), result.note, complete=False)

    def _another_name(self, work: filling.Work, item: manifest.Item) -> copying.Taken:
        """A further name of a file that the snapshot has already, or else a copy of it."""
        same = self._first.get(item.group or "")
        name = names.raw(item.name)
        first = copying.Old(self._tree, names.raw(item.group or ""))
        if same and copying.link(first, work.tree, name):
            return copying.Taken(structs.replace(same, name=item.name, group=item.group))
        item.group = None
        if work.live < 0:
            return copying.Taken(None, 0, scan.REPLACED)
        return copying.take(self._job, work.live, work.tree, item, None)

    def _add_up(self, folder: manifest.Folder) -> None:
        outcome = self.outcome
        outcome.bytes_added += usage.BLOCK
        for item in folder.items:
            if item.kind != manifest.FOLDER:
                outcome.files += 1
                if item.group is None:
                    outcome.bytes_total += item.size
                if item.links > 1:
                    self._remember(folder.path, item)
        for name, reason in folder.left:
            if reason != scan.EXCLUDED:
                path = names.join(folder.path, name) if name else folder.path
                outcome.leave(path, reason, complete=scan.is_expected(reason))


def _open_or_none(root: int, path: str) -> int:
    try:
        return opening.folder(root, path)
    except OSError:
        return -1


def _stat_or_none(name: str, fd: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False)
    except OSError:
        return None
