"""What a swap moved aside, against the safety snapshot.

Rule: what the safety snapshot does not have as it is was written meanwhile, and is kept.
"""

import os
from collections.abc import Iterator

from kfnb_ext.engines.local import changes, manifest, names, opening, swapping


class Aside:
    """What was moved aside, against the safety snapshot; what that lacks was written since."""

    def __init__(self, journal: swapping.Journal, old: int, safety: manifest.Manifest) -> None:
        self._journal, self._old = journal, old
        self._safety = manifest.Cursor(safety.lines())
        # a file under several names: setting the figures of one has set those of the other
        self._set = {
            s.was.inode: s.item.mtime
            for s in journal.steps
            if s.what == changes.META and s.was and s.item
        }

    def unexpected(self) -> Iterator[str]:
        """Names of what has to be kept."""
        for number, step in enumerate(self._journal.steps):
            st, was = swapping.stat_or_none(self._old, str(number)), step.was
            if st is None:
                continue
            if was is None or was.kind != manifest.kind_of(st.st_mode):
                yield str(number)
            elif was.kind == manifest.FOLDER:
                if not self._same_folder(str(number), step.path):
                    yield str(number)
            elif not self._same_file(st, was):
                yield str(number)

    def _same_file(self, st: os.stat_result, was: changes.Was | manifest.Item) -> bool:
        if (st.st_ino, st.st_size) != (was.inode, was.size):
            return False
        return st.st_mtime_ns in (was.mtime, self._set.get(was.inode))

    def _same_folder(self, place: str, path: str) -> bool:
        """Whether a folder that was moved aside holds what the safety snapshot holds of it."""
        found = self._safety.at(path)
        if found is None:
            return False
        items = found[1].items
        fd = opening.folder(self._old, place)
        try:
            if {names.text(name) for name in os.listdir(fd)} != {i.name for i in items}:
                return False
            for item in items:
                st = os.stat(names.raw(item.name), dir_fd=fd, follow_symlinks=False)
                if item.kind != manifest.FOLDER and not self._same_file(st, item):
                    return False
        finally:
            os.close(fd)
        below = [i.name for i in items if i.kind == manifest.FOLDER]
        return all(self._same_folder(f"{place}/{n}", names.join(path, n)) for n in below)
