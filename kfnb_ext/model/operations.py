"""Operations: what takes a while (a snapshot, a restore, a scan), from request to end."""

from datetime import datetime
from typing import Literal

from kfnb_ext.model.reading import Record
from kfnb_ext.model.snapshots import Verification

OperationKind = Literal[
    "create",
    "restore",
    "undo",
    "delete",
    "verify",
    "prune",
    "recover",
    "scan",
    "remove",
    "empty",
    "grow",
    "patch",
    "stop",
    "restart",
    "release",
]
OperationState = Literal["running", "succeeded", "failed", "cancelled"]
Face = Literal["server", "kernel", "shell"]


class Owner(Record, frozen=True, kw_only=True):
    """Who runs it. ``started_ticks`` (from /proc) tells a process from a later one of its pid."""

    pid: int
    started_ticks: int | None
    host: str
    face: Face
    user: str


class Operation(Record, frozen=True, kw_only=True):
    """One operation. ``done`` and ``total`` count in ``unit``; total None: not known yet."""

    id: str
    kind: OperationKind
    engine: str
    title: str  # for a person: 'snapshot "before cleanup"'
    state: OperationState
    owner: Owner
    started: datetime
    updated: datetime
    ended: datetime | None = None
    phase: str = ""  # what it does right now, in words
    done: int = 0
    total: int | None = None
    unit: Literal["bytes", "files", "steps"] = "bytes"
    cancel_requested: bool = False
    snapshot: str | None = None  # id of the snapshot that it is about or has made
    restore: str | None = None  # id of the restore that it has made
    verification: tuple[Verification, ...] = ()  # what a verify found
    message: str = ""  # how it ended, for a person
    hint: str = ""
