"""The heartbeat: the last use, written to the Notebook where the culler reads it.

Rule: never while idle (a write between the culler's two would undo its stop), never older than
what stands there nor ahead of the cluster's clock, never after the end, and never what nobody
reads. What the cluster answers is all that is looked at: no polling. One request at a time; a
failure ends in a sentence and in a longer pause.
"""

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from kfnb_ext import errors
from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.kube.client.wire import Answer
from kfnb_ext.model.activity import Activity
from kfnb_ext.services import marks
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.culling import CullingService

SHORTEST, LONGEST = 60.0, 900.0  # seconds between two writes
SPREAD = 0.1  # share of that which is random, so that notebooks started together part
AGAIN = 3600.0  # seconds until what the cluster forbids, or lacks, is tried again
PERIOD = timedelta(minutes=1)  # of a culler that was not seen twice yet: its default
LEASE = timedelta(minutes=15)
RENEWED = 2 / 3  # of the lease is over
ENDS = frozenset({"not_found", "not_installed", "ended"})
FORBIDDEN = frozenset(
    {"rbac", "forbidden", "invalid", "bad_request", "refused_here", "not_served", "no_cluster"}
)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the administrator allows."""

    mode: str = "auto"  # auto, on, off
    lease: bool = False
    idle: timedelta | None = None


class Heartbeat:
    """Beats when it is due. Called in a worker thread, by one tick after the other."""

    def __init__(
        self,
        door: Client,
        timeline: Timeline,
        keeper: ActivityKeeper,
        culling: CullingService,
        options: Options,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.door = door
        self._timeline = timeline
        self._keeper = keeper
        self._culling = culling
        self._options = options
        self._chance = chance
        self.also: list[Callable[[], None]] = []  # what else is written, after each beat
        self._lock = threading.Lock()
        self._ended = self._held = False
        self._shown: marks.Shown | None = None
        self._met = self._was_in_use = False
        self._uid = ""  # of the Notebook that this pod belongs to
        self._written: datetime | None = None  # the last use that was told, or need not be
        self._next = self._pause = 0.0  # seconds since boot; seconds
        self._edge = 0.0  # seconds since boot: when the turn of a use may be written out of turn
        identity = culling.identity
        self.address = address.NOTEBOOKS.at(identity.namespace or "", identity.name or "")
        idle = options.idle.total_seconds() if options.idle else 4 * LONGEST
        self._interval = min(max(idle / 4, SHORTEST), LONGEST)

    def end(self) -> None:
        """Nothing is written from now on: the server stops."""
        self._ended = True
        self.door.close()

    def hold(self, held: bool) -> None:
        """Nothing is written while the notebook is being stopped by its user."""
        self._held = held

    def beat(self, verdict: Activity) -> bool:
        """Write if it is due; whether it was written. Raises nothing: see the status."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            written = self._tried(verdict)
            for call in () if self._ended or self._held else self.also:
                call()
            return written
        finally:
            self._lock.release()

    def _tried(self, verdict: Activity) -> bool:
        try:
            return self._beat(verdict)
        except failures.ClusterError as error:
            self._failed(error)
            return False
        except errors.KfnbError as error:
            self._culling.heartbeat = error.message
            return False

    def _beat(self, verdict: Activity) -> bool:
        now = self._timeline.clock.ticks()
        if self._ended or self._held or not self._concerned():
            return False
        if not self._met and now >= self._next:
            self._read()  # once: what stands there, and what time it is in the cluster
            self._met = True
        if not self._wanted():
            return False
        # A use that comes and goes is told at its end too, but not each time: it stays an edge.
        turns = self._was_in_use != verdict.in_use and (not verdict.in_use or self._options.lease)
        edge = turns and now >= self._edge and not self._pause
        if now < self._next and not edge:
            return False
        self._was_in_use = verdict.in_use
        last = self._keeper.last_use
        if not self._news(last, edge):
            return False
        if edge:
            self._edge = now + self._interval / 3
        return self._write(self._keeper.vouch(), verdict.in_use)

    def _concerned(self) -> bool:
        """Whether there is something to tell, and a Notebook that is culled by it."""
        return self._keeper.known and bool(self.address.name) and self._culling.answers

    def _wanted(self) -> bool:
        """Whether somebody reads it who does not ask this server itself."""
        if self._options.mode == "on" or self._options.lease or self._culling.before_us:
            return True
        sight = self._culling.sight
        return self._stale() if sight == "not_yet" else sight != "looks"

    def _stale(self) -> bool:
        """Whether what stands there, of another start or by a foreign hand, is far behind."""
        there = marks.time(self._shown.last) if self._shown else None
        return (
            there is not None and (self._keeper.last_use - there).total_seconds() > self._interval
        )

    def _news(self, last: datetime, edge: bool) -> bool:
        if self._written is None:
            return True
        ahead = last - self._written
        return ahead >= timedelta(seconds=1 if edge else SHORTEST)

    def _write(self, last: datetime, in_use: bool) -> bool:
        shown = self._shown or self._read()
        leased = self._options.lease and in_use and shown.check is not None
        if not self._writable(shown, last, leased) or self._ended or self._held:  # meanwhile
            return False
        if leased:
            self._lease(shown, last)
        elif not self._patch(shown, last):
            return False
        self._written, self._pause, self._culling.written = last, 0.0, True
        period = LEASE.total_seconds() * RENEWED if leased else self._interval
        self._next = self._timeline.clock.ticks() + period * (1 + SPREAD * (2 * self._chance() - 1))
        self._say(f"The last use was written to the Notebook at {self._timeline.now():%H:%M} UTC.")
        return True

    def _writable(self, shown: marks.Shown, last: datetime, leased: bool = False) -> bool:
        """Whether the Notebook as it stands is to be written to; else what becomes of it."""
        mine, self._uid = self._uid in ("", shown.uid), shown.uid
        if not mine:  # if this pod is the old one's, it ends before the next beat
            self._say("The Notebook was made anew: its first mark is left as it is.")
            self._rest(self._interval)
        elif shown.stopped:
            self._say("The Notebook is being stopped: nothing more is written to it.")
            self._ended = True
        elif shown.last is None:
            self._say("The Notebook carries no mark of a culler: nothing is written to it.")
            self._leave(last, self._interval)  # once culling is switched on, its clock runs
        elif marks.reaches(shown.last, last) and not leased:
            self._say("The Notebook tells of a later use already: nothing is written to it.")
            self._leave(last, self._interval)
            self._culling.written = True
        else:
            return True
        return False

    def _leave(self, last: datetime, seconds: float) -> None:
        """This use need not be told; a later one is, to the Notebook as it stands then."""
        self._written, self._shown, self._pause = last, None, 0.0
        self._next = self._timeline.clock.ticks() + seconds * (1 + SPREAD * self._chance())

    def _lease(self, shown: marks.Shown, last: datetime) -> None:
        until = self._timeline.now() + LEASE
        period = min(max(self._culling.period or PERIOD, PERIOD), LEASE / 2)
        patch = marks.leased(shown, last, until - period)
        self._take(self.door.patch_merge(self.address, patch))
        self._culling.asked_to_wait(until)

    def _patch(self, shown: marks.Shown, last: datetime) -> bool:
        try:
            self._take(self.door.patch_json(self.address, marks.guarded(shown, last)))
            return True
        except failures.ClusterError as error:
            if error.reason != "test_failed":
                raise
        # Somebody else has written: read once, and keep the newer of the two.
        fresh = self._read()
        if self._culling.sight == "looks" and not marks.reaches(fresh.last, last):
            # It has asked this server and knows better; to write again would be a race.
            self._say("The culler has written by itself: nothing is written to the Notebook.")
            self._rest(self._interval)
            return False
        if not self._writable(fresh, last) or self._ended or self._held:
            return False
        self._take(self.door.patch_json(self.address, marks.guarded(fresh, last)))
        return True

    def _read(self) -> marks.Shown:
        return self._take(self.door.get(self.address))

    def _take(self, answer: Answer) -> marks.Shown:
        """Learn all that an answer tells."""
        if answer.date is not None:
            self._timeline.learn(answer.date)
        shown, before = marks.of(answer.body), self._shown
        moved = before is not None and shown.check != before.check and not self._options.lease
        if moved and self._culling.sight not in ("looks", "refused"):
            self._culling.checked_elsewhere()
        self._shown = shown
        return shown

    def _failed(self, error: failures.ClusterError) -> None:
        self._say(f"{error.message} {error.hint}".strip())
        self._shown, self._culling.written = None, False  # perhaps it stands otherwise by now
        if error.reason in ENDS | FORBIDDEN:
            self._ended = error.reason in ENDS
            self._rest(AGAIN)
            return
        longer = min(max(2 * self._pause, SHORTEST), LONGEST)
        self._rest(max(longer, error.retry_after or 0.0))

    def _rest(self, seconds: float) -> None:
        self._pause = seconds
        self._next = self._timeline.clock.ticks() + seconds * (1 + SPREAD * self._chance())

    def _say(self, sentence: str) -> None:
        self._culling.heartbeat = sentence
