"""The guardian: a Job that sees a restore through while the pod that began it is away.

It mounts nothing, so nothing that happens to volumes holds it up; it asks gently; its own death
is healed by the Job, since all it knows is in the journal.

Rule: it decides only what nobody else can: to go back when the new pod does not come, to give up
what was never exchanged and take that away, to confirm what runs though no server says so.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.csi import confirming, journal, pods, provisioning, switching, target
from kfnb_ext.engines.csi.journal import Journal, Seen
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.kube import standing
from kfnb_ext.kube.client import Client, failures

ARMED_FOR = timedelta(minutes=5)  # an exchange that does not come by then was given up
TROUBLED_FOR = timedelta(minutes=3)  # what does not pass by itself, passed it not within this time
SILENT_FOR = timedelta(minutes=3)  # a pod that is ready, whose server says nothing
EXCHANGE = timedelta(seconds=30)  # a StatefulSet that exchanges a pod does so within seconds
CLEARS = 24  # tries to delete what was made for nothing
EVERY = 5.0  # seconds between two looks
BLIND = ("no_cluster", "not_installed")  # no way to the cluster: no further look will have one


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How long it waits for what."""

    armed: timedelta = ARMED_FOR
    troubled: timedelta = TROUBLED_FOR
    silent: timedelta = SILENT_FOR
    exchange: timedelta = EXCHANGE
    back: timedelta = timedelta(minutes=15)  # for the pod on the old claims
    every: float = EVERY


class Guardian:
    """Watches one restore. ``step`` looks once."""

    def __init__(
        self,
        client: Client,
        whose: Target,
        restore: str,
        *,
        say: Callable[[str], object],
        now: Callable[[], datetime],
        times: Times = Times(),  # noqa: B008 - frozen
    ) -> None:
        self._client = client
        self._whose = whose
        self._restore = restore
        self._now = now
        self._times = times
        self.say = say
        self._troubled: datetime | None = None
        self._ready: datetime | None = None
        self._freed = False
        self._last = ""
        self._clears = 0

    def step(self) -> bool:
        """Look once, and do what has to be done; whether the restore needs nobody any more.

        Raises: ClusterError, Conflict: look again.
        """
        seen = journal.read(self._client, self._whose)
        running = seen.journal
        if running is None or running.id != self._restore:
            return True
        if running.ended:
            return self._clear(seen, running)
        self._tell(f"{running.id}: {running.phase}")
        if running.phase in journal.BEFORE:
            return self._before(seen, running)
        if running.phase == "swapped":
            return self._swapped(seen, running)
        if running.phase == "rolling_back":
            return self.back(seen, running)
        confirming.confirm(self._client, self._whose, seen, self._now())
        return True

    def _before(self, seen: Seen, running: Journal) -> bool:
        if self._now() - running.changed <= self._times.armed:
            return False
        reason = "it was interrupted before the volumes were exchanged"
        self.failed(seen, running, "abort", reason)
        return False  # the next look takes away what was made for it

    def _clear(self, seen: Seen, running: Journal) -> bool:
        """Delete the claims of what was never exchanged: the journal lets nobody exchange it now.

        Its own Job stays for a day. Raises: ClusterError.
        """
        if running.phase == "failed" and not running.exchanged:
            spare = target.named(seen.object)
            left = provisioning.away(self._client, self._whose.namespace, running.id, spare)
            self._clears += 1
            if left:
                self._tell(f"{running.id}: {', '.join(left)} could not be taken away")
            return not left or self._clears >= CLEARS  # `kfnb cluster` lists what is left
        return True

    def _swapped(self, seen: Seen, running: Journal) -> bool:
        if standing.stopped(seen.object):
            return True  # it is confirmed, or goes back, when it is started again
        now = self._now()
        pod = pods.look(self._client, self._whose)
        late = running.deadline is not None and now > running.deadline
        if pod and pod.ready and pods.on(pod, running.switches, "new"):
            self._troubled = None
            self._ready = self._ready or now
            if late or now - self._ready > self._times.silent:
                self._tell("the pod is ready: confirmed")
                confirming.confirm(self._client, self._whose, seen, now)
                return True
            return False
        self._ready = None
        if pod and not pods.on(pod, running.switches, "new"):
            return self._outdated(pod, seen, running, late=late)
        trouble = pod.trouble if pod else ""
        lasting = pod is not None and trouble and not pod.passing
        self._troubled = (self._troubled or now) if lasting else None
        stuck = self._troubled is not None and now - self._troubled > self._times.troubled
        if not (late or stuck):
            return False
        if pod is None:
            trouble = pods.unmade(self._client, self._whose, seen.object, running.changed)
        self._give_up(seen, trouble or "the new pod was not ready in time")
        return False

    def _outdated(self, pod: pods.Pod, seen: Seen, running: Journal, *, late: bool) -> bool:
        """The pod from before is still there: one that is not ready is never exchanged by itself.

        Raises: ClusterError, Conflict.
        """
        if late:
            held = pods.lingering(self._client, self._whose)
            self._give_up(seen, held or "the new pod was not ready in time")
        elif not (pod.ready or pod.going or self._freed) and (
            self._now() - running.changed > self._times.exchange
        ):
            self._tell("deleting the pod that stands on the old claims and is not ready")
            switching.free(self._client, self._whose, running, "new")
            self._freed = True  # once: who makes pods may be away, and would make it as it was
        return False

    def _give_up(self, seen: Seen, why: str) -> None:
        now = self._now()
        self._tell(f"going back: {why}")
        switching.back(
            self._client, self._whose, seen, now, reason=why, deadline=now + self._times.back
        )

    def back(self, seen: Seen, running: Journal) -> bool:
        """Until the pod is ready on the old claims again. Raises: ClusterError, Conflict."""
        pod = pods.look(self._client, self._whose)
        there = pod is not None and pod.ready and pods.on(pod, running.switches, "old")
        if there or standing.stopped(seen.object):
            self.failed(seen, running, "rolled_back", running.reason)
            return True
        switching.free(self._client, self._whose, running, "old")
        if running.deadline is not None and self._now() > running.deadline:
            trouble = pod.trouble if pod and pod.trouble else "its pod is not ready"
            text = f"{running.reason}; on the old claims again, but {trouble}"
            self.failed(seen, running, "rolled_back", text)
            return True
        return False

    def failed(self, seen: Seen, running: Journal, event: journal.Event, reason: str) -> None:
        """Write down that it ended without effect. Raises: ClusterError, Conflict."""
        now = self._now()
        new = journal.after(running, event, now, deadline=None, reason=reason)
        journal.write(self._client, self._whose, seen, new)
        self._tell(f"failed: {reason}")

    def _tell(self, text: str) -> None:
        if text != self._last:
            self._last = text
            self.say(text)


def run(guardian: Guardian, sleep: Callable[[float], object], times: Times) -> int:
    """Until nothing is left to do; its exit code. The Job's own deadline ends what hangs."""
    while True:
        try:
            if guardian.step():
                return 0
        except failures.ClusterError as error:
            if error.reason == "not_found":  # the notebook was deleted
                return 0
            guardian.say(error.message)
            if error.reason in BLIND:
                return 1  # the Job says then that it does not work
        except errors.Conflict as error:  # somebody else was faster: look again
            guardian.say(error.message)
        sleep(times.every)
