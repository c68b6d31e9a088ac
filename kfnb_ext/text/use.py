"""Use, culling and keep-awake as a person reads them.

Rule: what is not known is said to be unknown, with what to do about it.
"""

from datetime import datetime

from kfnb_ext.model.activity import Activity
from kfnb_ext.model.culling import Culling, KeepAwake, KeepAwakeState
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.model.status import Status
from kfnb_ext.text import tables, units

OLD = 120.0  # seconds from which on the age of what was told is said
CULLERS = {
    "kubeflow": "Kubeflow's notebook controller",
    "openshift": "OpenShift AI's notebook controller",
    "workspaces": "Kubeflow Notebooks 2.0",
    "hub": "JupyterHub",
    "unknown": "not known",
    "off": "nothing is told to anybody: `culling` is off",
}


def awake(found: KeepAwakeState, now: datetime) -> str:
    """What is asked for at the moment, and how much may be."""
    allowed = f"{found.allowed_seconds / 3600:g} h"
    if found.current:
        return f"Kept awake {until(found.current, now)}"
    if not found.allowed_seconds:
        return "Not kept awake; the administrator does not allow it."
    return f"Not kept awake. At most {allowed} may be asked for at once: kfnb keep-awake 2h"


def until(kept: KeepAwake, now: datetime) -> str:
    """Until when, by whom, and why."""
    said = f"until {units.moment(kept.until, now)}, asked for by {units.plain(kept.by)}"
    return f"{said}: {units.plain(kept.reason)}" if kept.reason else said


def told(left: Status, kept: KeepAwake | None, now: datetime) -> str:
    """What the server has told of the use; ``now`` in local time."""
    rows = [("Use", _use(left.activity, now))]
    if isinstance(left.activity, Activity):
        rows.append(("Last use", units.moment(left.activity.last_use, now)))
    if kept:
        rows.append(("Kept awake", until(kept, now)))
    rows += _culling(left.culling, now)
    age = (now - left.taken).total_seconds()
    if age > OLD:
        rows.append(("Told", f"{units.span(age)} ago: the server does not answer as it should"))
    return tables.fields(rows)


def _use(reading: Activity | Unavailable, now: datetime) -> str:
    if isinstance(reading, Unavailable):
        return _sentences(f"not known: {reading.reason}", reading.hint)
    lines = [f"{'in use' if reading.in_use else 'idle'} since {units.moment(reading.since, now)}"]
    for reason in reading.reasons:
        since = f", since {units.moment(reason.since, now)}" if reason.since else ""
        lines.append(f"{reason.text}{since if reading.in_use else ''}")
    lines += [f"not known: {one}" for one in reading.unknown]
    return _sentences(*lines)


def _culling(reading: Culling | Unavailable, now: datetime) -> list[tuple[str, str]]:
    if isinstance(reading, Unavailable):
        return [("Culling", _sentences(f"not known: {reading.reason}", reading.hint))]
    forecast, lines = reading.forecast, []
    if forecast.stops_at:
        left = units.span((forecast.stops_at - now).total_seconds())
        lines.append(f"stops at {units.moment(forecast.stops_at, now)}, in {left}")
    rows = [("Forecast", _sentences(*lines, forecast.text, forecast.hint))]
    culler = [CULLERS[reading.culler]]
    if reading.text != forecast.text:  # said already
        culler += [reading.text, reading.hint]
    if reading.last_look:
        every = f", every {units.span(reading.period_seconds)}" if reading.period_seconds else ""
        culler.append(f"last look at {units.moment(reading.last_look, now)}{every}")
    if reading.idle_minutes is not None:
        culler.append(f"stops after {reading.idle_minutes:g} min without use")
    rows.append(("Culler", _sentences(*culler)))
    if reading.heartbeat:
        rows.append(("Heartbeat", _sentences(reading.heartbeat)))
    return rows


def _sentences(*lines: str) -> str:
    return "\n".join(units.plain(line) for line in lines if line)
