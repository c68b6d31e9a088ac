"""The last use: it only moves forward, whatever the clock says, also over a restart.

Rule: it is kept in seconds since boot. What a cluster is told lies on the disk before it is
told, so that a server that is killed and started again never answers with an older time.
"""

import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec

from kfnb_ext import errors, state
from kfnb_ext.model import activity
from kfnb_ext.services.clock import Timeline

RECORD = "activity"
OFTEN = 10.0  # seconds between two writes of the record while the use goes on

# Seconds from the pod's start to ours, while images are pulled: later it is no first start.
FRESH = 900.0

NOTHING_KEPT = activity.ActivityPolicy()


# The kubelet makes this link when the pod starts and never again: a container that crashed and
# was started anew finds it as it was.
TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


def pod_started(token: Path = TOKEN) -> datetime | None:
    """When the pod started, by the wall clock; None: not known (no pod, or no such volume)."""
    try:
        return datetime.fromtimestamp(token.lstat().st_mtime, timezone.utc)
    except OSError:
        return None


class Kept(msgspec.Struct, frozen=True):
    """The record: the last use, in seconds since boot, and in UTC for another boot."""

    boot: str
    ticks: float
    utc: datetime
    text: str
    kind: activity.EvidenceKind | None


class ActivityKeeper:
    """Weighs the evidence and keeps the last use."""

    def __init__(
        self,
        timeline: Timeline,
        state_: state.State | None = None,
        policy: activity.ActivityPolicy = NOTHING_KEPT,
        begun: datetime | None = None,
        born: float | None = None,
    ) -> None:
        """``begun``: when the pod started, by the wall clock; None: not known.

        ``born``: when this process started, in seconds since boot; None: now.
        """
        self._timeline = timeline
        self._state = state_
        self._policy = policy
        self._lock = threading.Lock()
        self._written = self._written_at = self._told = float("-inf")
        # Whether the last use is known: not after a container was started anew, with an empty
        # disk. What is told then could stop the notebook earlier than if nothing were told.
        self.known = True
        self.verdict: activity.Activity | None = None
        now = timeline.clock.ticks()
        self._first = min(now if born is None else born, now)  # our own start
        self._ticks, self._text, self._kind = self._remembered(begun, self._first)

    def weigh(self, evidence: tuple[activity.Evidence, ...]) -> activity.Activity:
        """The verdict now."""
        with self._lock:
            now = self._timeline.now()
            before = activity.Use(
                at=self._timeline.utc(self._ticks), text=self._text, kind=self._kind
            )
            verdict = activity.weigh(evidence, self._policy, now, before)
            # A file on a volume may tell of before our start; then that need not be the last use.
            since = self._timeline.ticks(verdict.last_use) >= self._first
            self.known = self.known or verdict.in_use or since
            if not self.known:
                verdict = msgspec.structs.replace(verdict, known=False)
            ended = self.verdict is not None and self.verdict.in_use and not verdict.in_use
            self._move(verdict)
            self.verdict = verdict
            if ended or self._timeline.clock.ticks() - self._written_at >= OFTEN:
                self._write()
            return verdict

    def vouch(self, in_use: bool = False) -> datetime:
        """The last use, to tell a cluster; ``in_use``: it sees by itself that something runs.

        That moment is kept for a server that comes after this one.
        """
        with self._lock:
            if in_use:
                self._told = max(self._told, self._timeline.clock.ticks())
            self._write()
            return self._timeline.utc(self._ticks)

    @property
    def last_use(self) -> datetime:
        """The last use, as the clock calls it now."""
        return self._timeline.utc(self._ticks)

    def _move(self, verdict: activity.Activity) -> None:
        now = self._timeline.clock.ticks()
        self._ticks = max(self._ticks, min(self._timeline.ticks(verdict.last_use), now))
        if verdict.reasons:
            self._text, self._kind = verdict.reasons[0].text, verdict.reasons[0].kind

    def _remembered(
        self, begun: datetime | None, first: float
    ) -> tuple[float, str, activity.EvidenceKind | None]:
        """The last use that a server before this one knew, else the start of the pod."""
        now = self._timeline.clock.ticks()
        kept = self._read()
        started = now - _age(self._timeline, begun) if begun else None
        if kept is None and (started is None or first - started <= FRESH):
            return first, "the notebook started", None
        if kept is None:
            self.known = False
            return started or first, "the notebook was started again; before that is unknown", None
        # Seconds since boot need no wall clock; of another boot only that is left to compare.
        same = kept.boot and kept.boot == self._timeline.clock.boot()
        at = min(kept.ticks, now) if same else now - _age(self._timeline, kept.utc)
        if started is not None and started > at:
            return started, "the notebook started", None
        return at, kept.text, kept.kind

    def _read(self) -> Kept | None:
        data = self._state.read(RECORD) if self._state else None
        try:
            return msgspec.json.decode(data, type=Kept) if data else None
        except msgspec.MsgspecError:  # of another version of ours
            return None

    def _write(self) -> None:
        last = max(self._ticks, self._told)
        if self._state is None or last <= self._written or not (self.known or self._told > 0):
            return
        clock = self._timeline.clock
        # An agent beside the notebook server sees less than it: the later of the two stays.
        there = self._read()
        if there and there.boot == clock.boot() and last <= there.ticks <= clock.ticks():
            return
        utc = datetime.fromtimestamp(clock.wall() - clock.ticks() + last, timezone.utc)
        kept = Kept(clock.boot(), last, utc, self._text, self._kind)
        try:
            self._state.write(RECORD, msgspec.json.encode(kept))
        except errors.KfnbError:  # no disk: what is in memory still counts
            return
        self._written, self._written_at = last, clock.ticks()


def _age(timeline: Timeline, moment: datetime) -> float:
    """Seconds since a moment of the wall clock; one in the future is not believed: now."""
    wall = datetime.fromtimestamp(timeline.clock.wall(), timezone.utc)
    return max((wall - moment) / timedelta(seconds=1), 0.0)
