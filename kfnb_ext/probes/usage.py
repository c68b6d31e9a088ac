"""What the pod's processes do: CPU time and bytes moved since the last look, by whom.

Rule: a figure needs two looks; what was seen once is unknown, not idle. Every process belongs
to the terminal or kernel it descends from, else to the pod. Servers, and what holds the notebook
server itself, are left out.
"""

import itertools
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import msgspec

from kfnb_ext.model import servers
from kfnb_ext.probes import processes
from kfnb_ext.probes.processes import Process

# Numbers of poll (x86-64; its last argument is the time) and of ppoll (arm64; a pointer to it).
POLLS = {7: 10, 73: None}
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
    looks_on: str = ""  # all that a terminal runs: a program that only shows the work of others
    asks: bool = False  # a kernel, busy or not, stands where ipykernel's input() stands


class _Seen(msgspec.Struct, frozen=True):
    process: Process
    io: int | None  # bytes since it was born, with those of children that have ended

    @property
    def ticks(self) -> int:
        return self.process.cpu_ticks + self.process.waited_ticks


class _Did(msgspec.Struct, frozen=True):
    cpu: float
    io: int | None
    process: Process


class UsageProbe:
    """Looks at most once in ``window`` seconds, and gives the last answer in between.

    ``whole``: all processes seen are of the notebook's pod. On a machine that is no pod, only
    what descends from the notebook server tells of its use.
    """

    def __init__(
        self,
        window: float = 10.0,
        ignore: Iterable[str] = (),
        whole: bool = True,
        proc_root: Path = processes.PROC,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window = window
        self._ignore = frozenset(ignore)
        self._whole = whole
        self._proc_root = proc_root
        self._watch = processes.Watch(proc_root)
        self._clock = clock
        self._looked: float | None = None
        self._before: dict[Identity, _Seen] = {}
        self._answer: tuple[Work, ...] = ()
        self._asked: set[Root] = set()  # kernels that stood in input() at the last look

    def read(self, roots: tuple[Root, ...], server: int) -> tuple[Work, ...]:
        """What was done; ``server`` is the pid of the notebook server. Empty at the first look."""
        now = self._clock()
        if self._looked is not None and now - self._looked < self._window:
            return self._answer
        table = self._watch.table()
        owners = self._owners(table, roots, server)
        seen = {_identity(p): _Seen(p, self._io(p, owners)) for p in table.values()}
        if self._looked is not None:
            work = self._work(owners, seen, now - self._looked)
            work = tuple(_with_onlooker(one, roots, table) for one in work)
            self._answer = self._with_questions(work, roots)
        self._before, self._looked = seen, now
        return self._answer

    def _owners(
        self, table: dict[int, Process], roots: tuple[Root, ...], server: int
    ) -> dict[int, Root]:
        """Whose each process is; without servers and without what holds ``server``."""
        by_pid = {root.pid: root for root in roots}
        out = {pid for pid, p in table.items() if servers.serves(p.command, self._ignore)}
        out |= {server, *_above(server, table)}
        owners: dict[int, Root] = {}
        for pid in table:
            line = (pid, *_above(pid, table))
            root = next((by_pid[p] for p in line if p in by_pid), None)
            if root is None and pid not in out and (self._whole or server in line):
                top = [*itertools.takewhile(lambda p: p not in out, line)][-1]
                root = Root(kind="pod", source=str(top), pid=top)
            if root and (pid not in out or pid == root.pid):
                owners[pid] = root
        return owners

    def _with_questions(self, work: tuple[Work, ...], roots: tuple[Root, ...]) -> tuple[Work, ...]:
        """Mark the kernels that stood in input() now and at the look before."""
        kernels = (root for root in roots if root.kind == "kernel")
        asks = {root for root in kernels if _in_input(root.pid, self._proc_root)}
        both, self._asked = {root.source for root in asks & self._asked}, asks
        return tuple(
            msgspec.structs.replace(one, asks=True)
            if one.kind == "kernel" and one.source in both
            else one
            for one in work
        )

    def _io(self, process: Process, owners: dict[int, Root]) -> int | None:
        return processes.moved(process.pid, self._proc_root) if process.pid in owners else None

    def _work(
        self, owners: dict[int, Root], seen: dict[Identity, _Seen], seconds: float
    ) -> tuple[Work, ...]:
        ended = self._ended(seen)
        by_root: dict[Root, list[_Did]] = {}
        for identity, now in seen.items():
            pid = identity[0]
            if pid not in owners:
                continue
            # Born since the last look: all that it did was done since.
            before = self._before.get(identity)
            gone_cpu, gone_io = ended.get(pid, (0, 0))
            ticks = now.ticks - (before.ticks if before else 0) - gone_cpu
            io = None
            if now.io is not None and (before is None or before.io is not None):
                moved = now.io - ((before.io or 0) if before else 0) - gone_io
                io = int(max(moved, 0) / seconds)
            cpu = max(ticks, 0) / processes.TICKS_PER_SECOND / seconds
            by_root.setdefault(owners[pid], []).append(_Did(cpu, io, now.process))
        return tuple(_sum(root, did) for root, did in by_root.items())

    def _ended(self, seen: dict[Identity, _Seen]) -> dict[int, tuple[int, int]]:
        """By the ancestor that lives, what was counted already of children that have ended.

        Whoever waits for a child inherits the figures of its whole life at that moment.
        """
        before = {identity[0]: one.process for identity, one in self._before.items()}
        living = {identity[0] for identity in seen}
        ended: dict[int, tuple[int, int]] = {}
        for identity, last in self._before.items():
            if identity in seen:
                continue
            heir = next((p for p in _above(identity[0], before) if p in living), None)
            if heir is not None:
                cpu, io = ended.get(heir, (0, 0))
                ended[heir] = (cpu + last.ticks, io + (last.io or 0))
        return ended


def _sum(root: Root, did: list[_Did]) -> Work:
    most = max(did, key=lambda one: (one.cpu if one.cpu >= NOISE else 0.0, one.io or 0))
    known = [one.io for one in did if one.io is not None]
    return Work(
        kind=root.kind,
        source=root.source,
        pid=most.process.pid,
        command=servers.shown(most.process.command) or most.process.name,
        itself=most.process.pid == root.pid,
        cpu=sum(one.cpu for one in did if one.cpu >= NOISE),
        io=sum(known) if known else None,
    )


def _with_onlooker(work: Work, roots: tuple[Root, ...], table: dict[int, Process]) -> Work:
    """Mark a terminal in which nothing runs but onlookers, and what these run."""
    root = next((r for r in roots if (r.kind, r.source) == (work.kind, work.source)), None)
    if root is None or work.kind != "terminal":
        return work
    below = {one.pid: one for one in processes.children(root.pid, table.values())}
    leaves = below.keys() - {one.ppid for one in below.values()}
    lookers = []
    for leaf in leaves:
        line = (below[pid] for pid in (leaf, *_above(leaf, table)) if pid in below)
        lookers.append(next((one for one in line if servers.looks_on(one.command)), None))
    if not lookers or None in lookers:
        return work
    shown = servers.shown(lookers[0].command) if lookers[0] else ""
    return msgspec.structs.replace(work, looks_on=shown)


def _in_input(pid: int, proc_root: Path) -> bool:
    """ipykernel's input() polls one socket for 10 ms, again and again, and so does little else."""
    found = processes.call(pid, proc_root)
    if not found or found[0] not in POLLS or len(found) < 4:
        return False
    _, _, sockets, timeout = found[:4]
    return sockets == 1 and (POLLS[found[0]] is None or timeout == POLLS[found[0]])


def _identity(process: Process) -> Identity:
    return process.pid, process.start_ticks


def _above(pid: int, table: dict[int, Process]) -> list[int]:
    """The ancestors of ``pid``, the nearest first."""
    found: list[int] = []
    while pid in table and table[pid].ppid not in (0, pid, *found):
        pid = table[pid].ppid
        found.append(pid)
    return found
