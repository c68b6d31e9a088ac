"""All evidence of use, gathered: what Jupyter saw, what processes do, files, GPUs, operations.

Rule: every time of others is turned into seconds since boot where it is first seen (`Stamps`).
What could not be read is said as evidence that vouches for nothing; it is never left out.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from kfnb_ext.model import activity
from kfnb_ext.model.activity import ActivityPolicy, Evidence, EvidenceKind
from kfnb_ext.model.gpu import Gpus
from kfnb_ext.model.operations import Operation
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.probes.usage import OwnerKind, Root, Work
from kfnb_ext.services import progress, words
from kfnb_ext.services.bounded import Bounded
from kfnb_ext.services.clock import Spans, Stamps, Timeline

DEADLINE = 3.0  # seconds for processes, and for files that may lie on a dead volume

Works = tuple[Work, ...] | Unavailable  # what processes did, or why that is not known


class Kernel(msgspec.Struct, frozen=True, kw_only=True):
    """A kernel as Jupyter sees it."""

    id: str
    name: str  # what a person calls it: its notebook
    state: str  # idle, busy, starting, ...
    stamp: datetime  # its last message that matters
    pid: int | None = None  # None: not on this machine
    clients: int | None = None  # tabs and consoles; None: not known
    waits_for_input: bool = False


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal as Jupyter sees it."""

    name: str
    stamp: datetime  # its last input or output, with or without a tab
    pid: int | None = None


class Witnessed(msgspec.Struct, frozen=True, kw_only=True):
    """What the notebook server saw, read on its event loop."""

    server: int  # its pid
    kernels: tuple[Kernel, ...] = ()
    terminals: tuple[Terminal, ...] = ()
    saved: tuple[str, float, str] | None = None  # the last save: path, seconds since boot, words


class Beat(msgspec.Struct, frozen=True):
    """A file, or a session of an application, that says when it was last used."""

    source: str
    kind: Literal["application", "file"]
    text: str
    stamp: datetime | None  # None: it goes on right now


class Senses(msgspec.Struct, frozen=True):
    """What is looked at besides the notebook server."""

    work: Callable[[tuple[Root, ...], int], tuple[Work, ...]]
    beats: Callable[[], tuple[Beat, ...]]
    operations: Callable[[], tuple[Operation, ...]]
    awake: Callable[[], Evidence | None]


