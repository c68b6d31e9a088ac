"""Who holds how much of /dev/shm, by notebook, and which files nobody holds.

Rule: what is offered for removal is ours, has a name that a known library gives, is mapped by
nobody that we see, and is not being made right now. Whoever removes it asks all of this again.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from kfnb_ext.model import servers
from kfnb_ext.model.shm import Holder, Leftover, Task, maker
from kfnb_ext.probes import processes
from kfnb_ext.probes.families import Families, Family, Started
from kfnb_ext.probes.processes import Process
from kfnb_ext.probes.shm import segments
from kfnb_ext.probes.shm.segments import Segment

YOUNG = 60.0  # seconds: between making a file and mapping it a program may be slow
MOST = 64  # processes that one holder names
_BLOCK = 512


def look(
    table: Mapping[int, Process],
    path: Path,
    proc_root: Path,
    top: str,
    started: Started,
    *,
    is_empty: bool = False,
) -> tuple[tuple[Holder, ...], tuple[Leftover, ...], bool]:
    """Holders, leftovers, and whether all processes could be seen; ``top`` and ``started``
    as in Families. ``is_empty``: there is no file in it, so nothing can be mapped either.
    """
    families = Families(table, proc_root, top, started)
    found, whole = ({}, True) if is_empty else segments.find(table, path, proc_root)
    return _holders(table, families, found, proc_root), leftovers(path, found, proc_root), whole


def _holders(
    table: Mapping[int, Process],
    families: Families,
    found: Mapping[int, Segment],
    proc_root: Path,
) -> tuple[Holder, ...]:
    holding: dict[Family, dict[int, Segment]] = {}
    by_pid: dict[Family, set[int]] = {}
    for one in found.values():
        for pid in one.ranges:
            family = families.of(pid)
            holding.setdefault(family, {})[one.inode] = one
            by_pid.setdefault(family, set()).add(pid)
    for pid in table:
        # Only what is ours can be ended; and an orphan holds memory also without a mapping.
        if families.of(pid).kind == "orphan" and processes.uid(pid, proc_root) == os.getuid():
            holding.setdefault(families.of(pid), {})
            by_pid.setdefault(families.of(pid), set()).add(pid)
    holders = [_holder(f, held, by_pid[f], table) for f, held in holding.items()]
    return tuple(sorted(holders, key=lambda h: (-(h.bytes or 0), h.name)))


def _holder(
    family: Family, held: Mapping[int, Segment], pids: set[int], table: Mapping[int, Process]
) -> Holder:
    known = [(one.size, one.deleted) for one in held.values() if one.size is not None]
    unknown = len(known) < len(held)
    return Holder(
        kind=family.kind,
        source=family.source,
        name=family.name,
        bytes=None if unknown else sum(size for size, _ in known),
        hidden=None if unknown else sum(size for size, deleted in known if deleted),
        memory=sum(table[pid].rss for pid in pids),
        tasks=tuple(_task(table[pid]) for pid in sorted(pids)[:MOST]),
    )


def _task(process: Process) -> Task:
    command = servers.shown(process.command) or process.name
    return Task(pid=process.pid, started_ticks=process.start_ticks, command=command)


def leftovers(path: Path, found: Mapping[int, Segment], proc_root: Path) -> tuple[Leftover, ...]:
    """The files of the top folder that nobody in ``found`` has mapped, the largest first."""
    now = time.time()
    left = []
    with os.scandir(path) as entries:
        for entry in entries:
            try:
                stat = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.st_ino in found or not entry.is_file(follow_symlinks=False):
                continue
            age = max(now - stat.st_mtime, 0.0)
            left.append(
                Leftover(
                    name=os.fsencode(entry.name).decode(errors="replace"),
                    bytes=stat.st_blocks * _BLOCK,
                    age=int(age),
                    maker=maker(entry.name),
                    refused=_refused(entry.name, stat.st_uid, age),
                )
            )
    return tuple(sorted(left, key=lambda one: -one.bytes))


def _refused(name: str, uid: int, age: float) -> str:
    if uid != os.getuid():
        return "It belongs to another user."
    if not maker(name):
        return "Nothing known makes files of this name: look what it is."
    return "It was written within the last minute." if age < YOUNG else ""


def is_open(inode: int, device: int, proc_root: Path = processes.PROC) -> bool:
    """Whether any process that we see has the file open: asked before a removal."""
    for pid in processes.table(proc_root):
        folder = f"{proc_root}/{pid}/fd"
        try:
            for name in os.listdir(folder):
                stat = os.stat(f"{folder}/{name}")
                if (stat.st_ino, stat.st_dev) == (inode, device):
                    return True
        except OSError:  # not ours to see, or gone
            continue
    return False
