"""The heartbeat: the last use, written to the Notebook where the culler reads it.

Rule: never while idle (a write between the culler's two would undo its stop), never older than
what stands there nor ahead of the cluster's clock, never after the end, and never what nobody
reads. What the cluster answers is all that is looked at: no polling. One request at a time; a
failure ends in a sentence and in a longer pause.
"""

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.kube.client import Client, address, failures, guard
from kfnb_ext.kube.client.wire import Answer
from kfnb_ext.model.activity import Activity
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.culling import CullingService

LAST = "notebooks.kubeflow.org/last-activity"
CHECK = "notebooks.kubeflow.org/last_activity_check_timestamp"
STOP = guard.STOPPED
KEEP_AWAKE = "notebooks.kfnb.dev/keep-awake"

SHORTEST, LONGEST = 60.0, 900.0  # seconds between two writes
SPREAD = 0.1  # share of that which is random, so that notebooks started together part
AGAIN = 3600.0  # seconds until what the cluster forbids, or lacks, is tried again
LEASE = timedelta(minutes=15)
RENEWED = 2 / 3  # of the lease is over
ENDS = frozenset({"not_found", "not_served", "not_installed", "no_cluster"})
FORBIDDEN = frozenset({"rbac", "forbidden", "invalid", "bad_request", "refused_here"})


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the administrator allows."""

    mode: str = "auto"  # auto, on, off
    lease: bool = False
    idle: timedelta | None = None


class _Shown(msgspec.Struct, frozen=True):
    """The Notebook as the cluster last showed it."""

    uid: str
    last: str | None
    check: str | None
    stopped: bool


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
        self._door = door
        self._timeline = timeline
        self._keeper = keeper
        self._culling = culling
        self._options = options
        self._chance = chance
        self._lock = threading.Lock()
        self._ended = self._held = False
        self._shown: _Shown | None = None
        self._written: datetime | None = None  # the last use that we wrote
        self._next = self._pause = 0.0  # seconds since boot; seconds
        self._was_in_use = False
        self._last_look: datetime | None = None
        identity = culling.identity
        self._address = address.NOTEBOOKS.at(identity.namespace or "", identity.name or "")
        idle = options.idle.total_seconds() if options.idle else 4 * LONGEST
        self._interval = min(max(idle / 4, SHORTEST), LONGEST)

    def end(self) -> None:
        """Nothing is written from now on: the server stops."""
        self._ended = True

    def hold(self, held: bool) -> None:
        """Nothing is written while the notebook is being stopped by its user."""
        self._held = held

    def beat(self, verdict: Activity) -> bool:
        """Write if it is due; whether it was written. Raises nothing: see the status."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            return self._beat(verdict)
        except failures.ClusterError as error:
            self._failed(error)
            return False
        except errors.KfnbError as error:
            self._culling.heartbeat = error.message
            return False
        finally:
            self._lock.release()

    def _beat(self, verdict: Activity) -> bool:
        edge = self._was_in_use and not verdict.in_use
        now = self._timeline.clock.ticks()
        if self._ended or self._held or not self._wanted() or (now < self._next and not edge):
            return False
        last = self._keeper.last_use
        if not self._news(last, edge):
            self._was_in_use = verdict.in_use
            return False
        if self._pause and now < self._next:  # the cluster asked for peace, edge or not
            return False
        done = self._write(self._keeper.vouch(), verdict.in_use)
        self._was_in_use = verdict.in_use
        return done

    def _wanted(self) -> bool:
        """Whether somebody reads it who does not ask this server itself."""
        if self._options.mode == "off" or not self._address.name or not self._culling.answers:
            return False
        asks = self._culling.sight in ("looks", "not_yet")
        return not asks or self._options.lease

    def _news(self, last: datetime, edge: bool) -> bool:
        if self._written is None:
            return True
        ahead = last - self._written
        return ahead >= timedelta(seconds=1 if edge else SHORTEST)

    def _write(self, last: datetime, in_use: bool) -> bool:
        shown = self._shown or self._read()
        if shown.stopped:
            self._say("The Notebook is being stopped: nothing more is written to it.")
            self._ended = True
            return False
        if shown.last is None:
            self._say("The Notebook carries no mark of a culler: nothing is written to it.")
            self._rest(AGAIN)
            return False
        leased = self._options.lease and in_use and shown.check is not None
        if _newer(shown.last, last) and not leased:
            self._written = last
            self._rest(self._interval)
            return False
        if self._ended or self._held:  # while we asked
            return False
        self._take(self._patch(shown, _text(last), leased))
        self._written, self._pause = last, 0.0
        period = LEASE.total_seconds() * RENEWED if leased else self._interval
        self._next = self._timeline.clock.ticks() + period * (1 + SPREAD * (2 * self._chance() - 1))
        self._say(f"The last use was written to the Notebook at {self._timeline.now():%H:%M} UTC.")
        return True

    def _patch(self, shown: _Shown, last: str, leased: bool) -> Answer:
        if leased:
            period = timedelta(minutes=1)
            until = _text(self._timeline.now() + LEASE - period)
            annotations = {LAST: last, CHECK: until}
            body = {"metadata": {"uid": shown.uid, "annotations": annotations}}
            return self._door.patch_merge(self._address, body)
        path = "/metadata/annotations/" + LAST.replace("~", "~0").replace("/", "~1")
        guarded: list[dict[str, str | None]] = [
            {"op": "test", "path": "/metadata/uid", "value": shown.uid},
            {"op": "test", "path": path, "value": shown.last},
            {"op": "test", "path": f"/metadata/annotations/{STOP}", "value": None},
            {"op": "replace", "path": path, "value": last},
        ]
        try:
            return self._door.patch_json(self._address, guarded)
        except failures.ClusterError as error:
            if error.reason != "test_failed":
                raise
        # Somebody else has written: read once, and keep the newer of the two.
        fresh = self._read()
        if fresh.stopped or fresh.last is None or _newer(fresh.last, _time(last)):
            return Answer(body=_as_body(fresh), date=None)
        guarded[0]["value"], guarded[1]["value"] = fresh.uid, fresh.last
        return self._door.patch_json(self._address, guarded)

    def _read(self) -> _Shown:
        return self._take(self._door.get(self._address))

    def _take(self, answer: Answer) -> _Shown:
        """Learn all that an answer tells."""
        if answer.date is not None:
            self._timeline.learn(answer.date)
        metadata: dict[str, Any] = answer.body.get("metadata", {})
        notes: dict[str, str] = metadata.get("annotations") or {}
        before = self._shown
        shown = _Shown(str(metadata.get("uid")), notes.get(LAST), notes.get(CHECK), STOP in notes)
        moved = before is not None and shown.check != before.check and not self._options.lease
        if moved and self._culling.sight != "looks":
            self._culling.checked_elsewhere()
        self._shown = shown
        return shown

    def _failed(self, error: failures.ClusterError) -> None:
        self._say(f"{error.message} {error.hint}".strip())
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


def _newer(shown: str, last: datetime | None) -> bool:
    there = _time(shown)
    return last is not None and there is not None and there >= last.replace(microsecond=0)


def _text(moment: datetime) -> str:
    """In whole seconds and with its zone, as the controller writes it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _as_body(shown: _Shown) -> dict[str, Any]:
    notes = {LAST: shown.last, CHECK: shown.check, **({STOP: ""} if shown.stopped else {})}
    kept = {key: value for key, value in notes.items() if value is not None}
    return {"metadata": {"uid": shown.uid, "annotations": kept}}