class Gatherer:
    """Gathers the evidence; remembers since when each of it goes on."""

    def __init__(self, timeline: Timeline, senses: Senses, policy: ActivityPolicy) -> None:
        self._timeline = timeline
        self._senses = senses
        self._policy = policy
        self._stamps = Stamps(timeline.clock)
        self._spans = Spans()
        self._progress = progress.Progress(policy)
        self._looked = 0.0  # seconds since boot
        self._watched: dict[str, float | None] = {}  # terminals that an onlooker keeps moving
        self._met: set[str] = set()  # sources that were there at this look
        self._roots: tuple[tuple[Root, ...], int] = ((), 0)
        self._work = Bounded("processes", lambda: self._senses.work(*self._roots), DEADLINE)
        self._beats = Bounded("files of applications", senses.beats, DEADLINE)

    def gather(self, seen: Witnessed, gpus: Gpus | Unavailable) -> tuple[Evidence, ...]:
        """All evidence, as of now."""
        self._roots = (_roots(seen), seen.server)
        self._work.ask()
        self._beats.ask()
        work, beats = self._work.answer(), self._beats.answer()
        gpu = progress.gpu_work(gpus, self._policy)
        found = [
            *self._kernels(seen, work, gpu),
            *self._terminals(seen, work),
            *self._processes(seen, work),
            *self._files(beats),
            *([self._past("save", *seen.saved)] if seen.saved else []),
            *progress.gpu_evidence(gpu, self._timeline.now()),
            *self._operations(),
            *filter(None, [self._senses.awake()]),
        ]
        self._looked = self._timeline.clock.ticks()
        self._stamps.forget(self._met)
        self._met = set()
        return self._since(found)

    def nearly_stuck(self) -> list[str]:
        """Warnings that a kernel without progress will count as idle; each is given once."""
        return self._progress.sentences()

    def _kernels(self, seen: Witnessed, work: Works, gpu: progress.GpuWork) -> list[Evidence]:
        now = self._timeline.clock.ticks()
        found = []
        for one in seen.kernels:
            kernel = one
            last = self._stamp("kernel", kernel.id, kernel.stamp, self._looked)
            busy = kernel.state != "idle"
            did = _of(work, kernel.id)
            if busy and did and did.asks:
                kernel = msgspec.structs.replace(kernel, waits_for_input=True)
            quiet = self._progress.quiet_since(kernel, last, now, did, gpu)
            text = words.kernel(kernel)
            if not busy:
                found.append(self._past("kernel", kernel.id, last, text))
                continue
            found.append(
                Evidence(
                    kind="kernel_busy",
                    source=kernel.id,
                    at=self._timeline.now(),
                    active=True,
                    # First seen busy: its last message is the nearest to the start of the cell.
                    since=self._utc(last),
                    text=text,
                    quiet_since=self._utc(quiet),
                )
            )
        self._progress.forget({kernel.id for kernel in seen.kernels})
        return found

    def _terminals(self, seen: Witnessed, work: Works) -> list[Evidence]:
        found, watched = [], {}
        for one in seen.terminals:
            last = self._stamp("terminal", one.name, one.stamp, self._looked)
            text = f"terminal {one.name} was used"
            if (did := _of(work, one.name, "terminal")) and did.looks_on:
                # What `top` prints is no use, and it prints for ever: the start of it was the last.
                last = watched[one.name] = self._watched.get(one.name, last)
                text += f", and shows `{did.looks_on}` since"
            found.append(self._past("terminal", one.name, last, text))
        self._watched = watched
        return found

    def _processes(self, seen: Witnessed, work: Works) -> list[Evidence]:
        if isinstance(work, Unavailable):
            return [_unknown("process", "processes", work.reason)]
        kernels = {kernel.id: kernel for kernel in seen.kernels}
        now = self._timeline.now()
        return [
            Evidence(
                kind="process",
                source=f"{one.kind}:{one.source}",
                at=now,
                active=True,
                since=now,
                text=words.work(one, kernels.get(one.source), self._policy),
                cpu=one.cpu,
                io=one.io,
            )
            for one in work
        ]

    def _files(self, beats: tuple[Beat, ...] | Unavailable) -> list[Evidence]:
        if isinstance(beats, Unavailable):
            return [_unknown("application", "files", beats.reason)]
        found = []
        for beat in beats:
            if beat.stamp is not None:
                last = self._stamp(beat.kind, beat.source, beat.stamp)
                found.append(self._past(beat.kind, beat.source, last, beat.text))
            else:
                found.append(self._present(beat.kind, beat.source, beat.text))
        return found

    def _operations(self) -> list[Evidence]:
        found = []
        for one in self._senses.operations():
            if one.state == "running":
                began = self._utc(self._stamp("operation", one.id, one.started))
                found.append(self._present("operation", one.id, one.title, began))
        return found

    def _past(self, kind: EvidenceKind, source: str, ticks: float | None, text: str) -> Evidence:
        if ticks is None:
            text = f"{text}, by a clock that was ahead: not counted"
        return Evidence(kind=kind, source=source, at=self._utc(ticks), active=False, text=text)

    def _present(
        self, kind: EvidenceKind, source: str, text: str, since: datetime | None = None
    ) -> Evidence:
        now = self._timeline.now()
        return Evidence(
            kind=kind, source=source, at=now, active=True, since=since or now, text=text
        )

    def _since(self, found: list[Evidence]) -> tuple[Evidence, ...]:
        """Each that goes on keeps the start it was first seen with."""
        now = self._timeline.now()
        going = {
            f"{one.kind}:{one.source}": self._timeline.ticks(one.since or one.at or now)
            for one in found
            if activity.present(one, now)
            or (one.active and (one.kind != "process" or activity.moves(one, self._policy)))
        }
        since = self._spans.update(going)
        keys = (f"{one.kind}:{one.source}" for one in found)
        return tuple(
            msgspec.structs.replace(one, since=self._utc(since[key])) if key in since else one
            for key, one in zip(keys, found, strict=True)
        )

    def _stamp(self, kind: str, source: str, stamp: datetime, born: float = 0.0) -> float | None:
        self._met.add(key := f"{kind}:{source}")
        return self._stamps.ticks(key, stamp, born)

    def _utc(self, ticks: float | None) -> datetime | None:
        return None if ticks is None else self._timeline.utc(ticks)


def _roots(seen: Witnessed) -> tuple[Root, ...]:
    kernels = (Root(kind="kernel", source=k.id, pid=k.pid) for k in seen.kernels if k.pid)
    terminals = (Root(kind="terminal", source=t.name, pid=t.pid) for t in seen.terminals if t.pid)
    return (*kernels, *terminals)


def _of(work: Works, source: str, kind: OwnerKind = "kernel") -> Work | None:
    if isinstance(work, Unavailable):
        return None
    return next((one for one in work if (one.kind, one.source) == (kind, source)), None)


def _unknown(kind: EvidenceKind, source: str, why: str) -> Evidence:
    return Evidence(kind=kind, source=source, at=None, active=False, text=why)
