"""The life of a VolumeSnapshot: classed, bound to a content, ready, gone.

Rule: one transition at a time; None when there is nothing to do.
"""

from typing import TYPE_CHECKING, Any

from tests.fakes.kubernetes import claims
from tests.fakes.kubernetes.kinds import (
    CLAIM,
    SNAPSHOT_CLASS,
    SNAPSHOT_CONTENT,
    STORAGE_CLASS,
    VOLUME_SNAPSHOT,
)
from tests.fakes.kubernetes.store import Object

if TYPE_CHECKING:
    from tests.fakes.kubernetes.controllers import Controllers

WHO = "snapshot-controller"
ROOT = "snapshot.storage.kubernetes.io"
AS_SOURCE = f"{ROOT}/volumesnapshot-as-source-protection"
BOUND = f"{ROOT}/volumesnapshot-bound-protection"
CLAIM_AS_SOURCE = f"{ROOT}/pvc-as-source-protection"
DEFAULT = f"{ROOT}/is-default-class"


def move(run: "Controllers", snapshot: Object) -> Object | None:
    """One transition of a snapshot."""
    if "deletionTimestamp" in snapshot["metadata"]:
        return release(run, snapshot)
    status = snapshot.get("status") or {}
    if status.get("readyToUse"):
        return None
    name = snapshot["spec"].get("volumeSnapshotClassName")
    if not name:
        return _default_class(run, snapshot)
    found = run.world.store.get(SNAPSHOT_CLASS, "", name)
    if found is None:
        text = f'volumesnapshotclass.snapshot.storage.k8s.io "{name}" not found'
        text = f"Failed to get snapshot class with error {text}"
        return failed(run, snapshot, "GetSnapshotClassFailed", text, ready=None)
    finalizers = snapshot["metadata"].setdefault("finalizers", [])
    if AS_SOURCE not in finalizers:
        finalizers.append(AS_SOURCE)
        return snapshot
    if "boundVolumeSnapshotContentName" not in status:
        return content(run, snapshot, found["driver"])
    if found["driver"] not in run.drivers:
        return None  # another driver's class: nobody ever says a word
    if BOUND not in finalizers:
        finalizers.append(BOUND)
        return snapshot
    return taken(run, snapshot)


def _claim(run: "Controllers", snapshot: Object) -> Object | None:
    name = snapshot["spec"]["source"].get("persistentVolumeClaimName", "")
    return run.world.store.get(CLAIM, snapshot["metadata"]["namespace"], name)


def _default_class(run: "Controllers", snapshot: Object) -> Object | None:
    claim = _claim(run, snapshot)
    name = (claim or {"spec": {}})["spec"].get("storageClassName", "")
    driver = (run.world.store.get(STORAGE_CLASS, "", name) or {}).get("provisioner")
    fitting = [
        found["metadata"]["name"]
        for found in run.world.store.all(SNAPSHOT_CLASS)
        if found["driver"] == driver
        and (found["metadata"].get("annotations") or {}).get(DEFAULT) == "true"
    ]
    if len(fitting) == 1:
        snapshot["spec"]["volumeSnapshotClassName"] = fitting[0]
        return snapshot
    # Not among the recordings: the words are those of the controller's source.
    text = f"{len(fitting)} default snapshot classes were found"
    text = text if fitting else "cannot find default snapshot class"
    text = f"Failed to set default snapshot class with error {text}"
    return failed(run, snapshot, "SetDefaultSnapshotClassFailed", text, ready=None)


def content(run: "Controllers", snapshot: Object, driver: str) -> Object | None:
    """Make what stands for it at the storage, and bind it."""
    metadata = snapshot["metadata"]
    claim = _claim(run, snapshot)
    start = "Failed to create snapshot content with error "
    if claim is None:
        text = (
            f"{start}snapshot controller failed to update {metadata['name']} on API server: "
            "cannot get claim from snapshot"
        )
        return failed(run, snapshot, "SnapshotContentCreationFailed", text)
    name = claim["metadata"]["name"]
    if claim["status"].get("phase") != "Bound":
        text = (
            f"{start}failed to get input parameters to create snapshot {metadata['name']}: "
            f'"the PVC {name} is not yet bound to a PV, will not attempt to take a snapshot"'
        )
        return failed(run, snapshot, "SnapshotContentCreationFailed", text)
    _hold_claim(run, claim, True)
    bound = f"snapcontent-{metadata['uid']}"
    made = {"kind": "VolumeSnapshotContent", "apiVersion": SNAPSHOT_CONTENT.api_version}
    made |= {"metadata": {"name": bound}, "spec": {"driver": driver}}
    run.world.store.add(SNAPSHOT_CONTENT, made, WHO)
    whose = f"{metadata['namespace']}/{metadata['name']}"
    text = f"Waiting for a snapshot {whose} to be created by the CSI driver."
    run.event(snapshot, False, "CreatingSnapshot", text, WHO)
    snapshot["status"] = {"boundVolumeSnapshotContentName": bound, "readyToUse": False}
    return snapshot


