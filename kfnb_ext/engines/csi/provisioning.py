"""New claims from the volumes of a snapshot.

A source that the cluster does not know is dropped without a word, and an empty volume is bound:
so the answer is compared with what was asked for.

Rule: a claim's name follows from the restore's id, so that none is made twice; one that we made
and nobody used yet may be deleted again, by its uid, and no other.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import keys, pods
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.members import Member
from kfnb_ext.kube import claims
from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.model import cluster, quantities

TRIES = 3
PATIENCE = 60.0  # seconds that a failing provisioner may go on trying
GROUP = "snapshot.storage.k8s.io"
COPIED = ("storageClassName", "accessModes", "volumeMode", "volumeAttributesClassName")
WAITS = "WaitForFirstConsumer"
RESTORED = re.compile(r"-r\d{8}-\d{6}-[0-9a-f]{6}$")
Object = dict[str, Any]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A claim to be made from a part of a snapshot."""

    name: str
    volume: str  # its name in the pod
    mount: str
    member: Member
    source: Object  # the claim whose place it takes, or what is known of it
    replaces: str = ""
    least: int | None = None  # bytes that a person wants

    @property
    def size(self) -> int | None:
        """The size that it asks for, in bytes: never below what the snapshot needs."""
        status, spec = self.source.get("status") or {}, self.source["spec"]
        held = [
            self.least,
            self.member.size,
            self.member.volume.capacity,
            self.member.volume.request,
            quantities.size((status.get("capacity") or {}).get("storage")),
            quantities.size(((spec.get("resources") or {}).get("requests") or {}).get("storage")),
        ]
        return max((one for one in held if one), default=None)


def name(claim: str, restore: str) -> str:
    """The name of the claim that takes another's place: always the same, and short enough."""
    tail = f"-r{restore}"
    plain = RESTORED.sub("", claim)  # not ever longer by each restore
    head = plain[: keys.LONGEST - len(tail)].strip("-.")
    return f"{head}{tail}".lower()


def source(context: Context, namespace: str, member: Member) -> Object:
    """The claim that the member was cut from, or what the cut remembers of it."""
    try:
        return context.client.get(address.CLAIMS.at(namespace, member.volume.claim)).body
    except failures.Missing:
        volume = member.volume
        spec: Object = {
            "accessModes": list(volume.access_modes) or ["ReadWriteOnce"],
            "volumeMode": volume.volume_mode,
        }
        if volume.storage_class:
            spec["storageClassName"] = volume.storage_class
        return {"metadata": {"name": volume.claim}, "spec": spec}


def body(wanted: Wanted, namespace: str, notebook: str, restore: str) -> Object:
    """The claim to create."""
    spec = {key: wanted.source["spec"][key] for key in COPIED if wanted.source["spec"].get(key)}
    had = wanted.source["metadata"].get("labels") or {}
    left = {*keys.TRACKED, keys.GROUP}  # the last by one who died while he cut it
    labels = {key: value for key, value in had.items() if key not in left}
    labels |= {keys.NOTEBOOK: keys.value(notebook), keys.RESTORE: restore}
    notes = {keys.FROM: wanted.member.name}
    if wanted.replaces:
        notes[keys.REPLACES] = wanted.replaces
    reference = {"apiGroup": GROUP, "kind": "VolumeSnapshot", "name": wanted.member.name}
    size = wanted.size
    assert size, "the size of a claim is looked at before it is made"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": wanted.name,
            "namespace": namespace,
            "labels": labels,
            "annotations": notes,
        },
        "spec": spec
        | {
            "resources": {"requests": {"storage": quantities.said(size)}},
            "dataSourceRef": reference,
        },
    }


def make(context: Context, namespace: str, wanted: Object, *, dry_run: bool = False) -> Object:
    """Make one claim, exactly once, and see that it kept its source.

    Raises: ClusterError; Conflict where the name is another's; EngineFailed for a lost source.
    """
    found = once(context, address.CLAIMS.at(namespace), wanted, dry_run=dry_run)
    kept = (found.get("spec") or {}).get("dataSourceRef") or {}
    asked = wanted["spec"]["dataSourceRef"]
    if {key: kept.get(key) for key in asked} != asked:
        if not dry_run:
            _delete(context.client, namespace, found)
        raise errors.EngineFailed(
            f"The cluster dropped the source of the claim {wanted['metadata']['name']}: its volume "
            "would have been empty. Nothing was changed.",
            "Show this to the administrator: claims from snapshots are not possible here.",
        )
    return found


