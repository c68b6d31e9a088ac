"""``activity --probe``: the last use for the podExec probe of Kubeflow Notebooks 2.0.

Rule: the file is written whole by one rename, or not at all: there an empty file means "in use
now", and a failure means that the workspace is not paused.
"""

import os
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec

from kfnb_ext import errors
from kfnb_ext.model.activity import Activity
from kfnb_ext.model.reading import Record
from kfnb_ext.model.status import Status

VARIABLE = "OUTPUT_JSON_PATH"
STALE = timedelta(minutes=5)  # older than that, nobody watches any more


class Told(Record, frozen=True):
    """What the controller reads."""

    last_activity: str  # RFC 3339, whole seconds, UTC


class Nothing(Record, frozen=True):
    """What the controller reads where the last use is not known: what it knows stays."""

    has_activity: bool = False


def write(left: Status | None, now: datetime, workspace: Path) -> Told | Nothing:
    """Write what the server has told. Raises: NotFound, Conflict, Forbidden."""
    found = _activity(left, now, workspace)
    # Told as it is, a use that lies before a restart would move the controller's mark back.
    told = Told(last_activity=_text(found.last_use)) if found.known else Nothing()
    named = os.environ.get(VARIABLE, "")
    if not named:
        raise errors.BadRequest(
            f"The variable {VARIABLE} is not set: nothing was written.",
            "The controller sets it for its podExec probe; by hand, name a file in it.",
        )
    _replace(Path(named), msgspec.json.encode(told))
    return told


def _activity(left: Status | None, now: datetime, workspace: Path) -> Activity:
    if left is None or not isinstance(left.activity, Activity):
        raise errors.NotFound(
            f"No server and no agent has told of the use of {workspace}: nothing was written.",
            "Start `kfnb agent`, or name the server's own folder with --workspace.",
        )
    if abs(now - left.taken) > STALE:
        raise errors.Conflict(
            f"The use was last told at {left.taken:%Y-%m-%d %H:%M} UTC, not within the last 5 "
            "minutes: nothing was written.",
            "Look whether the server or the agent still answers.",
        )
    return left.activity


def _replace(target: Path, data: bytes) -> None:
    spare = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            raise FileExistsError(0, "it is no plain file")
        try:
            spare.write_bytes(data)
            spare.replace(target)
        except OSError:
            spare.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise errors.Forbidden(
            f"The file {target} that {VARIABLE} names cannot be written: {why}.",
            "Nothing was written there.",
        ) from error


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
