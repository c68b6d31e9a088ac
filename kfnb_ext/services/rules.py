"""The rules by which Notebooks 2.0 pauses this workspace, as the Workspace itself shows them.

Rule: asked in a thread of its own, seldom, and only by who may; what was not told stays unknown.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from kfnb_ext import errors
from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.model.culling import Identity, Rule
from kfnb_ext.services.clock import Timeline

OFTEN = 900.0  # seconds; the controller's own looks are an hour apart by default
# Seconds to the second question, and twice as long to each further one until a look has succeeded:
# the controller looks first when the pod is ready, and so after we have asked.
SOON = 60.0
AGAIN = 3600.0  # seconds after a refusal


class Rules:
    """What is known so far; calling it never waits."""

    def __init__(
        self, client: Callable[[], Client], timeline: Timeline, identity: Identity
    ) -> None:
        self._client, self._timeline = client, timeline
        self._address = address.WORKSPACES.at(identity.namespace or "", identity.name or "")
        self._known: Rule | None = None
        self._due = 0.0  # seconds since boot
        self._pause = SOON
        self._born = timeline.now() - timedelta(seconds=1)
        self._thread: threading.Thread | None = None

    def __call__(self) -> Rule | None:
        """The rule; None: not known."""
        now = self._timeline.clock.ticks()
        if now >= self._due and not (self._thread and self._thread.is_alive()):
            self._due = now + OFTEN
            self._thread = threading.Thread(target=self._ask, name="kfnb-rules", daemon=True)
            self._thread.start()
        return self._known

    def wait(self, seconds: float) -> None:
        """Wait for the question that is under way."""
        if self._thread:
            self._thread.join(seconds)

    def _ask(self) -> None:
        try:
            answer = self._client().get(self._address)
        except errors.KfnbError as error:
            self._known = None  # what it was may be over
            passing = isinstance(error, failures.Unreachable)
            self._due = self._timeline.clock.ticks() + (OFTEN if passing else AGAIN)
            return
        if answer.date is not None:
            self._timeline.learn(answer.date)
        self._known = of(answer.body)
        if self._told(self._known):
            self._pause = OFTEN
        self._due = self._timeline.clock.ticks() + self._pause
        self._pause = min(2 * self._pause, OFTEN)

    def _told(self, rule: Rule | None) -> bool:
        """Whether a look has succeeded since we run: of a run before, its time alone is old."""
        looked = rule.looked if rule and not rule.failed else None
        return looked is not None and looked >= self._born


def of(workspace: dict[str, Any]) -> Rule | None:
    """The rule that a Workspace shows; None: it was not looked at yet, or tells nothing usable."""
    activity = _part(_part(workspace, "status"), "activity")
    probe = _part(activity, "lastProbe")
    if not probe:
        return None
    result = str(probe.get("result") or "")
    failed = "" if result == "Success" else _sentence(str(probe.get("message") or result))
    looked = _moment(probe.get("endTime"))
    pause = _part(_part(activity, "rules"), "pauseWorkspace")
    if not pause:
        return Rule(idle_seconds=None, looked=looked, failed=failed)
    if failed:  # none has succeeded since the start: then the controller knows no last use
        return Rule(idle_seconds=None, looked=looked, failed=failed)
    eligible, last = _moment(pause.get("eligibleAfter")), _moment(activity.get("lastActivity"))
    if eligible is None or last is None or eligible <= last:  # 0: it cannot be computed
        return None
    idle = (eligible - last) / timedelta(seconds=1)
    return Rule(idle_seconds=idle, eligible=eligible, looked=looked, failed=failed)


def _part(whole: Any, name: str) -> dict[str, Any]:
    found = whole.get(name) if isinstance(whole, dict) else None
    return found if isinstance(found, dict) else {}


def _moment(milliseconds: Any) -> datetime | None:
    """Of milliseconds since 1970; 0 is unknown."""
    if not isinstance(milliseconds, int) or milliseconds <= 0:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def _sentence(text: str) -> str:
    return f"{' '.join(text.split())[:200].rstrip('.')}."
