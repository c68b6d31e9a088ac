"""Links what is as it was while the walk still goes on: names alone, no bytes.

Rule: what cannot be linked here is named, nothing of it stays, and it is filled like the rest.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from kfnb_ext.engines.local import children, hand, linker, manifest, names, portions, scan

_AHEAD = 64  # portions in flight: on a slow volume the walk waits for them


class Ahead:
    """Makes the folders of a snapshot, and links the files of those that are as they were.

    It does nothing where there is no previous snapshot, or each of its files has to be looked at.
    """

    def __init__(self, begun: hand.Start, heard: Callable[[int], None]) -> None:
        """``heard`` is called now and then: where a user who asked to stop is heard."""
        _, self._tree, self._before = begun.roots
        self._idle = self._before < 0 or begun.check_sizes
        self._heard = heard
        self._children = children.Children()
        self._askers = ThreadPoolExecutor(children.COUNT, "kfnb-link")  # one waits for each
        self._paths: list[str] = []
        self._records: list[bytes] = []
        self._weight = 0
        self._pending: deque[tuple[list[str], Future[bytes]]] = deque()
        self._unlinked: set[str] = set()

    def start(self, lock: int) -> None:
        """Let children link. Each takes 9 MiB of memory, and 20 ms of CPU to start."""
        if self._idle:
            return
        code = f"import linker\nlinker.main({self._tree}, {self._before})"
        path = [str(Path(linker.__file__).parent)]
        self._children.start(code, path, (self._tree, self._before, lock))

    def folder(self, draft: scan.Draft) -> None:
        """Make its folders and, where it is as it was, link its files."""
        if self._idle:
            return
        folders(self._tree, draft)
        if draft.unchanged:
            folder = draft.folder
            named = [i.name for i in folder.items if i.kind != manifest.FOLDER]
            me, path, joined = folder.me, _bytes(folder.path), _bytes("/".join(named))
            self._paths.append(folder.path)
            self._records.append(linker.record(path, me.mode, me.mtime, joined))
            self._weight += len(named) + portions.FOLDER
            if self._weight > portions.LINKS:
                self._flush()

    def unlinked(self) -> frozenset[str] | None:
        """The folders that are as they were, and could not be linked. None: nothing was done.

        Raises: EngineFailed.
        """
        if self._idle:
            return None
        self._flush()
        while self._pending:
            self._finish()
        return frozenset(self._unlinked)

    def close(self) -> None:
        """Ends the children, and the threads that wait for them."""
        self._children.close()
        self._askers.shutdown(wait=True, cancel_futures=True)

    def _flush(self) -> None:
        if not self._paths:
            return
        paths, batch = self._paths, b"\0".join(self._records)
        self._paths, self._records, self._weight = [], [], 0
        if not self._children:
            self._note(paths, linker.link(self._tree, self._before, batch))
            return
        asked = self._askers.submit(self._asked, len(paths), batch)
        self._pending.append((paths, asked))
        while len(self._pending) > _AHEAD:
            self._finish()

    def _asked(self, count: int, batch: bytes) -> bytes:
        with self._children.one() as child:
            child.ask(b"%d\n" % len(batch), batch)
            return child.read(count)

    def _finish(self) -> None:
        self._heard(0)
        paths, future = self._pending.popleft()
        self._note(paths, future.result())

    def _note(self, paths: list[str], linked: bytes) -> None:
        self._unlinked.update(path for path, done in zip(paths, linked, strict=True) if not done)


def folders(tree: int, draft: scan.Draft) -> None:
    """Make the folders in a folder of a snapshot; ``tree`` is its root."""
    if scan.FOLDER in draft.todo:
        for item in draft.folder.items:
            if item.kind == manifest.FOLDER:
                path = names.join(draft.folder.path, item.name)
                os.mkdir(names.raw(path), 0o700, dir_fd=tree)


def _bytes(path: str) -> bytes:
    return os.fsencode(names.raw(path))
