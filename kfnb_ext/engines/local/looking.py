"""The live tree as a stream of folders, whose contents are read only where nothing else tells.

Rule: whoever waits is told how it goes at every folder and every piece, and may stop it there.
"""

import hashlib
import os
import time
from collections.abc import Iterator

from kfnb_ext.engines import base
from kfnb_ext.engines.local import manifest, names, opening, scan

_PIECE = 1024 * 1024


class Live:
    """A look at the live tree below the descriptor ``root``.

    ``patience``: seconds that may go into reading contents (None: as long as it takes). What is
    not read by then is judged by its time alone, and counted in ``guessed``.
    """

    def __init__(self, root: int, progress: base.Progress, patience: float | None) -> None:
        self._root, self._progress = root, progress
        self._until = None if patience is None else time.monotonic() + patience
        self.guessed = 0

    def folders(self, walk: scan.Scan) -> Iterator[manifest.Folder]:
        """All folders; what the walk did not see unchanged has no sum yet."""
        for _, draft in walk.drafts():
            self._progress.advance(0)
            if not draft.unchanged:
                for item, todo in zip(draft.folder.items, draft.todo, strict=True):
                    if todo != scan.SAME:
                        item.sha = ""
            yield draft.folder

    def fill(self, folder: str, then: manifest.Item, item: manifest.Item) -> None:
        """Complete a live file's sum and attributes; one that cannot be read differs."""
        if self._until is not None and time.monotonic() > self._until:
            self.guessed += 1
            if item.mtime == then.mtime:
                item.sha, item.xattrs = then.sha, then.xattrs
            return
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            fd = os.open(names.raw(names.join(folder, item.name)), flags, dir_fd=self._root)
        except OSError:
            return
        with os.fdopen(fd, "rb") as file:
            sha = hashlib.sha256()
            while piece := file.read(_PIECE):
                sha.update(piece)
                self._progress.advance(0)
            item.sha, item.xattrs = sha.hexdigest(), opening.xattrs(fd)
