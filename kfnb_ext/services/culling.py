"""What is seen of the culler, and what it is told.

Rule: only what arrives by itself is used; nothing is asked of the cluster to find this out.
Called from the event loop (`asked`, `answer`) and from worker threads: nothing here waits.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from kfnb_ext.model import culling, stopping
from kfnb_ext.model.activity import Activity
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.clock import Timeline

KEPT = 16  # looks that are remembered
ENTRY = "kfnb-ext-activity"
LATE = 2  # ticks
LEAST = 1.0  # seconds between two looks; a second request of one look is none
AHEAD = timedelta(seconds=5)
MOVED = timedelta(seconds=1)  # of a kernel's stamp, beside what two clocks differ by


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the administrator says of the culler."""

    forced: str = "auto"
    idle: timedelta | None = None
    warn: tuple[float, ...] = (15.0, 5.0)  # minutes before the stop


class CullingService:
    """Remembers the culler's looks; says what it is answered, and what will come of it."""

    def __init__(
        self,
        timeline: Timeline,
        keeper: ActivityKeeper,
        identity: culling.Identity,
        options: Options,
        rule: Callable[[], culling.Rule | None] = lambda: None,
    ) -> None:
        """``rule``: what is known of the rules of Notebooks 2.0; it never waits."""
        self.identity = identity
        self._timeline = timeline
        self._keeper = keeper
        self._options = options
        self._rule = rule
        self._lock = threading.Lock()
        self._looks = culling.Looks(started=timeline.now())
        self._told: tuple[datetime, frozenset[float]] | None = None  # after a use, warnings given
        self.stuck: dict[str, datetime] = {}  # busy kernels that are idle for the cluster
        self.before_us = ""  # the extension that answers the culler in our place
        self.heartbeat = ""  # what became of the last one, in words
        self.written = False  # by it the Notebook tells of the use

    @property
    def culler(self) -> culling.Culler:
        """Who stops this pod."""
        return culling.who(self.identity, self._looks, self._options.forced)

    @property
    def answers(self) -> bool:
        """Whether a culler's request is answered by us."""
        return self.culler in ("kubeflow", "openshift")

    @property
    def sight(self) -> culling.Sight:
        """Whether the culler looks here."""
        patience = culling.unseen(self._options.idle)
        return culling.sight(self.culler, self._looks, self._timeline.now(), patience)

    @property
    def period(self) -> timedelta | None:
        """The time between two looks of a culler that nobody asked to wait; None: not seen yet."""
        found = self._looks.shortest
        return None if found is None else timedelta(seconds=found)

    def old(self, tick: float) -> float:
        """Seconds after which a reading is too old for the culler: the server was suspended."""
        late, idle = LATE * tick, self._options.idle
        return min(late, idle.total_seconds() / 4) if idle else late

    def asked(self, what: str) -> None:
        """The culler has asked for ``kernels``, ``terminals`` or ``status``, and been answered."""
        with self._lock:
            self._looks = _with(self._looks, what, self._timeline.now())

    def refused(self) -> None:
        """The culler was here, and did not get the kernels."""
        with self._lock:
            self._looks = msgspec.structs.replace(self._looks, refused=True)

    def asked_to_wait(self, until: datetime) -> None:
        """By our lease the culler stays away until then."""
        with self._lock:
            self._looks = msgspec.structs.replace(self._looks, asked_to_wait=until)

    def checked_elsewhere(self) -> None:
        """Its mark on the Notebook has moved, though it was not here."""
        with self._lock:
            self._looks = msgspec.structs.replace(self._looks, checks_elsewhere=True)

    def answer(self, kernels: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the culler is answered: all kernels, and one entry that tells the last use.

        Never on the event loop: what is told is on the disk before.
        """
        told = [self._true(kernel) for kernel in kernels] if self._keeper.known else kernels
        busy = any(kernel.get("execution_state") != "idle" for kernel in told)
        last_use = self._keeper.vouch(in_use=busy)
        if not self._keeper.known:  # the controller knows more than we do
            return told
        verdict = self._keeper.verdict
        # With a clock that has jumped no time can be told; "busy" needs none.
        doubtful = bool(verdict and verdict.in_use and self._timeline.doubtful())
        entry = {
            "id": ENTRY,
            "name": "kfnb-ext",
            "last_activity": rfc3339(last_use),
            "execution_state": "busy" if doubtful else "idle",
            "connections": 0,
        }
        return [*told, entry]

    def _true(self, kernel: dict[str, Any]) -> dict[str, Any]:
        quiet = self.stuck.get(str(kernel.get("id")))
        stamp = _time(kernel.get("last_activity"))
        busy = kernel.get("execution_state") != "idle"
        if quiet and busy and not _woken(kernel, stamp, quiet + self._timeline.skew()):
            return {**kernel, "execution_state": "idle", "last_activity": rfc3339(quiet)}
        # One stamp that it cannot read, or one of a clock that is wrong, would spoil the whole
        # answer. The last use counts this kernel's own.
        wrong = abs(self._timeline.skew()) > AHEAD
        if stamp is None or wrong or stamp > self._timeline.now() + AHEAD:
            return {**kernel, "last_activity": rfc3339(self._keeper.last_use)}
        return kernel

    def look(self, verdict: Activity) -> culling.Culling:
        """What is seen of the culler, and when it will stop the pod."""
        rule = self._rule() if self.culler == "workspaces" else None
        if rule is not None:
            return self._paused(rule, verdict)
        now, looks, idle = self._timeline.now(), self._looks, self._options.idle
        seen, every = self.sight, culling.period(looks)
        text, hint = culling.SEEN[seen]
        foreseen = stopping.forecast(verdict, idle, seen, every, now, told=self.written)
        if foreseen is stopping.UNKNOWN and not self.identity.cluster:
            foreseen = stopping.ALONE
        if self.before_us and self.answers:
            text, hint = culling.displaced(self.before_us)
            # Upstream's takes the kernels' word over the heartbeat's; OpenShift's the later one.
            if not (self.written and self.culler == "openshift"):
                foreseen = msgspec.structs.replace(
                    stopping.UNKNOWN, text=stopping.UNTOLD, hint=hint
                )
        asked = looks.status if self.culler == "workspaces" else looks.kernels
        return culling.Culling(
            culler=self.culler,
            sight=seen,
            last_look=asked[-1] if asked else None,
            period_seconds=every / timedelta(seconds=1) if every else None,
            idle_minutes=idle / timedelta(minutes=1) if idle else None,
            forecast=foreseen,
            text=text,
            hint=hint,
            heartbeat=self.heartbeat,
        )

    def _paused(self, rule: culling.Rule, verdict: Activity) -> culling.Culling:
        """By what Notebooks 2.0 says of itself in the Workspace."""
        failed = f"The cluster's last look at this workspace failed: {rule.failed}"
        return culling.Culling(
            culler="workspaces",
            sight="cannot_reach" if rule.failed else "looks",
            last_look=rule.looked,
            period_seconds=None,
            idle_minutes=rule.idle_seconds / 60 if rule.idle_seconds else None,
            forecast=stopping.pause(rule, verdict, self._timeline.now()),
            text=failed if rule.failed else "The cluster looks at this workspace.",
            hint="Tell the administrator: the activityProbe of its WorkspaceKind must work here."
            if rule.failed
            else "",
        )

    def warning(self, seen: culling.Culling) -> float | None:
        """Minutes to the stop, when it is time to say so; each once for each stop."""
        stops = seen.forecast.stops_at
        if stops is None:
            return None
        last_use = self._keeper.last_use
        # An overdue stop is always "now": what makes it the same one is the use before it.
        same = self._told and abs(self._told[0] - last_use) < timedelta(minutes=1)
        told = self._told[1] if self._told and same else frozenset()
        minutes = stopping.due(stops, self._options.warn, self._timeline.now(), told)
        if minutes is None:
            return None
        self._told = (last_use, told | {one for one in self._options.warn if one >= minutes})
        return max((stops - self._timeline.now()) / timedelta(minutes=1), 0.0)


def _with(looks: culling.Looks, what: str, now: datetime) -> culling.Looks:
    if what == "terminals":
        return msgspec.structs.replace(looks, terminals=True)
    if what == "status":
        return msgspec.structs.replace(looks, status=(*looks.status, now)[-KEPT:])
    gap = (now - looks.kernels[-1]).total_seconds() if looks.kernels else None
    known = [one for one in (gap, looks.shortest) if one and one >= LEAST]
    return msgspec.structs.replace(
        looks,
        kernels=(*looks.kernels, now)[-KEPT:],
        shortest=min(known, default=None),
        checks_elsewhere=False,
        refused=False,
    )


def _woken(kernel: dict[str, Any], stamp: datetime | None, quiet: datetime) -> bool:
    """Whether somebody came to a stuck kernel, or it spoke, since we last looked at it.

    The controller may come before our next look, and would stop what somebody just came back to.
    """
    return bool(kernel.get("connections")) or (stamp is not None and stamp > quiet + MOVED)


def rfc3339(moment: datetime) -> str:
    """As Kubernetes and Jupyter write it: UTC, with its zone. Without, a pod is immortal."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _time(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
