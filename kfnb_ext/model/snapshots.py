"""Snapshots and restores as every engine and every face names them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kfnb_ext.model.reading import Record, Request

SnapshotReason = Literal["manual", "before_restore", "before_undo", "before_growth", "schedule"]
EntryType = Literal["file", "directory", "symlink"]
Problem = Literal["changed", "missing", "added", "unreadable"]

# Written for Python's `re` and for ECMA's alike: Python's `$` also stands before a last newline.
ID = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$(?!\n)"  # a name of one folder, never `..`

Name = Annotated[
    str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$(?!\n)")
]
Path = Annotated[str, msgspec.Meta(max_length=4096, pattern=r"^[^\x00]*$(?!\n)")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=ID)]
Note = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$(?!\n)")]
# A name that a notebook and its Service can have (RFC 1035), short enough for what is added to it.
ObjectName = Annotated[
    str, msgspec.Meta(max_length=52, pattern=r"^([a-z]([a-z0-9-]*[a-z0-9])?)?$(?!\n)")
]
EngineName = Literal["local", "csi"]
SnapshotState = Literal["ready", "pending", "failed", "deleting"]
# What an engine can do beside create, list and delete.
Power = Literal[
    "browse",  # look into a snapshot, download a file of it
    "verify",  # read it whole and find what differs
    "paths",  # restore some paths, and exactly
    "in_place",  # make this workspace so again
    "new_notebook",  # make a notebook beside this one
    "data_volume",  # mount it beside the present volumes
]
RestoreWay = Literal["in_place", "new_notebook", "data_volume"]


class LeftOut(Record, frozen=True, kw_only=True):
    """Something of the workspace that the snapshot does not hold, and why."""

    path: str
    reason: str


class SnapshotVolume(Record, frozen=True, kw_only=True):
    """One claim of a snapshot that the cluster keeps, and the object that keeps it."""

    claim: str
    mount: str
    object: str  # the VolumeSnapshot's name; empty: the group has not made it yet
    ready: bool | None  # None: the driver has said nothing yet
    size: int | None  # bytes that a claim made from it needs at least
    error: str = ""  # the last one; the cluster goes on trying


class Snapshot(Record, frozen=True, kw_only=True):
    """A volume as it was.

    ``complete`` is False when something that should be in it is not (``left_out`` names it).
    ``bytes_added`` is what this snapshot cost on the volume, ``bytes_total`` what it holds; None
    where the engine cannot tell.
    """

    id: str
    engine: str
    name: str
    created: datetime
    reason: SnapshotReason
    complete: bool
    files: int | None
    bytes_total: int | None
    bytes_added: int | None
    excluded: tuple[str, ...]  # patterns in force
    left_out: tuple[LeftOut, ...]  # at most 1000 are named
    left_out_count: int
    durable: bool  # False: it is lost together with the volume it lies on
    place: str  # where a person finds it (a folder, for `local`)
    state: SnapshotState = "ready"
    error: str = ""  # why it is not ready
    note: str = ""
    volumes: tuple[SnapshotVolume, ...] = ()  # of an engine that keeps volumes
    together: bool = True  # False: its volumes were cut one after another
    warnings: tuple[str, ...] = ()  # sentences that a person should read before relying on it


class EngineInfo(Record, frozen=True, kw_only=True):
    """An engine, whether it can be used here, and if not why."""

    engine: str
    available: bool
    reason: str = ""
    hint: str = ""
    used: int | None = None  # bytes that its snapshots take
    allowed: int | None = None  # bytes that they may take
    note: str = ""  # what a person should know before relying on it
    can: tuple[Power, ...] = ("browse", "verify", "paths", "in_place")
    role: str = ""  # YAML to send to the administrator, where a right is missing
    against: str = ""  # why no snapshot can be taken now; empty: nothing is known against it
    absent: bool = False  # there is nothing it could work with here, and nobody misses it


class Switch(Record, frozen=True, kw_only=True):
    """A claim that took another's place in the Notebook; the old one is kept."""

    volume: str  # its name in the Notebook's spec
    mount: str
    old: str
    new: str


