"""When the pod stops, in which case not, and when that is to be told. Pure rules.

Rule: what is not known stays unknown: then there is no countdown.
"""

from datetime import datetime, timedelta

from kfnb_ext.model.activity import Activity
from kfnb_ext.model.culling import SEEN, Rule, Sight, StopForecast

UNKNOWN = StopForecast(
    stops_at=None,
    known=False,
    text="When this notebook is stopped is not known.",
    hint="The administrator can tell it: KFNB_CULL_IDLE_MINUTES, as CULL_IDLE_TIME.",
)
ALONE = StopForecast(
    stops_at=None,
    known=False,
    text="Nothing is known here that stops this server for want of use.",
)
ANEW = StopForecast(
    stops_at=None,
    known=False,
    text="The notebook was started again, and its last use before that is not known: the cluster "
    "counts on from what it knew.",
    hint="Any use puts the stop off.",
)
UNTOLD = (
    "The culler learns of no use here, by its looks or by the heartbeat: it counts on from the use "
    "that it knew of, and may stop the notebook while it is used."
)


def forecast(
    verdict: Activity,
    idle: timedelta | None,
    seen: Sight,
    every: timedelta | None,
    now: datetime,
    *,
    told: bool = True,
) -> StopForecast:
    """When the pod stops, in which case not, and why; ``idle`` is the culler's CULL_IDLE_TIME.

    ``told``: a culler that does not see the use here is told of it by the heartbeat.
    """
    if seen in ("never", "stopped"):
        text, hint = SEEN[seen]
        return StopForecast(stops_at=None, known=False, text=text, hint=hint)
    if seen in ("cannot_reach", "refused") and not told:
        return StopForecast(stops_at=None, known=False, text=UNTOLD, hint=SEEN[seen][1])
    if idle is None:
        return UNKNOWN
    if not verdict.known:
        return ANEW
    if verdict.in_use:
        text = f"It is not stopped while it is used; {_length(idle)} after that."
        return StopForecast(stops_at=None, known=True, text=text)
    stops = max(verdict.last_use + idle, now)
    late = f" (within {_length(every)})" if every else ""
    text = f"It is stopped after {_length(idle)} without use{late}. Any use puts that off."
    return StopForecast(stops_at=stops, known=True, text=text)


def pause(rule: Rule, verdict: Activity, now: datetime) -> StopForecast:
    """The same for Notebooks 2.0, by what stands in the Workspace."""
    if rule.failed:
        text = "While its looks fail, Notebooks 2.0 does not pause this workspace."
        return StopForecast(stops_at=None, known=True, text=text)
    if rule.idle_seconds is None:
        text = "No rule of the cluster pauses this workspace."
        return StopForecast(stops_at=None, known=True, text=text)
    idle = timedelta(seconds=rule.idle_seconds)
    if verdict.in_use:
        text = f"It is not paused while it is used; {_length(idle)} after that."
        return StopForecast(stops_at=None, known=True, text=text)
    if not verdict.known:
        return ANEW
    # What the controller saw may be later than what we count: an open tab, say.
    stops = max(verdict.last_use + idle, rule.eligible or now, now)
    text = (
        f"It is paused after {_length(idle)} without use, at the next look of the controller. "
        "Any use puts that off."
    )
    return StopForecast(stops_at=stops, known=True, text=text)


def due(
    stops_at: datetime | None, minutes: tuple[float, ...], now: datetime, told: frozenset[float]
) -> float | None:
    """The warning that is due now, of those not told yet; several at once are one."""
    if stops_at is None:
        return None
    left = (stops_at - now) / timedelta(minutes=1)
    reached = [one for one in minutes if left <= one and one not in told]
    return min(reached, default=None)


def _length(time: timedelta) -> str:
    minutes = round(time / timedelta(minutes=1))
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min" if rest else "a minute"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