def taken(run: "Controllers", snapshot: Object) -> Object | None:
    """The storage has cut it."""
    metadata, status = snapshot["metadata"], snapshot["status"]
    failing = run.failing.get(metadata["name"])
    if failing:
        return failed(run, snapshot, "", failing.pop(0), ready=False)
    whose = f"Snapshot {metadata['namespace']}/{metadata['name']}"
    text = f"{whose} was successfully created by the CSI driver."
    run.event(snapshot, False, "SnapshotCreated", text, WHO)
    run.event(snapshot, False, "SnapshotReady", f"{whose} is ready to use.", WHO)
    claim = _claim(run, snapshot)
    size = claims.size(claim) if claim else "1Gi"
    if claim:
        size = claim["status"].get("allocatedResources", claim["status"]["capacity"])["storage"]
        _hold_claim(run, claim, False)
    status.pop("error", None)  # it goes away when a retry succeeds
    status |= {"creationTime": run.world.store.now(), "readyToUse": True, "restoreSize": size}
    return snapshot


def failed(
    run: "Controllers", snapshot: Object, reason: str, text: str, ready: bool | None = False
) -> Object | None:
    """Tell an error, once; without a reason it comes from the content, whose events are its own."""
    status: dict[str, Any] = snapshot.setdefault("status", {})
    if (status.get("error") or {}).get("message") == text:
        return None
    if reason:
        run.event(snapshot, True, reason, text, WHO)
    status["error"] = {"message": text, "time": run.world.store.now()}
    if ready is not None:
        status["readyToUse"] = ready
    return snapshot


def release(run: "Controllers", snapshot: Object) -> Object | None:
    """Let go of one that is being deleted."""
    metadata = snapshot["metadata"]
    finalizers = metadata.get("finalizers", [])
    if AS_SOURCE in finalizers:
        if restoring(run, metadata["namespace"], metadata["name"]):
            text = "Snapshot is being used to restore a PVC"
            run.event(snapshot, True, "SnapshotDeletePending", text, WHO)
            return None
        claim = _claim(run, snapshot)
        if claim:
            _hold_claim(run, claim, False)
        finalizers.remove(AS_SOURCE)
        return snapshot
    name = (snapshot.get("status") or {}).get("boundVolumeSnapshotContentName", "")
    held = run.world.store.get(SNAPSHOT_CONTENT, "", name)
    if held:
        run.world.store.remove(SNAPSHOT_CONTENT, held)
    metadata["finalizers"] = []
    return snapshot


def restoring(run: "Controllers", namespace: str, name: str) -> bool:
    """Whether a claim is still being made from it."""
    wanted = {"apiGroup": VOLUME_SNAPSHOT.group, "kind": VOLUME_SNAPSHOT.kind, "name": name}
    return any(
        claim["spec"].get("dataSource") == wanted and claim["status"]["phase"] == "Pending"
        for claim in run.world.store.all(CLAIM, namespace)
    )


def _hold_claim(run: "Controllers", claim: Object, hold: bool) -> None:
    """A claim is kept while a snapshot of it is taken."""
    before = run.world.store.get(CLAIM, claim["metadata"]["namespace"], claim["metadata"]["name"])
    assert before
    finalizers = list(before["metadata"].get("finalizers", []))
    if (CLAIM_AS_SOURCE in finalizers) is hold:
        return
    finalizers = [f for f in finalizers if f != CLAIM_AS_SOURCE] + [CLAIM_AS_SOURCE] * hold
    claim["metadata"]["finalizers"] = finalizers
    run.write(CLAIM, claim, before)
