"""Deletes snapshots, and estimates what that frees.

Rule: one rename and it is gone from the list; what follows may be interrupted and goes on later.
"""

import os
from collections.abc import Iterable

from kfnb_ext.engines import base
from kfnb_ext.engines.local import failing, records, removing, usage
from kfnb_ext.engines.local import layout as places


def delete(home: places.Layout, snapshot: str, progress: base.Progress) -> None:
    """Delete it; the caller holds the lock. Raises: NotFound, Cancelled (before the rename)."""
    folder = records.found(home, snapshot).folder
    progress.phase("Deleting the snapshot")
    record = records.Kept(folder).snapshot
    progress.expect((record.files or 0) if record else 0)
    progress.advance(0)
    with failing.told("deleting the snapshot"):
        used = usage.current(home)
        usage.unsettle(home)
        os.chmod(folder, 0o700)
        os.rename(folder, home.trash / snapshot)
        with failing.told("removing the files", "The snapshot is gone; the rest goes next time."):
            freed = removing.tree(home.trash / snapshot)
        usage.settle(home, used - freed)


def freed(home: places.Layout, delete: Iterable[str], progress: base.Progress) -> int:
    """Bytes that only these snapshots hold: files all of whose names lie in them."""
    total, names_left = 0, dict[int, int]()
    for snapshot in delete:
        for where, folders, files in os.walk(home.snapshots / snapshot):
            progress.advance(0)
            total += usage.BLOCK * len(folders)
            for name in files:
                try:
                    st = os.lstat(os.path.join(where, name))
                except OSError:
                    continue
                left = names_left.get(st.st_ino, st.st_nlink) - 1
                if st.st_nlink > 1:
                    names_left[st.st_ino] = left
                if left == 0:
                    total += st.st_blocks * 512
    return total
