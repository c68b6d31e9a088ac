"""One VolumeSnapshot of ours: how it is written, and how it is read back.

Rule: what is read may have been made by another version or changed by hand: then a field is
unknown, and the object is listed all the same.
"""

from datetime import datetime, timezone
from typing import Any, TypeVar

import msgspec

from kfnb_ext.engines.csi import keys
from kfnb_ext.kube.client import address
from kfnb_ext.model import cluster, environment, quantities, snapshots

API = f"{address.VOLUME_SNAPSHOTS.group}/{address.VOLUME_SNAPSHOTS.version}"
_T = TypeVar("_T")
GROUP = "VolumeGroupSnapshot"
STATES = (
    "Nothing was changed.",
    "Whether the change was made is not known.",
    "Everything is as it was before.",
)
LONGEST_NAME = 30  # of the notebook within an object's name: with id and number below 63


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """A claim and its mount as they were at the cut: the annotation ``VOLUME``."""

    volume: str = ""  # its name in the pod's spec
    mount: str = ""
    claim: str = ""
    uid: str = ""
    storage_class: str | None = None
    driver: str | None = None  # who provisioned it
    access_modes: tuple[str, ...] = ()
    volume_mode: str = "Filesystem"
    capacity: int | None = None  # bytes
    request: int | None = None  # bytes
    workspace: bool = False
    read_only: bool = False
    mounts: tuple[str, ...] = ()  # where it was mounted, when at several places
    index: int = 0
    of: int = 1  # how many volumes the set was to have


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """One set: what its objects have in common."""

    id: str
    namespace: str
    notebook: str  # the notebook's name, or the pod's where there is no notebook
    name: str
    reason: snapshots.SnapshotReason
    note: str
    creator: str
    left_out: tuple[snapshots.LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    environment: bytes = b""  # what the files run in


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One VolumeSnapshot of ours, as the cluster has it."""

    name: str
    uid: str
    set: str
    created: datetime
    deleting: bool
    touched: bool  # a controller has taken notice of it
    ready: bool | None
    cut: datetime | None  # when the storage made it
    size: int | None  # bytes that a claim made from it needs at least
    error: str
    snapshot_class: str
    volume: Volume
    group: str = ""  # the VolumeGroupSnapshot that it is a part of
    group_uid: str = ""
    made: bool = True  # False: the group stands in for it


def whose(here: cluster.Place) -> str:
    """What our objects carry as the notebook's name."""
    return here.notebook or here.pod


def labels(notebook: str, of_set: str = "") -> str:
    """The selector of our objects: of one notebook, or of one set of it."""
    wanted = {keys.MANAGED: keys.MANAGER, keys.NOTEBOOK: keys.value(notebook)}
    if of_set:
        wanted[keys.SET] = of_set
    return ",".join(f"{key}={value}" for key, value in wanted.items())


def name(cut: Cut, index: int) -> str:
    """The name of one object of a set; always the same for the same set and number."""
    head = cut.notebook[:LONGEST_NAME].strip("-.").lower()
    return f"{head}-{cut.id}-{index}" if head else f"kfnb-{cut.id}-{index}"


def group_name(cut: Cut) -> str:
    """The name of the group of a set; always the same for the same set."""
    return name(cut, 0).removesuffix("-0") + "-all"


def body(cut: Cut, volume: Volume, snapshot_class: str = "") -> dict[str, Any]:
    """The object to create."""
    spec: dict[str, Any] = {"source": {"persistentVolumeClaimName": volume.claim}}
    if snapshot_class:
        spec["volumeSnapshotClassName"] = snapshot_class
    return {
        "apiVersion": API,
        "kind": "VolumeSnapshot",
        "metadata": {
            "name": name(cut, volume.index),
            "namespace": cut.namespace,
            "labels": set_labels(cut),
            "annotations": set_annotations(cut) | {keys.VOLUME: encoded(volume)},
        },
        "spec": spec,
    }


def set_labels(cut: Cut) -> dict[str, str]:
    """By which the objects of a set are found again."""
    return {
        keys.MANAGED: keys.MANAGER,
        keys.NOTEBOOK: keys.value(cut.notebook),
        keys.SET: cut.id,
        keys.REASON: cut.reason,
    }


def set_annotations(cut: Cut) -> dict[str, str]:
    """What a person wrote, and what the set is."""
    found = {keys.NAME: cut.name, keys.NOTE: cut.note, keys.CREATOR: cut.creator}
    found |= {keys.ENVIRONMENT: environment.short(cut.environment)}
    found |= {keys.LEFT_OUT: encoded(cut.left_out), keys.WARNINGS: encoded(cut.warnings)}
    return {key: value for key, value in found.items() if value not in ("", "[]")}


def read(found: dict[str, Any]) -> Member:
    """One object of the API server."""
    metadata, spec, status = found["metadata"], found["spec"], found.get("status") or {}
    noted = _volume((metadata.get("annotations") or {}).get(keys.VOLUME, ""))
    claim = spec["source"].get("persistentVolumeClaimName") or noted.claim
    owners = metadata.get("ownerReferences") or ()
    group: dict[str, Any] = next((one for one in owners if one.get("kind") == GROUP), {})
    return Member(
        name=metadata["name"],
        uid=metadata["uid"],
        set=(metadata.get("labels") or {}).get(keys.SET) or metadata["name"],
        created=moment(metadata["creationTimestamp"]) or datetime.now(timezone.utc),
        deleting="deletionTimestamp" in metadata,
        touched=bool(status or metadata.get("finalizers")),
        ready=status.get("readyToUse"),
        cut=moment(status.get("creationTime")),
        # Some drivers report 0, which is not a size.
        size=quantities.size(status["restoreSize"]) or None if status.get("restoreSize") else None,
        error=str((status.get("error") or {}).get("message") or ""),
        snapshot_class=spec.get("volumeSnapshotClassName") or "",
        volume=msgspec.structs.replace(noted, claim=claim),
        group=group.get("name", ""),
        group_uid=group.get("uid", ""),
        made=found.get("kind") != GROUP,
    )


def left_out(annotations: dict[str, str]) -> tuple[snapshots.LeftOut, ...]:
    """The claims that a set does not hold."""
    return _decoded(annotations.get(keys.LEFT_OUT, ""), tuple[snapshots.LeftOut, ...], ())


def warnings(annotations: dict[str, str]) -> tuple[str, ...]:
    """What a person should know of a set."""
    return _decoded(annotations.get(keys.WARNINGS, ""), tuple[str, ...], ())


def moment(text: str | None) -> datetime | None:
    """A time as the API server writes it."""
    try:
        return msgspec.json.decode(f'"{text}"', type=datetime) if text else None
    except msgspec.MsgspecError:
        return None


def volumes(text: str) -> tuple[Volume, ...]:
    """The claims of a group, as its annotation has them."""
    return _decoded(text, tuple[Volume, ...], ())


def bare(message: str) -> str:
    """A message without what it says of the state that things are in."""
    for words in STATES:
        message = message.replace(words, "").strip()
    return message


def _volume(text: str) -> Volume:
    return _decoded(text, Volume, Volume())


def _decoded(text: str, kind: type[_T], otherwise: _T) -> _T:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError:
        return otherwise


def encoded(value: Any) -> str:
    """As an annotation holds it."""
    return msgspec.json.encode(value).decode()
