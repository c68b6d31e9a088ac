"""Claims and storage classes, read from what the API server answers.

Rule: reads only; a class that may not be read leaves its fields None.
"""

from typing import Any

from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.model import cluster, quantities

PROVISIONERS = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)
STAGES = {
    "Resizing": "the storage is being enlarged",
    "FileSystemResizePending": "the file system waits to grow on the node",
    "ControllerResizeError": "enlarging the storage failed",
    "NodeResizeError": "growing the file system failed",
}


def read(client: Client, namespace: str, name: str) -> cluster.Claim:
    """One claim, with its class as far as that can be read. Raises: ClusterError."""
    body = client.get(address.CLAIMS.at(namespace, name)).body
    return of(body, storage_class(client, body["spec"].get("storageClassName") or ""))


def storage_class(client: Client, name: str) -> dict[str, Any] | None:
    """A storage class; None where it has no name, may not be read or is gone."""
    if not name:
        return None
    try:
        return client.get(address.STORAGE_CLASSES.at("", name)).body
    except failures.ClusterError as error:
        if error.reason in ("rbac", "forbidden", "not_found", "not_served"):
            return None
        raise


def of(body: dict[str, Any], of_class: dict[str, Any] | None = None) -> cluster.Claim:
    """What the claim's object says, with its class where that is known."""
    metadata, spec, status = body["metadata"], body["spec"], body.get("status") or {}
    notes = metadata.get("annotations") or {}
    drivers = (notes[key] for key in PROVISIONERS if notes.get(key))
    known = of_class or {}
    return cluster.Claim(
        name=metadata["name"],
        uid=metadata["uid"],
        phase=status.get("phase", "Pending"),
        storage_class=spec.get("storageClassName"),
        driver=known.get("provisioner") or next(drivers, None),
        access_modes=tuple(spec.get("accessModes") or ()),
        volume_mode=spec.get("volumeMode", "Filesystem"),
        requested=quantities.size((spec.get("resources", {}).get("requests") or {}).get("storage")),
        capacity=quantities.size((status.get("capacity") or {}).get("storage")),
        expandable=None if of_class is None else bool(known.get("allowVolumeExpansion")),
        binding=known.get("volumeBindingMode"),
        resizing=_resizing(status),
        going="deletionTimestamp" in metadata,
    )


def refusal(client: Client, body: dict[str, Any]) -> str:
    """Why the storage does not enlarge a claim, as the resizer last said it; empty: not said.

    Some resizers say so in an event alone, with no condition.
    """
    metadata = body["metadata"]
    try:
        place = address.EVENTS.at(metadata["namespace"])
        found = client.list(place, fields=f"involvedObject.uid={metadata['uid']}").body["items"]
    except failures.ClusterError:
        return ""
    said = [one for one in found if one.get("reason") == "VolumeResizeFailed"]
    said.sort(key=lambda one: str(one.get("lastTimestamp") or ""))
    return str(said[-1].get("message") or "") if said else ""


def unbounded(mount: str, total: int) -> str:
    """Of a file system that was larger than its claim all along: a directory of a larger one."""
    return (
        f"The file system at {mount} has {total / quantities.GIB:.1f} GiB for all the volumes on "
        "it: the claim's size does not bound it."
    )


def _resizing(status: dict[str, Any]) -> str:
    found = {one["type"]: one for one in status.get("conditions") or () if one["status"] == "True"}
    stage = str((status.get("allocatedResourceStatuses") or {}).get("storage") or "")
    if stage.startswith("Node"):  # a later try worked: the resizer leaves its old error there
        found.pop("ControllerResizeError", None)
    last = next((name for name in reversed(STAGES) if name in found), "")
    return ": ".join(filter(None, [STAGES.get(last, ""), found.get(last, {}).get("message", "")]))
