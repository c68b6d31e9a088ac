"""What every part of the engine works with: the door, the place, the site's settings, the time.

Rule: no part opens a door of its own or looks at a clock past these: the cluster's for whatever
another pod is to hold to, this node's own for what files are stamped with.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import msgspec

from kfnb_ext.kube.client import Client
from kfnb_ext.model import cluster
from kfnb_ext.model.rights import Rights


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the administrator says."""

    snapshot_class: str = ""  # empty: the default class of the claim's driver
    group_class: str = ""  # of group snapshots; empty: the default class of the driver
    ready_within: timedelta = timedelta(minutes=10)
    restart_within: timedelta = timedelta(minutes=15)
    writes: bool = True


def _utc() -> datetime:
    return datetime.now(timezone.utc)


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """One notebook's cluster. ``where`` may be some seconds old; ``forget`` makes it read anew."""

    client: Client
    where: Callable[[], cluster.Place]
    forget: Callable[[], None]
    workspace: str
    inside: bool = False  # this process runs in that pod: its volumes can be written to here
    creator: str = ""
    rights: Callable[[], Rights] = Rights  # may be as old as this process
    environment: Callable[[], bytes] = bytes  # what the files run in
    settings: Settings = Settings()
    now: Callable[[], datetime] = _utc  # by the API server's clock, as far as it was told
    local: Callable[[], datetime] = _utc
    sleep: Callable[[float], object] = time.sleep
    every: float = 2.0  # seconds between two looks while something is waited for
