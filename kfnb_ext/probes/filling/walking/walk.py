"""Walks one filesystem below a folder and adds up what each folder takes.

Rule: it only reads, and never follows a link. What goes while it walks is not there.
"""

import os
import time
from typing import Any

from .fork import BATCH, Ahead, Fork
from .looking import BYTES, FILES, NAME, OTHER, PARENT, STATE, Folder, Look, Looker

BEAT = 0.1  # seconds between two signs of progress
WORTH = 0.03  # seconds of work after which a fork is worth its start


class Walk:
    """One walk. ``step`` is called now and then with the counts so far; it may raise to stop.

    ``forks``: whether another process may help; only where this one has a single thread.
    ``rests``: whether it rests as long as it works, for work that nobody waits for.
    """

    def __init__(
        self, top: str, before: list[Folder] | None, step: Any, *, forks: bool = False,
        rests: bool = False,
    ) -> None:  # fmt: skip
        self.folders: list[Folder] = []
        self.files = self.bytes = self.listed = 0
        self._step, self._forks, self._rests = step, forks, rests
        self._known = 0 if before else -1
        self._looker = Looker(top, before, self._beat)
        self._began = self._last = time.monotonic()
        self._fork: Fork | None = None

    def run(self) -> list[Folder]:
        """All folders, parents before their children."""
        ahead: list[Ahead] = [(-1, "", "", self._known)]
        try:
            while ahead or (self._fork and self._fork.batch):
                if ahead:
                    one = ahead.pop()
                    self._add(ahead, one, self._looker.look(one[2], one[3]))
                if self._forks:
                    self._share(ahead)
                self._beat(0)
        finally:
            os.close(self._looker.root)
            if self._fork:
                self._fork.end()
        return self.folders

    def _add(self, ahead: list[Ahead], one: Ahead, found: Look) -> None:
        (parent, name, path, _), (folder, below, listed, other) = one, found
        if folder is None:
            if other and parent >= 0:
                self.folders[parent][STATE] |= OTHER
            return
        index = len(self.folders)
        folder[PARENT], folder[NAME] = parent, name
        self.folders.append(folder)
        self.files += folder[FILES]
        self.bytes += folder[BYTES]
        self.listed += listed
        start = f"{path}/" if path else ""
        ahead += [(index, n, start + n, k) for n, k in below]

    def _share(self, ahead: list[Ahead]) -> None:
        """Give the fork what lies nearest to the top, and take what it has found."""
        fork = self._fork
        try:
            if fork is None:
                if len(ahead) < 2 or time.monotonic() - self._began < WORTH:
                    return
                fork = self._fork = Fork(self._looker)
            found = fork.take(wait=not ahead) if fork.batch else None
            for one, look in zip(fork.batch, found or (), strict=False):
                self._add(ahead, one, look)
            if found is not None:
                fork.batch = []
            if not fork.batch and len(ahead) > 1:
                count = min(len(ahead) // 2, BATCH)
                batch = ahead[:count]
                del ahead[:count]
                fork.give(batch)
        except (OSError, EOFError, ValueError, TypeError):  # it cannot be, or was killed: alone
            self._forks = False
            if fork:
                ahead += fork.batch
                fork.batch = []

    def _beat(self, more: int) -> None:
        now = time.monotonic()
        if now - self._last > BEAT:
            self._step(self.files + more, self.bytes)
            if self._rests:
                time.sleep(now - self._last)
            self._last = time.monotonic()
