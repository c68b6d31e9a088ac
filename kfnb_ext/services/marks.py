"""The annotations of a Notebook, as the culler and we read and write them.

Rule: a time is written in whole seconds and with its zone, as the controller does: without a zone
a notebook would be immortal.
"""

from datetime import datetime, timezone
from typing import Any

import msgspec

from kfnb_ext.kube.client import guard

LAST = "notebooks.kubeflow.org/last-activity"
CHECK = "notebooks.kubeflow.org/last_activity_check_timestamp"
STOP = guard.STOPPED


class Shown(msgspec.Struct, frozen=True):
    """The Notebook as the cluster last showed it."""

    uid: str
    last: str | None
    check: str | None
    stopped: bool


def of(body: dict[str, Any]) -> Shown:
    """The marks of a Notebook."""
    metadata: dict[str, Any] = body.get("metadata", {})
    notes: dict[str, str] = metadata.get("annotations") or {}
    return Shown(str(metadata.get("uid")), notes.get(LAST), notes.get(CHECK), STOP in notes)


def reaches(shown: str | None, moment: datetime) -> bool:
    """Whether what stands there is as late as this moment, in whole seconds."""
    there = time(shown)
    return there is not None and there >= moment.replace(microsecond=0)


def guarded(shown: Shown, moment: datetime) -> list[dict[str, str | None]]:
    """A JSON patch of the last use that nothing can come between."""
    path = "/metadata/annotations/" + LAST.replace("~", "~0").replace("/", "~1")
    return [
        {"op": "test", "path": "/metadata/uid", "value": shown.uid},
        {"op": "test", "path": path, "value": shown.last},
        {"op": "test", "path": f"/metadata/annotations/{STOP}", "value": None},
        {"op": "replace", "path": path, "value": text(moment)},
    ]


def leased(shown: Shown, moment: datetime, until: datetime) -> dict[str, Any]:
    """A merge patch of the last use, and of when the culler looks again."""
    annotations = {LAST: text(moment), CHECK: text(until)}
    return {"metadata": {"uid": shown.uid, "annotations": annotations}}


def text(moment: datetime) -> str:
    """As the controller writes it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def time(said: str | None) -> datetime | None:
    """As the controller reads it; None: it cannot."""
    try:
        moment = datetime.fromisoformat((said or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
