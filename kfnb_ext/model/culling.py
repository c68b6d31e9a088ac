"""Culling: who stops this pod, whether he looks, and when he will. Pure rules.

Rule: what is not known stays unknown. Without the administrator's CULL_IDLE_TIME there is no
countdown, and a culler that was never seen is not said to be off.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from kfnb_ext.model.reading import Reading, Record, Request

Culler = Literal["kubeflow", "openshift", "workspaces", "hub", "unknown", "off"]
Sight = Literal["looks", "not_yet", "never", "stopped", "cannot_reach", "refused", "not_asked"]

NOTEBOOK = re.compile(r"/notebook/([^/]+)/([^/]+)/?")
WORKSPACE = re.compile(r"/workspace/connect/([^/]+)/([^/]+)/([^/]+)/?")
UNSEEN = timedelta(minutes=10)  # a culler's period is a minute by default, five on OpenShift
SOONEST = timedelta(minutes=2)
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
    shortest: float | None = None  # seconds between two of them, of all: its own period
    terminals: bool = False  # GET api/terminals too: OpenShift's culler
    status: tuple[datetime, ...] = ()  # GET api/status, the last ones: Notebooks 2.0
    checks_elsewhere: bool = False  # its mark on the Notebook moves, though it never came here
    refused: bool = False  # the last one was not answered with the kernels
    asked_to_wait: datetime | None = None  # by our lease; until then its silence means nothing


class Identity(Record, frozen=True, kw_only=True):
    """What the environment says of where this pod belongs."""

    culler: Culler
    namespace: str | None = None
    name: str | None = None
    cluster: bool = True  # False: this is no pod, so no cluster stops it


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
    culler: Culler = found if forced == "auto" else forced  # type: ignore[assignment]
    return Identity(
        culler=culler,
        namespace=named[1] if named else None,
        name=named[2] if named else None,
        cluster=culler not in ("unknown", "off") or "KUBERNETES_SERVICE_HOST" in environment,
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


def unseen(idle: timedelta | None) -> timedelta:
    """How long to wait for a culler's first look; ``idle`` is its CULL_IDLE_TIME."""
    return UNSEEN if idle is None else min(max(idle / 3, SOONEST), UNSEEN)


def sight(culler: Culler, looks: Looks, now: datetime, patience: timedelta = UNSEEN) -> Sight:
    """Whether the culler looks here; ``patience``: for its first look."""
    if culler == "workspaces" and looks.status:
        return "looks"
    if culler not in ("kubeflow", "openshift"):
        return "not_asked"
    if looks.refused:
        return "refused"
    heard = max(*looks.kernels[-1:], looks.asked_to_wait or looks.started, looks.started)
    usual = max(period(looks) or UNSEEN, timedelta(minutes=1))
    if now - heard < (max(MISSED * usual, UNSEEN) if looks.kernels else patience):
        seen: Sight = "looks" if looks.kernels else "not_yet"
    else:
        seen = "stopped" if looks.kernels else "never"
    elsewhere = looks.checks_elsewhere and seen != "looks"
    return "cannot_reach" if elsewhere else seen


def displaced(package: str) -> tuple[str, str]:
    """What is said where another extension answers ``api/kernels`` before ours does."""
    return (
        f"The extension {package} answers the culler in our place: it learns of kernels alone, "
        "not of terminals, processes or GPUs.",
        f"Switch it off (`jupyter server extension disable {package}`), or tell the "
        "administrator; until then the last use is written to the Notebook where that is allowed.",
    )


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
    "refused": (
        "The culler comes here, but this server refuses it: it will stop the notebook whatever "
        "runs here, unless the heartbeat tells it otherwise.",
        "Its GET api/kernels must be answered without a login, below NB_PREFIX: start the server "
        "as Kubeflow's images do, with --ServerApp.base_url=$NB_PREFIX and an empty "
        "--IdentityProvider.token; the login is the cluster's.",
    ),
    "not_asked": ("", ""),
}


class Rule(Record, frozen=True, kw_only=True):
    """What Notebooks 2.0 tells in the status of the Workspace."""

    idle_seconds: float | None  # without use, then it is paused; None: no rule pauses it
    eligible: datetime | None = None  # from when on the next look pauses it
    looked: datetime | None = None  # when its probe last ended
    failed: str = ""  # why that probe failed; a failed one pauses nothing
