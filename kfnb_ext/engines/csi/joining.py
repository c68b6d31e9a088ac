"""The VolumeSnapshots of a group, read as if we had made each of them.

The cluster makes them, without a label or annotation of ours: what we know of them lies on the
group (VolumeGroupSnapshot), and it is put onto each. Until one is there, the group stands in for
it; so a group always has one object for each of its volumes, and everything that reads a set need
not know how it was cut.

Rule: where group snapshots are not served, or may not be read, nothing is asked twice.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.csi import keys, members
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.members import Volume
from kfnb_ext.kube.client import address, failures
from kfnb_ext.kube.client.address import Address
from kfnb_ext.model import rights

LIST = rights.Right(rights.GROUP, "volumegroupsnapshots", "list")
WITHOUT = "the group was cut without this claim"
Object = dict[str, Any]


def place(context: Context) -> Address | None:
    """Where groups are on this cluster; None: not served, or nobody told."""
    try:
        version = context.rights().served.groups
    except errors.KfnbError:
        return None
    known = address.GROUP_SNAPSHOTS
    return msgspec.structs.replace(known, version=version) if version else None


def single(context: Context, namespace: str, notebook: str, of_set: str = "") -> list[Object]:
    """Those that we made one by one. Raises: ClusterError."""
    selector = members.labels(notebook, of_set)
    place_ = address.VOLUME_SNAPSHOTS.at(namespace)
    found: list[Object] = context.client.list(place_, labels=selector).body["items"]
    return found


def objects(
    context: Context, namespace: str, notebook: str, of_set: str = "", *, strict: bool = False
) -> list[Object]:
    """The VolumeSnapshots of one notebook, or of one set of it. Raises: ClusterError.

    ``strict``: groups that may not be read are a failure, as for one who just made one.
    """
    selector = members.labels(notebook, of_set)
    groups = _groups(context, namespace, selector, strict=strict)
    if not groups:
        return single(context, namespace, notebook, of_set)
    snapshots = address.VOLUME_SNAPSHOTS.at(namespace)
    found: list[Object] = context.client.list(snapshots).body["items"]  # members have no labels
    alone = [one for one in found if _chosen(one, selector)]
    sets = {_label(one) for one in alone}
    # A group that was given up is being deleted, and its volumes were cut one by one instead.
    kept = [one for one in groups if not (_going(one) and _label(one) in sets)]
    return [*alone, *(one for group in kept for one in _members(group, found))]


def lingering(context: Context, namespace: str, uids: Iterable[str]) -> list[Object]:
    """The members of a group that is gone, as far as they are still there."""
    wanted = set(uids)
    if not wanted:
        return []
    found = context.client.list(address.VOLUME_SNAPSHOTS.at(namespace)).body["items"]
    return [one for one in found if one["metadata"]["uid"] in wanted]


def _groups(context: Context, namespace: str, selector: str, *, strict: bool) -> list[Object]:
    where = place(context)
    if where is None or context.rights().may(LIST) is False:
        return []
    try:
        listed = context.client.list(where.at(namespace), labels=selector).body["items"]
    except failures.ClusterError as error:
        # The rights are as old as this process. Who looks sees the others at least; who waits for
        # one, or takes it away again, must not take it for gone.
        if not strict and error.reason in ("rbac", "not_served"):
            return []
        raise
    return list(listed)


def _members(group: Object, found: list[Object]) -> list[Object]:
    """One object for each volume of the group."""
    own = {_claim(one): one for one in found if _belongs(one, group)}
    noted = members.volumes((group["metadata"].get("annotations") or {}).get(keys.VOLUMES, ""))
    if not noted:  # spoilt by hand: what there is tells the rest
        noted = tuple(Volume(claim=claim, of=len(own)) for claim in own) or (Volume(),)
    return [_dressed(group, own.get(one.claim), one) for one in noted]


def _belongs(one: Object, group: Object) -> bool:
    metadata, status = group["metadata"], one.get("status") or {}
    owners = one["metadata"].get("ownerReferences") or ()
    return status.get("volumeGroupSnapshotName") == metadata["name"] or any(
        owner.get("uid") == metadata["uid"] for owner in owners
    )


def _dressed(group: Object, member: Object | None, volume: Volume) -> Object:
    whole, status = group["metadata"], group.get("status") or {}
    found = member or _stand_in(group, volume)
    notes = (whole.get("annotations") or {}) | {keys.VOLUME: members.encoded(volume)}
    metadata = found["metadata"] | {
        "labels": whole.get("labels") or {},
        "annotations": notes,
        "creationTimestamp": whole["creationTimestamp"],  # of the set: the same for all
        "ownerReferences": [
            {"kind": members.GROUP, "name": whole["name"], "uid": whole["uid"]},
        ],
    }
    if _going(group):
        metadata["deletionTimestamp"] = whole["deletionTimestamp"]
    told = dict(found.get("status") or {})
    if status.get("error") and not told.get("error"):
        told["error"] = status["error"]
    return found | {"metadata": metadata, "status": told}


def _stand_in(group: Object, volume: Volume) -> Object:
    status = dict(group.get("status") or {})
    if status.pop("readyToUse", None):
        status["error"] = {"message": f"{WITHOUT}: {volume.claim}"}
    return {
        "kind": members.GROUP,
        "metadata": dict(group["metadata"]),
        "spec": {"source": {"persistentVolumeClaimName": volume.claim}},
        "status": status,
    }


def _claim(one: Object) -> str:
    return str(one["spec"]["source"].get("persistentVolumeClaimName") or "")


def _going(one: Object) -> bool:
    return "deletionTimestamp" in one["metadata"]


def _label(one: Object) -> str:
    return str((one["metadata"].get("labels") or {}).get(keys.SET) or "")


def _chosen(one: Object, selector: str) -> bool:
    held = one["metadata"].get("labels") or {}
    wanted = (part.split("=", 1) for part in selector.split(","))
    return all(held.get(key) == value for key, value in wanted)