class Restore(Record, frozen=True, kw_only=True):
    """A restore that was made, and whether it can be undone."""

    id: str
    engine: str
    snapshot: str
    safety: str | None  # the snapshot taken before it
    paths: tuple[str, ...]  # empty: the whole workspace
    exact: bool
    ended: datetime
    undone: bool
    undo_of: str | None = None  # this restore is itself the undo of that one
    kept: tuple[str, ...] = ()  # versions that appeared while it ran, moved here and kept
    way: RestoreWay = "in_place"
    switches: tuple[Switch, ...] = ()  # the claims that were exchanged
    notebook: str = ""  # the notebook that was made beside this one
    grown: int | None = None  # it was a growth by exchange: the bytes that were asked for


class SnapshotList(Record, frozen=True, kw_only=True):
    """All snapshots, newest first, with the engines and the restores that can be undone."""

    engines: tuple[EngineInfo, ...]
    snapshots: tuple[Snapshot, ...]
    restores: tuple[Restore, ...]


class Entry(Record, frozen=True, kw_only=True):
    """One file or folder inside a snapshot, with its true figures."""

    name: str
    path: str
    type: EntryType
    size: int | None  # bytes; None for folders
    modified: datetime
    mode: int
    target: str | None = None  # of a symbolic link


class EntryList(Record, frozen=True, kw_only=True):
    """The folder ``path`` of a snapshot ("" is the top)."""

    path: str
    entries: tuple[Entry, ...]


class PlanObject(Record, frozen=True, kw_only=True):
    """What a restore would do to one object of the cluster."""

    act: Literal["create", "change", "keep", "restart"]
    kind: str  # claim, Notebook, Job, snapshot, pod
    name: str
    text: str


class RestorePlan(Record, frozen=True, kw_only=True):
    """What a restore would do. Nothing has been changed. At most 1000 paths are named each.

    The counts of files are None where whole volumes are exchanged; ``objects`` says then what
    happens in the cluster.
    """

    snapshot: str
    paths: tuple[str, ...]
    exact: bool
    create: int | None
    replace: int | None
    remove: int | None
    unchanged: int | None
    newer_kept: int | None  # files created since, which stay
    bytes_to_write: int | None
    created_paths: tuple[str, ...]
    replaced_paths: tuple[str, ...]
    removed_paths: tuple[str, ...]
    findings: tuple[str, ...]  # sentences a person should read first
    possible: bool  # False: findings say why not
    way: RestoreWay = "in_place"
    objects: tuple[PlanObject, ...] = ()
    restart: bool = False  # the notebook restarts: kernels and terminals end
    guardian: bool = True  # False: nobody could roll it back while the pod is away


class Difference(Record, frozen=True, kw_only=True):
    """Something that verify found."""

    path: str
    problem: Problem


class Verification(Record, frozen=True, kw_only=True):
    """What verify found in one snapshot; ``ok`` when nothing."""

    snapshot: str
    ok: bool
    files: int
    bytes_read: int
    differences: tuple[Difference, ...]  # at most 1000 are named
    differences_count: int


class CreateRequest(Request, frozen=True, kw_only=True):
    """Take a snapshot."""

    engine: EngineName = "local"
    name: Name = ""
    note: Note = ""


class RestoreRequest(Request, frozen=True, kw_only=True):
    """Restore all (no paths) or some paths. ``exact`` also removes what was created since.

    ``way``, ``name``, ``mount`` and ``unguarded`` are for engines that keep whole volumes.
    """

    engine: EngineName = "local"
    snapshot: Id
    paths: Annotated[tuple[Path, ...], msgspec.Meta(max_length=1000)] = ()
    exact: bool = False
    way: RestoreWay = "in_place"
    name: ObjectName = ""  # of the new notebook; empty: one is found
    mount: Path = ""  # of the data volume; empty: /home/.../restored-ID
    unguarded: bool = False  # go on though no guardian can roll it back


class UndoRequest(Request, frozen=True, kw_only=True):
    """Take back a restore. ``unguarded`` is for engines that keep whole volumes."""

    unguarded: bool = False  # go on though no guardian can go back by itself


def can_be_undone(restore: Restore) -> bool:
    """Not twice, and not without what was before it: a safety snapshot, or the old claims.

    A notebook that was made beside this one took nothing's place.
    """
    if restore.undone or restore.way == "new_notebook":
        return False
    return restore.safety is not None or bool(restore.switches)


def unplaced(restore: Restore) -> tuple[str, ...]:
    """Which of what was kept aside is of the snapshot itself: it could not be put in place."""
    return tuple(path for path in restore.kept if path.split("/")[-2:-1] == ["new"])
