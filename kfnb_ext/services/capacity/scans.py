"""Scans of the workspace: on demand as an operation, or unseen at the lowest priority.

Rule: the last scan is kept, also for other processes of this user, so that the next one lists
only what has changed; once a day everything is listed anew, since a file that grew where it lies
leaves no mark on its folder.
"""

import hashlib
import marshal
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from kfnb_ext import errors, state
from kfnb_ext.model import filling
from kfnb_ext.probes.filling.walking import looking
from kfnb_ext.services.capacity.tree import Tree
from kfnb_ext.services.operations import Operations, Result, Running

FULL_EVERY = 86400.0  # seconds between two scans that list everything
UNSEEN_EVERY = timedelta(hours=1)  # between two scans that nobody asked for
VERSION = 1
MOST_KEPT = 64 << 20  # bytes of a scan that is left for other processes


class Scans:
    """The scans of one folder."""

    def __init__(self, top: str, operations: Operations, state_: state.State) -> None:
        self.top = top
        self._operations = operations
        self._state = state_
        self._record = f"filling/{hashlib.sha256(os.fsencode(top)).hexdigest()[:16]}"
        self._lock = threading.Lock()
        self._tree: Tree | None = None
        self._full = 0.0  # when everything was listed, seconds since 1970
        self._unseen: threading.Thread | None = None

    def start(self, request: filling.ScanRequest, user: str = "") -> Running:
        """Scan as an operation."""
        title = f"scan of {self.top}"
        return self._operations.start(
            "scan", "", title, lambda running: self._work(running, request.full), user=user
        )

    def show(self, path: str = "") -> filling.Filling:
        """One folder of the last scan. Raises: NotFound when it was not in it."""
        tree = self._last()
        if tree is None:
            return filling.Filling(top=self.top, path="", bytes=0, files=0, items=())
        found = tree.show(path)
        if found is None:
            raise errors.NotFound(
                f"The last scan has no folder {path[:200]!r}.", "Scan again: it may be new."
            )
        return found

    def unseen(self, done: Callable[[], Any] = lambda: None) -> None:
        """Scan without an operation, unless that was done lately or goes on."""
        tree = self._last()
        young = tree and datetime.now(timezone.utc) - tree.taken < UNSEEN_EVERY
        if young or (self._unseen and self._unseen.is_alive()):
            return

        def work() -> None:
            try:
                self.scan(lambda files, size: None, idle=True)
                done()
            except (errors.KfnbError, OSError):  # nobody has asked: nobody is told
                return

        self._unseen = threading.Thread(target=work, name="kfnb-filling", daemon=True)
        self._unseen.start()

    def scan(
        self, step: Callable[[int, int], None], *, full: bool = False, idle: bool = False
    ) -> Tree:
        """Scan now, in this thread. One at a time; who waits gets a scan of its own."""
        from kfnb_ext.probes import filling as probe

        with self._lock:
            tree = self._last()
            began, now = time.monotonic(), time.time()
            anew = full or tree is None or now - self._full > FULL_EVERY
            before = None if anew or tree is None else list(tree.folders)
            folders, listed = probe.scan(self.top, before, step, idle=idle, near=_near(self.top))
            if not folders:
                raise errors.EngineFailed(f"The folder {self.top} cannot be read.")
            if folders[0][looking.STATE] & looking.UNREADABLE:
                raise errors.Forbidden(
                    f"The folder {self.top} may not be read.", "Name a folder of yours."
                )
            taken = datetime.fromtimestamp(now, timezone.utc)
            self._full = now if anew else self._full
            self._tree = Tree(self.top, folders, taken, time.monotonic() - began, listed)
            self._keep(self._tree)
            return self._tree

    def _work(self, running: Running, full: bool) -> Result:
        last = self._last()
        if last:
            running.expect(last.files[0])
        running.phase("Looking at folders")
        seen = 0

        def step(files: int, size: int) -> None:
            nonlocal seen
            try:
                running.advance(max(files - seen, 0))
            except errors.Cancelled:
                raise errors.Cancelled("The scan was stopped. The last one is kept.") from None
            seen = max(files, seen)

        tree = self.scan(step, full=full)
        return Result(message=f"{tree.files[0]:,} files in {tree.seconds:.1f} s.")

    def _last(self) -> Tree | None:
        if self._tree is None:
            self._tree = self._kept()
        return self._tree

    def _keep(self, tree: Tree) -> None:
        kept = (VERSION, list(tree.folders), tree.taken.timestamp(), tree.seconds, tree.listed)
        data = marshal.dumps((*kept, self._full))
        if len(data) <= MOST_KEPT:
            try:
                self._state.write(self._record, data)
            except errors.KfnbError:  # a full temporary folder: this process still knows it
                return

    def _kept(self) -> Tree | None:
        data = self._state.read(self._record)
        try:
            # Our own folder alone is read from (see state.py), so what is in it is ours.
            version, folders, taken, seconds, listed, full = marshal.loads(data or b"")
        except (EOFError, ValueError, TypeError):
            return None
        if version != VERSION:
            return None
        self._full = full
        return Tree(self.top, folders, datetime.fromtimestamp(taken, timezone.utc), seconds, listed)


def _near(top: str) -> bool:
    """It lies on a disk of this machine: no server far away can leave us hanging."""
    from kfnb_ext.probes import mounts
    from kfnb_ext.probes.volumes import kinds

    try:
        mount = mounts.covering(top, mounts.table())
    except errors.Unsupported:
        return False
    return mount is not None and (
        mount.filesystem in kinds.DISKS | kinds.LAYERS or mount.filesystem == "tmpfs"
    )
