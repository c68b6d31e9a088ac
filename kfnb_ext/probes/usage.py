"""What the pod's processes do: CPU time and bytes moved since the last look, by whom.

Rule: a figure needs two looks; what was seen once is unknown, not idle. Every process belongs
to the terminal or kernel it descends from, else to the pod. Servers, and what holds the notebook
server itself, are left out.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import msgspec

from kfnb_ext.model import servers
from kfnb_ext.probes import processes
from kfnb_ext.probes.processes import Process

NOISE = 0.005  # cores; twenty processes that merely live must not add up to work

OwnerKind = Literal["kernel", "terminal", "pod"]
Identity = tuple[int, int]  # pid and start ticks: a pid alone comes again


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal or a kernel, by the process that all of its others descend from."""

    kind: OwnerKind
    source: str  # its id
    pid: int


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What one terminal, one kernel, or one process of the pod did since the last look."""

    kind: OwnerKind
    source: str
    pid: int  # of the process that did most
    command: str  # of the same, as a person is shown it
    itself: bool  # the root itself did most: a kernel's own threads
    cpu: float  # cores, of all together
    io: int | None  # bytes per second, of all together; None: not ours to see


class _Seen(msgspec.Struct, frozen=True):
    cpu: int  # ticks, its own and those of children that have ended
    io: int | None


class UsageProbe:
    """Looks at most once in ``window`` seconds, and gives the last answer in between."""

    def __init__(
        self,
        window: float = 10.0,
        ignore: Iterable[str] = (),
        proc_root: Path = processes.PROC,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window = window
        self._ignore = frozenset(ignore)
        self._proc_root = proc_root
        self._clock = clock
        self._looked: float | None = None
        self._before: dict[Identity, tuple[Process, _Seen]] = {}
        self._answer: tuple[Work, ...] = ()

    def read(self, roots: tuple[Root, ...], server: int) -> tuple[Work, ...]:
        """What was done; ``server`` is the pid of the notebook server. Empty at the first look."""
        now = self._clock()
        if self._looked is not None and now - self._looked < self._window:
            return self._answer
        table = processes.table(self._proc_root)
        owners = self._owners(table, roots, server)
        seen = {_identity(table[pid]): (table[pid], self._see(table[pid])) for pid in owners}
        if self._looked is not None:
            self._answer = self._work(owners, seen, now - self._looked)
        self._before, self._looked = seen, now
        return self._answer

    def _owners(
        self, table: dict[int, Process], roots: tuple[Root, ...], server: int
    ) -> dict[int, Root]:
        """Whose each process is; without servers and without what holds ``server``."""
        by_pid = {root.pid: root for root in roots}
        holding = set(_above(server, table)) | {server}
        owners: dict[int, Root] = {}
        for pid, process in table.items():
            if pid in holding:
                continue
            root = next((by_pid[p] for p in (pid, *_above(pid, table)) if p in by_pid), None)
            if root is None or pid != root.pid:
                if servers.serves(process.command, self._ignore):
                    continue
            owners[pid] = root or Root(kind="pod", source=str(pid), pid=pid)
        return owners

    def _see(self, process: Process) -> _Seen:
        io = processes.moved(process.pid, self._proc_root)
        return _Seen(process.cpu_ticks + process.waited_ticks, io)

    def _work(
        self,
        owners: dict[int, Root],
        seen: dict[Identity, tuple[Process, _Seen]],
        seconds: float,
    ) -> tuple[Work, ...]:
        ended = self._ended(seen)
        by_root: dict[Root, list[tuple[float, int | None, Process]]] = {
            root: [] for root in owners.values() if root.kind != "pod"
        }
        for identity, (process, now) in seen.items():
            if identity not in self._before:
                before = _Seen(0, 0)  # born since: all it did was done since
                if self._looked is None or not self._before:
                    continue
            else:
                before = self._before[identity][1]
            gone = ended.get(process.pid, _Seen(0, 0))
            ticks = max(now.cpu - before.cpu - gone.cpu, 0)
            io = None
            if now.io is not None and before.io is not None:
                io = int(max(now.io - before.io - (gone.io or 0), 0) / seconds)
            cpu = ticks / processes.TICKS_PER_SECOND / seconds
            by_root.setdefault(owners[process.pid], []).append((cpu, io, process))
        return tuple(_sum(root, did) for root, did in by_root.items() if did)

    def _ended(self, seen: dict[Identity, tuple[Process, _Seen]]) -> dict[int, _Seen]:
        """By parent, what was already counted of children that have ended since.

        The parent inherits their whole life's figures when it waits for them.
        """
        ended: dict[int, _Seen] = {}
        for identity, (process, last) in self._before.items():
            if identity not in seen:
                sum_ = ended.get(process.ppid, _Seen(0, 0))
                ended[process.ppid] = _Seen(sum_.cpu + last.cpu, (sum_.io or 0) + (last.io or 0))
        return ended


def _sum(root: Root, did: list[tuple[float, int | None, Process]]) -> Work:
    cpu, _, most = max(did, key=lambda one: (one[0], one[1] or 0))
    if cpu < NOISE:
        _, _, most = max(did, key=lambda one: one[1] or 0)
    known = [io for _, io, _ in did if io is not None]
    return Work(
        kind=root.kind,
        source=root.source,
        pid=most.pid,
        command=servers.shown(most.command) or most.name,
        itself=most.pid == root.pid,
        cpu=sum(one[0] for one in did if one[0] >= NOISE),
        io=sum(known) if known else None,
    )


def _identity(process: Process) -> Identity:
    return process.pid, process.start_ticks


def _above(pid: int, table: dict[int, Process]) -> list[int]:
    """The ancestors of ``pid``, the nearest first."""
    found: list[int] = []
    while pid in table and table[pid].ppid not in (0, pid, *found):
        pid = table[pid].ppid
        found.append(pid)
    return found
