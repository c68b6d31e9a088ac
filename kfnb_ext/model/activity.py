"""Evidence of use, and the verdict over it.

Rule: a pure rule, the time is passed in. Evidence only ever speaks for use: what is unknown is
named as unknown and never counts as idleness, and evidence from the future is no evidence.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from kfnb_ext.model.reading import Reading, Record

EvidenceKind = Literal[
    "kernel_busy",  # a kernel runs, starts, or is in another state that a culler takes for busy
    "kernel",  # the last message of a kernel that matters
    "terminal",  # input or output of a terminal, with or without a tab
    "process",  # CPU time, or bytes moved, of what is not a server
    "gpu",  # work of this pod's own processes on a GPU; memory held is not work
    "save",  # a document was saved
    "application",  # code-server, RStudio
    "file",  # the drop-in file was touched
    "operation",  # a snapshot, a restore: ours
    "keep_awake",  # a person asked for it
]

# What is seen by its marks alone goes on for so long after the last: code-server beats each minute,
# and a look comes each half.
PRESENT = timedelta(seconds=90)
MARKED = frozenset({"kernel", "terminal", "save", "application", "file"})
# Two clocks of one machine are read one after the other; more than this is a clock that jumped.
FUTURE = timedelta(seconds=5)
LISTED = 12  # reasons that are told; more of them would help nobody


class Evidence(Record, frozen=True, kw_only=True):
    """A sign of use.

    ``at`` is the last moment for which it vouches (None: it cannot say); ``active`` says that
    it goes on right now, since ``since`` (None: not known). Figures of None are unknown.
    """

    kind: EvidenceKind
    source: str  # id of the kernel, terminal, operation
    at: datetime | None
    active: bool
    since: datetime | None = None
    text: str  # what a person reads
    cpu: float | None = None  # cores used
    io: int | None = None  # bytes per second, read and written
    gpu: float | None = None  # share of time in which its own processes ran on the GPU, 0..1
    quiet_since: datetime | None = None  # a busy kernel: no CPU, GPU, output, client since then


class ActivityPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What counts. The defaults and their reasons stand in ``config/table.py``."""

    off: frozenset[str] = frozenset()  # kinds of evidence that do not count
    process_cpu: float = 0.05  # cores
    process_io: int = 100 * 1024  # bytes per second
    gpu: float = 0.05  # 0..1
    quiet: timedelta | None = None  # busy without progress for so long is idle; None: never


class Reason(Record, frozen=True):
    """One reason of the verdict: "kernel demo.ipynb is busy", and since when that holds."""

    text: str
    since: datetime | None
    kind: EvidenceKind | None = None


class Use(Record, frozen=True, kw_only=True):
    """The last use known so far."""

    at: datetime
    text: str = ""
    kind: EvidenceKind | None = None


class Activity(Reading, frozen=True, kw_only=True, tag="activity"):
    """The verdict: in use or not, since when, and why."""

    in_use: bool
    since: datetime  # in use: since when; idle: when it was last used
    last_use: datetime  # never moves backward
    reasons: tuple[Reason, ...]
    unknown: tuple[str, ...] = ()  # what could not be seen, and so speaks neither for nor against
    # False: started again, and nobody knows what was before; last_use is the earliest it can be.
    known: bool = True


def weigh(
    evidence: tuple[Evidence, ...], policy: ActivityPolicy, now: datetime, before: Use
) -> Activity:
    """The verdict at ``now`` (UTC); ``before`` is the last use known so far."""
    believed = [e for e in evidence if e.kind not in policy.off and not _ahead(e, now)]
    active = sorted((e for e in believed if counts(e, policy, now)), key=lambda e: _began(e, now))
    unknown = tuple(e.text for e in believed if e.at is None)
    if active:
        return Activity(
            in_use=True,
            since=_began(active[0], now),
            # A kernel without progress is in use, but nothing is vouched for that it did not do:
            # when the administrator's patience ends, its true time is told and moves nothing back.
            last_use=max(before.at, *(_latest(e, now) for e in active)),
            reasons=tuple(
                Reason(text=e.text, since=e.since or e.at, kind=e.kind) for e in active[:LISTED]
            ),
            unknown=unknown,
        )
    last = newest(believed, policy, now, before)
    reasons = (Reason(text=last.text, since=last.at, kind=last.kind),) if last.text else ()
    return Activity(in_use=False, since=last.at, last_use=last.at, reasons=reasons, unknown=unknown)


def counts(evidence: Evidence, policy: ActivityPolicy, now: datetime) -> bool:
    """Whether this is use that goes on right now."""
    if not evidence.active:
        return present(evidence, now)
    if evidence.kind == "process":
        return moves(evidence, policy)
    if evidence.kind == "gpu":
        return evidence.gpu is not None and evidence.gpu >= policy.gpu
    return not stuck(evidence, policy, now)


def present(evidence: Evidence, now: datetime) -> bool:
    """Whether its last mark is so young that the next may follow: somebody types, say."""
    marked = evidence.kind in MARKED and evidence.at is not None
    return marked and now - evidence.at < PRESENT  # type: ignore[operator]


def moves(evidence: Evidence, policy: ActivityPolicy) -> bool:
    """Whether a process computes or moves data: not merely lives."""
    computes = evidence.cpu is not None and evidence.cpu >= policy.process_cpu
    return computes or (evidence.io is not None and evidence.io >= policy.process_io)


def stuck(evidence: Evidence, policy: ActivityPolicy, now: datetime) -> bool:
    """Whether a busy kernel has made no progress for longer than the administrator allows."""
    if evidence.kind != "kernel_busy" or policy.quiet is None or evidence.quiet_since is None:
        return False
    return now - evidence.quiet_since >= policy.quiet


def newest(believed: list[Evidence], policy: ActivityPolicy, now: datetime, before: Use) -> Use:
    """The last use, given that nothing goes on right now."""
    uses = [before]
    for one in believed:
        if one.kind in ("process", "gpu"):  # they vouch for the moment they were measured in
            continue
        # A busy kernel that is here made no progress: its true time is when that stopped.
        at = one.quiet_since if one.active else one.at
        if at is not None:
            uses.append(Use(at=min(at, now), text=one.text, kind=one.kind))
    # The first of equals: a use keeps its words while it is the last one.
    return max(uses, key=lambda use: use.at)


def _began(evidence: Evidence, now: datetime) -> datetime:
    return min(evidence.since or evidence.at or now, now)


def _latest(evidence: Evidence, now: datetime) -> datetime:
    """For how long what goes on vouches: now, its last mark, or when its progress stopped."""
    if not evidence.active:
        return min(evidence.at or now, now)
    return min(evidence.quiet_since or now, now)


def _ahead(evidence: Evidence, now: datetime) -> bool:
    return evidence.at is not None and evidence.at > now + FUTURE
