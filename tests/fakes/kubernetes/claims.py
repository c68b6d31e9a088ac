"""PersistentVolumeClaims: what the server fills in, what it refuses, what may change later.

Rule: the claim's life after it is stored (binding, growing, going) is the controllers'.
"""

import difflib
import json
from typing import Any

from tests.fakes.kubernetes import quantities, statuses
from tests.fakes.kubernetes.kinds import CLAIM
from tests.fakes.kubernetes.statuses import Cause

Object = dict[str, Any]
MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
PROTECTION = "kubernetes.io/pvc-protection"
SNAPSHOTS = "snapshot.storage.k8s.io"
IMMUTABLE = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName "
    "for bound claims\n"
)


def size(claim: Object) -> Any:
    """What the claim asks for, or None."""
    requests = (claim["spec"].get("resources") or {}).get("requests") or {}
    return requests.get("storage")


def prepare(made: Object, default_class: str) -> None:
    """Check a new claim and fill it in. Raises: Failure 400, 422."""
    spec = made.setdefault("spec", {})
    try:
        quantities.parse(size(made) or 0)
    except ValueError as error:
        text = 'PersistentVolumeClaim in version "v1" cannot be handled as a PersistentVolumeClaim'
        raise statuses.bad_request(f"{text}: {error}") from error
    _check(made)
    if default_class:
        spec.setdefault("storageClassName", default_class)
    spec.setdefault("volumeMode", "Filesystem")
    _source(spec)
    made["metadata"].setdefault("finalizers", []).append(PROTECTION)
    made["status"] = {"phase": "Pending"}


def _check(made: Object) -> None:
    causes = []
    supported = ", ".join(f'"{mode}"' for mode in MODES)
    for mode in made["spec"].get("accessModes") or []:
        if mode not in MODES:
            why = f"supported values: {supported}"
            causes.append(Cause("FieldValueNotSupported", "spec.accessModes", f'"{mode}"', why))
    if not made["spec"].get("accessModes"):
        why = "at least 1 access mode is required"
        causes.append(Cause("FieldValueRequired", "spec.accessModes", why=why))
    if size(made) is None:
        causes.append(Cause("FieldValueRequired", "spec.resources[storage]"))
    if causes:
        raise statuses.invalid(CLAIM, made["metadata"].get("name", ""), causes)


def _source(spec: Object) -> None:
    """A source of a kind that nobody provisions from is dropped without a word."""
    source = spec.pop("dataSource", None)
    reference = spec.pop("dataSourceRef", None)
    known = {(SNAPSHOTS, "VolumeSnapshot"), (None, "PersistentVolumeClaim")}
    if source and (source.get("apiGroup") or None, source.get("kind")) not in known:
        source = None
    source = source or reference
    if source:
        group = source.get("apiGroup") or None
        whole = {"apiGroup": group, "kind": source["kind"], "name": source["name"]}
        spec["dataSource"] = dict(whole)
        spec["dataSourceRef"] = dict(whole)


def change(new: Object, before: Object, expandable: bool) -> None:
    """Check a change of a claim. Raises: Failure 403, 422."""
    name = before["metadata"]["name"]
    bound = before.get("status", {}).get("phase") == "Bound"
    allowed = json.loads(json.dumps(before["spec"]))
    if bound and size(new) is not None:
        allowed.setdefault("resources", {}).setdefault("requests", {})["storage"] = size(new)
    if new["spec"] != allowed:
        cause = Cause(
            "FieldValueForbidden", "spec", why=IMMUTABLE + _difference(allowed, new["spec"])
        )
        raise statuses.invalid(CLAIM, name, [cause])
    old, asked = quantities.parse(size(before)), quantities.parse(size(new))
    has = quantities.parse(before.get("status", {}).get("capacity", {}).get("storage", 0))
    if asked < old and asked <= has:
        why = "field can not be less than status.capacity"
        cause = Cause("FieldValueForbidden", "spec.resources.requests.storage", why=why)
        raise statuses.invalid(CLAIM, name, [cause])
    if asked > old and not expandable:
        raise statuses.forbidden(
            CLAIM,
            name,
            "only dynamically provisioned pvc can be resized and the storageclass that "
            "provisions the pvc must support resize",
        )


def _difference(old: Object, new: Object) -> str:
    lines = difflib.unified_diff(_lines(old), _lines(new), n=3, lineterm="")
    return "".join(f"{line}\n" for line in list(lines)[2:])


def _lines(spec: Object) -> list[str]:
    """The specification as the server's own structure is printed: every field, by its Go name."""
    resources = spec.get("resources") or {}
    whole = {
        "AccessModes": spec.get("accessModes"),
        "Selector": spec.get("selector"),
        "Resources": {"Limits": resources.get("limits"), "Requests": resources.get("requests")},
        "VolumeName": spec.get("volumeName", ""),
        "StorageClassName": spec.get("storageClassName"),
        "VolumeMode": spec.get("volumeMode"),
        "DataSource": _go(spec.get("dataSource")),
        "DataSourceRef": _go(spec.get("dataSourceRef")),
        "VolumeAttributesClassName": spec.get("volumeAttributesClassName"),
    }
    return json.dumps(whole, indent=1).splitlines()


def _go(source: Object | None) -> Object | None:
    if source is None:
        return None
    return {"APIGroup": source.get("apiGroup"), "Kind": source["kind"], "Name": source["name"]}
