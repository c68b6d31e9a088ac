"""Evidence of use, and the verdict over it. A pure rule: the time is passed in."""

from datetime import datetime
from typing import Literal

from kfnb_ext.model.reading import Reading, Record

EvidenceKind = Literal["kernel", "terminal", "operation"]


class Evidence(Record, frozen=True, kw_only=True):
    """A sign of use.

    ``at`` is the last moment for which it vouches; ``active`` says that it goes on right now,
    since ``since`` (None: not known). ``text`` is what a person reads.
    """

    kind: EvidenceKind
    source: str  # id of the kernel, terminal, operation
    at: datetime
    active: bool
    since: datetime | None = None
    text: str


class Reason(Record, frozen=True):
    """One reason of the verdict: "kernel demo.ipynb is busy", and since when that holds."""

    text: str
    since: datetime | None


class Activity(Reading, frozen=True, kw_only=True, tag="activity"):
    """The verdict: in use or not, since when, and why."""

    in_use: bool
    since: datetime  # in use: since when; idle: when it was last used
    last_use: datetime  # never moves backward
    reasons: tuple[Reason, ...]


def weigh(evidence: tuple[Evidence, ...], last_use: datetime, now: datetime) -> Activity:
    """Weigh the evidence at ``now``; ``last_use`` is the last use known so far (UTC).

    Evidence from the future (a clock that jumped) counts as ``now``, never later.
    """
    active = sorted((e for e in evidence if e.active), key=lambda e: e.since or now)
    if active:
        since = min(active[0].since or now, now)
        return Activity(
            in_use=True,
            since=since,
            last_use=max(last_use, now),
            reasons=tuple(Reason(text=e.text, since=e.since) for e in active),
        )
    newest = max((e for e in evidence if e.at <= now), key=lambda e: e.at, default=None)
    last = max(last_use, newest.at) if newest else last_use
    known = newest and newest.at >= last
    reasons = (Reason(text=newest.text, since=newest.at),) if newest and known else ()
    return Activity(in_use=False, since=last, last_use=last, reasons=reasons)
