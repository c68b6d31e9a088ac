"""The schemas of the custom resources that we touch: as much of them as the recordings show.

Rule: a field that is not known is dropped, with a warning or a refusal as the request asks.
"""

from typing import Any

from tests.fakes.kubernetes import groups, statuses
from tests.fakes.kubernetes.kinds import Kind
from tests.fakes.kubernetes.statuses import Cause

Object = dict[str, Any]
CONTAINER = """
    args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports
    readinessProbe resizePolicy resources restartPolicy securityContext startupProbe stdin
    stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts
    workingDir
"""


def check(kind: Kind, made: Object, before: Object | None) -> None:
    """Raises: Failure 422."""
    causes: list[Cause] = []
    if kind.kind == "Notebook":
        causes = _notebook(made)
    elif kind.kind == "VolumeSnapshot":
        causes = _volume_snapshot(made, before)
    elif kind.kind == "VolumeGroupSnapshot":
        causes = groups.check(made, before)
    if causes:
        raise statuses.invalid(kind, made["metadata"].get("name", ""), causes)


def prune(kind: Kind, made: Object) -> list[str]:
    """Drop the fields that the schema does not know; their paths."""
    gone = []
    if kind.kind == "Notebook":
        for number, container in enumerate(_containers(made)):
            for key in sorted(set(container) - set(CONTAINER.split())):
                del container[key]
                gone.append(f"spec.template.spec.containers[{number}].{key}")
    return gone


def _containers(made: Object) -> list[Object]:
    spec = made.get("spec") or {}
    return ((spec.get("template") or {}).get("spec") or {}).get("containers") or []


def _notebook(made: Object) -> list[Cause]:
    return [
        Cause("FieldValueRequired", f"spec.template.spec.containers[{number}].{key}")
        for number, container in enumerate(_containers(made))
        for key in ("name", "image")
        if not container.get(key)
    ]


def _volume_snapshot(made: Object, before: Object | None) -> list[Cause]:
    spec = made.get("spec") or {}
    source = spec.get("source") or {}
    causes = []
    if len({"persistentVolumeClaimName", "volumeSnapshotContentName"} & set(source)) != 1:
        why = "exactly one of volumeSnapshotContentName and persistentVolumeClaimName must be set"
        causes.append(Cause("FieldValueInvalid", "spec.source", why=why))
    if spec.get("volumeSnapshotClassName") == "":
        why = "volumeSnapshotClassName must not be the empty string when set"
        causes.append(Cause("FieldValueInvalid", "spec.volumeSnapshotClassName", '""', why))
    old = ((before or {}).get("spec") or {}).get("source") or {}
    for key, value in source.items():
        if before and old.get(key, value) != value:
            field = f"spec.source.{key}"
            causes.append(Cause("FieldValueInvalid", field, f'"{value}"', f"{key} is immutable"))
    return causes