def once(
    context: Context, place: address.Address, wanted: Object, *, dry_run: bool = False
) -> Object:
    """Make an object of ours exactly once: after a lost answer it is looked for.

    Raises: ClusterError; Conflict where the name is another's.
    """
    name = wanted["metadata"]["name"]
    for attempt in range(1, TRIES + 1):
        try:
            return context.client.create(place, wanted, dry_run=dry_run).body
        except failures.ClusterError as error:
            if dry_run and error.reason == "exists":
                return _ours(context, place.at(place.namespace, name), wanted) or wanted
            if not (error.uncertain or error.reason == "exists"):
                raise
            found = _ours(context, place.at(place.namespace, name), wanted)
            if found is not None:
                return found
            if attempt == TRIES:
                raise
        context.sleep(context.every)
    raise AssertionError("the last attempt returns or raises")


def _ours(context: Context, place: address.Address, wanted: Object) -> Object | None:
    try:
        found = context.client.get(place).body
    except failures.Missing:
        return None
    mine = wanted["metadata"]["labels"][keys.RESTORE]
    if (found["metadata"].get("labels") or {}).get(keys.RESTORE) != mine:
        raise errors.Conflict(
            f"There is another {place}. Nothing was changed.", "Try again: the next name differs."
        )
    return found


def bound(context: Context, namespace: str, names: Iterable[str], progress: base.Progress) -> None:
    """Wait until each claim has its volume, or waits for its pod as its class wants it.

    Raises: ClusterError, EngineFailed when it gets none, Cancelled.
    """
    began, troubled = context.now(), None
    left = list(names)
    while left:
        claim = claims.read(context.client, namespace, left[0])
        if claim.phase == "Bound" or _waits(context, namespace, claim):
            left.pop(0)
            continue
        trouble = pods.failing(context.client, namespace, claim.name)
        troubled = (troubled or context.now()) if trouble else None
        progress.phase(trouble or f"the storage makes the volume of {claim.name}")
        if _late(context, began, troubled):
            why = trouble or f"the claim {claim.name} did not get its volume in time"
            raise errors.EngineFailed(
                f"The restore was given up: {why}. The notebook was not changed.",
                "Show this to the administrator, or try another snapshot.",
            )
        progress.advance(0)
        context.sleep(context.every)


def _late(context: Context, began: datetime, troubled: datetime | None) -> bool:
    now = context.now()
    if troubled is not None and (now - troubled).total_seconds() > PATIENCE:
        return True
    return now - began > context.settings.ready_within


def _waits(context: Context, namespace: str, claim: cluster.Claim) -> bool:
    """Whether it gets its volume only once a pod wants it."""
    if claim.binding is not None:
        return claim.binding == WAITS
    events = pods.said(context.client, namespace, claim.uid)
    return any(event.get("reason") == WAITS for event in events)


def away(client: Client, namespace: str, restore: str, spare: Iterable[str] = ()) -> list[str]:
    """Delete the claims of a restore that never came to be used; the names of what is left.

    Raises: ClusterError when they cannot be looked for.
    """
    left, spared = [], set(spare)
    for found in of_restore(client, namespace, restore):
        if found["metadata"]["name"] in spared:
            continue
        try:
            _delete(client, namespace, found)
        except failures.ClusterError:
            left.append(found["metadata"]["name"])
    return left


def of_restore(client: Client, namespace: str, restore: str) -> list[Object]:
    """The claims that a restore made. Raises: ClusterError."""
    place = address.CLAIMS.at(namespace)
    found: list[Object] = client.list(place, labels=f"{keys.RESTORE}={restore}").body["items"]
    return found


def _delete(client: Client, namespace: str, found: Mapping[str, Any]) -> None:
    metadata = found["metadata"]
    try:
        client.delete(address.CLAIMS.at(namespace, metadata["name"]), uid=metadata["uid"])
    except failures.ClusterError as error:
        if error.reason == "not_found":
            return
        if not error.uncertain:
            raise
        client.delete(address.CLAIMS.at(namespace, metadata["name"]), uid=metadata["uid"])
