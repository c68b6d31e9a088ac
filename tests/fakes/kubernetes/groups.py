"""The kinds of group snapshots: served once a test asks for them, and what they refuse.

UNVERIFIED: no recording of a real server holds a group. This follows the published API
(groupsnapshot.storage.k8s.io v1, v1beta2 and v1beta1 as of external-snapshotter 8.6).

Rule: a version is a name here: what is written and read is the same in all three.
"""

from typing import TYPE_CHECKING, Any

from tests.fakes.kubernetes import statuses
from tests.fakes.kubernetes.kinds import Kind
from tests.fakes.kubernetes.store import Object

if TYPE_CHECKING:
    from tests.fakes.kubernetes.world import World

API = "groupsnapshot.storage.k8s.io"
ROOT = "groupsnapshot.storage.kubernetes.io"
DEFAULT = f"{ROOT}/is-default-class"


def kinds(version: str) -> tuple[Kind, Kind, Kind]:
    """The group, its class and its content, in one version."""
    more: dict[str, Any] = {"custom": True, "generation": True}
    return (
        Kind(API, version, "volumegroupsnapshots", "VolumeGroupSnapshot", short=("vgs",), **more),
        Kind(API, version, "volumegroupsnapshotclasses", "VolumeGroupSnapshotClass",
             namespaced=False, status=False, short=("vgsclass",), **more),
        Kind(API, version, "volumegroupsnapshotcontents", "VolumeGroupSnapshotContent",
             namespaced=False, short=("vgsc",), **more),
    )  # fmt: skip


GROUP, CLASS, CONTENT = kinds("v1")  # the store does not tell versions apart


def serve(world: "World", *versions: str) -> None:
    """The cluster has the CRDs from now on."""
    for version in versions or ("v1",):
        world.registry.kinds += kinds(version)


def group_class(name: str, driver: str, *, default: bool = True, version: str = "v1") -> Object:
    """A VolumeGroupSnapshotClass."""
    notes = {DEFAULT: "true"} if default else {}
    return {
        "apiVersion": f"{API}/{version}",
        "kind": "VolumeGroupSnapshotClass",
        "metadata": {"name": name, "annotations": notes},
        "driver": driver,
        "deletionPolicy": "Delete",
    }


def check(made: Object, before: Object | None) -> list[statuses.Cause]:
    """What the CRD's rules refuse."""
    spec = made.get("spec") or {}
    source, causes = spec.get("source") or {}, []
    if len({"selector", "volumeGroupSnapshotContentName"} & set(source)) != 1:
        why = "exactly one of selector and volumeGroupSnapshotContentName must be set"
        causes.append(statuses.Cause("FieldValueInvalid", "spec.source", why=why))
    if spec.get("volumeGroupSnapshotClassName") == "":
        why = "volumeGroupSnapshotClassName must not be the empty string when set"
        field = "spec.volumeGroupSnapshotClassName"
        causes.append(statuses.Cause("FieldValueInvalid", field, '""', why))
    old = ((before or {}).get("spec") or {}).get("source") or {}
    if before and old.get("selector") != source.get("selector"):
        field, why = "spec.source.selector", "selector is immutable"
        causes.append(statuses.Cause("FieldValueInvalid", field, why=why))
    return causes
