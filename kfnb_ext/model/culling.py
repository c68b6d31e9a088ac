"""Culling: who stops this pod, whether he looks, and when he will. Pure rules.

Rule: what is not known stays unknown. Without the administrator's CULL_IDLE_TIME there is no
countdown, and a culler that was never seen is not said to be off.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from kfnb_ext.model.activity import Activity
from kfnb_ext.model.reading import Reading, Record, Request

Culler = Literal["kubeflow", "openshift", "workspaces", "hub", "unknown", "off"]
Sight = Literal["looks", "not_yet", "never", "stopped", "cannot_reach", "not_asked"]

NOTEBOOK = re.compile(r"/notebook/([^/]+)/([^/]+)/?")
WORKSPACE = re.compile(r"/workspace/connect/([^/]+)/([^/]+)/([^/]+)/?")
UNSEEN = timedelta(minutes=10)  # a culler's period is a minute by default, five on OpenShift
MISSED = 3  # looks that a culler may leave out before it is said to have stopped


class KeepAwake(Record, frozen=True, kw_only=True):
    """A person asked that the notebook be kept, until a time and for a reason."""

    until: datetime
    since: datetime
    reason: str
    by: str


class KeepAwakeRequest(Request, frozen=True, kw_only=True):
    """Keep the notebook awake; asked again, it is extended or shortened."""

    seconds: int  # seconds from now on
    reason: str = ""


class KeepAwakeState(Record, frozen=True, kw_only=True):
    """What is asked for at the moment, and how much may be."""

    current: KeepAwake | None
    allowed_seconds: int  # seconds at once; 0: the administrator does not allow it


class StopForecast(Record, frozen=True, kw_only=True):
    """When the pod stops, in which case it does not, and why."""

    stops_at: datetime | None  # None: not while it is used, or not known
    known: bool
    text: str
    hint: str = ""


class Culling(Reading, frozen=True, kw_only=True, tag="culling"):
    """Who stops this pod, as far as it can be seen from inside."""

    culler: Culler
    sight: Sight
    last_look: datetime | None  # when it last asked this server
    period_seconds: float | None  # between two looks
    idle_minutes: float | None  # without use, after which it stops the pod; None: not known
    forecast: StopForecast
    text: str  # what is seen of the culler, in words
    hint: str = ""  # what to tell the administrator
    heartbeat: str = ""  # what became of the last writing to the Notebook; empty: none was needed


class Looks(Record, frozen=True, kw_only=True):
    """The culler's own requests, as this server saw them."""

    started: datetime  # since when this server listens
    kernels: tuple[datetime, ...] = ()  # GET api/kernels, the last ones
    terminals: bool = False  # GET api/terminals too: OpenShift's culler
    status: bool = False  # GET api/status: Notebooks 2.0
    checks_elsewhere: bool = False  # its mark on the Notebook moves, though it never came here


class Identity(Record, frozen=True, kw_only=True):
    """What the environment says of where this pod belongs."""

    culler: Culler
    namespace: str | None = None
    name: str | None = None


def identify(environment: Mapping[str, str], forced: str = "auto") -> Identity:
    """Where this pod belongs, by its environment; ``forced`` is the option ``culling``."""
    prefix = environment.get("NB_PREFIX", "")
    notebook, workspace = NOTEBOOK.fullmatch(prefix), WORKSPACE.fullmatch(prefix)
    found: Culler = "unknown"
    if notebook:
        found = "kubeflow"
    elif workspace:
        found = "workspaces"
    elif "JUPYTERHUB_ACTIVITY_URL" in environment:
        found = "hub"
    named = notebook or workspace
    return Identity(
        culler=found if forced == "auto" else forced,  # type: ignore[arg-type]
        namespace=named[1] if named else None,
        name=named[2] if named else None,
    )


def who(identity: Identity, looks: Looks, forced: str = "auto") -> Culler:
    """Who stops this pod, by its environment and by who has asked."""
    if forced == "auto" and identity.culler == "kubeflow" and looks.terminals:
        return "openshift"
    return identity.culler


def period(looks: Looks) -> timedelta | None:
    """The time between two looks: the median, which one late look does not move."""
    gaps = sorted(b - a for a, b in zip(looks.kernels, looks.kernels[1:], strict=False))
    return gaps[len(gaps) // 2] if gaps else None


def sight(culler: Culler, looks: Looks, now: datetime) -> Sight:
    """Whether the culler looks here."""
    if culler not in ("kubeflow", "openshift"):
        return "not_asked"
    if not looks.kernels:
        if looks.checks_elsewhere:
            return "cannot_reach"
        return "never" if now - looks.started >= UNSEEN else "not_yet"
    usual = max(period(looks) or UNSEEN, timedelta(minutes=1))
    if now - looks.kernels[-1] <= max(MISSED * usual, UNSEEN):
        return "looks"
    return "cannot_reach" if looks.checks_elsewhere else "stopped"


SEEN: dict[Sight, tuple[str, str]] = {
    "looks": ("The culler looks at this notebook.", ""),
    "not_yet": ("The culler has not looked yet.", ""),
    "never": (
        "No culler has looked at this notebook: culling is off, or it cannot reach it.",
        "Ask the administrator whether ENABLE_CULLING is true. If it is, the notebook controller "
        "must be allowed to GET */api/kernels here; an Istio AuthorizationPolicy often forbids it.",
    ),
    "stopped": (
        "The culler has stopped looking at this notebook.",
        "Ask the administrator whether the notebook controller still runs, and whether it may "
        "still GET */api/kernels here.",
    ),
    "cannot_reach": (
        "The culler cannot reach this notebook: it will stop it whatever runs here, unless the "
        "heartbeat tells it otherwise.",
        "Tell the administrator: the notebook controller's GET */api/kernels does not arrive. An "
        "AuthorizationPolicy must allow it for the controller's service account.",
    ),
    "not_asked": ("", ""),
}


def forecast(
    verdict: Activity, idle: timedelta | None, seen: Sight, every: timedelta | None, now: datetime
) -> StopForecast:
    """When the pod stops, in which case not, and why; ``idle`` is the culler's CULL_IDLE_TIME."""
    if seen in ("never", "stopped"):
        text, hint = SEEN[seen]
        return StopForecast(stops_at=None, known=False, text=text, hint=hint)
    if idle is None:
        return StopForecast(
            stops_at=None,
            known=False,
            text="When this notebook is stopped is not known.",
            hint="The administrator can tell it: KFNB_CULL_IDLE_MINUTES, as CULL_IDLE_TIME.",
        )
    if verdict.in_use:
        text = f"It is not stopped while it is used; {_length(idle)} after that."
        return StopForecast(stops_at=None, known=True, text=text)
    stops = max(verdict.last_use + idle, now)
    late = f" (within {_length(every)})" if every else ""
    text = f"It is stopped after {_length(idle)} without use{late}. Any use puts that off."
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
