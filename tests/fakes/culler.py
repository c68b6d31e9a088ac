"""The notebook controllers' culler, by the description of what it does (facts 1.2 and 2.1).

Two of them: Kubeflow's (`v1`), which moves the annotation back and writes twice, and OpenShift
AI's (`odh`), which never moves it back, reads terminals too, and writes once.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

LAST = "notebooks.kubeflow.org/last-activity"
CHECK = "notebooks.kubeflow.org/last_activity_check_timestamp"
STOP = "kubeflow-resource-stopped"
# Go's time.RFC3339: a zone is a must, a fraction may be there.
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Get = Callable[[str], tuple[int, bytes]]


class Conflict(Exception):
    """409: somebody else has written since we read."""


@dataclass
class Notebook:
    """The Notebook object, as far as the culler looks at it."""

    annotations: dict[str, str] = field(default_factory=dict)
    version: int = 1
    pod: bool = True

    def patch(self, **annotations: str) -> None:
        """Another writer's merge patch: it never meets a conflict."""
        self.annotations |= annotations
        self.version += 1

    @property
    def stopped(self) -> bool:
        """Whether the pod is to be stopped."""
        return STOP in self.annotations


@dataclass
class Culler:
    """One of the two controllers. ``now`` is its own clock."""

    kind: Literal["v1", "odh"]
    notebook: Notebook
    get: Get
    now: Callable[[], datetime]
    idle: timedelta = timedelta(minutes=60)
    period: timedelta = timedelta(minutes=1)
    before_put: Callable[[int], None] = lambda number: None  # what others do meanwhile
    gets: int = 0
    puts: int = 0

    def reconcile(self) -> None:
        """One pass. A conflict ends it; the controller would come again."""
        seen, version = dict(self.notebook.annotations), self.notebook.version
        try:
            self._pass(seen, version)
        except Conflict:
            if self.kind == "odh":  # RetryOnConflict: it reads the Notebook again
                self._pass(dict(self.notebook.annotations), self.notebook.version)

    def _pass(self, seen: dict[str, str], version: int) -> None:
        if STOP in seen or not self.notebook.pod:
            if LAST in seen or CHECK in seen:
                seen.pop(LAST, None), seen.pop(CHECK, None)
                self._put(seen, version)
            return
        if LAST not in seen or CHECK not in seen:
            seen[LAST] = seen[CHECK] = text(self.now())
            self._put(seen, version)
            return
        if not (parse(seen[CHECK]) or EPOCH) + self.period < self.now():
            return
        self._update(seen)
        seen[CHECK] = text(self.now())
        if self.kind == "v1":
            version = self._put(seen, version)
        last = parse(seen[LAST])
        if last is not None and self.now() > last + self.idle:
            seen[STOP] = text(self.now())
        if self.kind == "odh" or STOP in seen:
            self._put(seen, version)

    def _update(self, seen: dict[str, str]) -> None:
        kernels = self._read("api/kernels")
        terminals = self._read("api/terminals") if self.kind == "odh" else []
        times = [parse(one.get("last_activity")) for one in kernels]
        if any(one.get("execution_state") != "idle" for one in kernels):
            seen[LAST] = text(self.now())
            return
        times = [] if None in times else times
        times += [parse(one.get("last_activity")) for one in terminals]
        newest = max((one for one in times if one), default=None)
        if newest is None:
            return
        before = parse(seen[LAST])
        if self.kind == "odh" and before is not None and before > newest:
            return
        seen[LAST] = text(newest)

    def _read(self, path: str) -> list[dict[str, Any]]:
        self.gets += 1
        try:
            status, body = self.get(path)
            found = json.loads(body) if status == 200 else None
        except (OSError, ValueError):
            return []
        return found if isinstance(found, list) else []

    def _put(self, seen: dict[str, str], version: int) -> int:
        self.puts += 1
        self.before_put(self.puts)
        if version != self.notebook.version:
            raise Conflict
        self.notebook.annotations = dict(seen)
        self.notebook.version += 1
        return self.notebook.version


def text(moment: datetime) -> str:
    """As the controllers write a time: in whole seconds."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(said: Any) -> datetime | None:
    """As Go reads one; None: it cannot."""
    if not isinstance(said, str) or not RFC3339.fullmatch(said):
        return None
    whole = re.sub(r"\.(\d+)", lambda m: "." + m[1][:6].ljust(6, "0"), said)
    return datetime.fromisoformat(whole.replace("Z", "+00:00"))
