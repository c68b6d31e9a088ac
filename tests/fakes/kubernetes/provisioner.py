"""The life of a claim: waiting, provisioned, bound, grown, gone.

Rule: one transition at a time; None when there is nothing to do.
"""

from typing import TYPE_CHECKING, Any

from tests.fakes.kubernetes import claims, quantities
from tests.fakes.kubernetes.kinds import EVENT, STORAGE_CLASS, VOLUME, VOLUME_SNAPSHOT
from tests.fakes.kubernetes.store import Object

if TYPE_CHECKING:
    from tests.fakes.kubernetes.controllers import Controllers

BINDER = "persistentvolume-controller"
PROVISIONER = "volume.kubernetes.io/storage-provisioner"
OLD_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner"
NODE = "volume.kubernetes.io/selected-node"
WAITING = (
    "Waiting for a volume to be created either by the external provisioner '{driver}' or manually "
    "by the system administrator. If volume creation is delayed, please verify that the "
    "provisioner is running and correctly registered."
)
PENDING_ON_NODE = (
    "Waiting for user to (re-)start a pod to finish file system resize of volume on node."
)


def move(run: "Controllers", claim: Object) -> Object | None:
    """One transition of a claim."""
    if "deletionTimestamp" in claim["metadata"]:
        return _let_go(run, claim)
    if claim["status"].get("phase") == "Bound":
        return _grow(run, claim)
    if claim["spec"].get("volumeName"):
        return _bind(claim)
    return _provision(run, claim)


def _let_go(run: "Controllers", claim: Object) -> Object | None:
    finalizers = claim["metadata"].get("finalizers", [])
    if run.users(claim) or claims.PROTECTION not in finalizers:
        return None
    finalizers.remove(claims.PROTECTION)
    return claim


def _provision(run: "Controllers", claim: Object) -> Object | None:
    name = claim["spec"].get("storageClassName")
    if not name:
        return None
    found = run.world.store.get(STORAGE_CLASS, "", name)
    if found is None:
        text = f'storageclass.storage.k8s.io "{name}" not found'
        _once(run, claim, True, "ProvisioningFailed", text, BINDER)
        return None
    annotations = claim["metadata"].setdefault("annotations", {})
    if found.get("volumeBindingMode") == "WaitForFirstConsumer" and NODE not in annotations:
        users = run.users(claim)
        if not users:
            text = "waiting for first consumer to be created before binding"
            _once(run, claim, False, "WaitForFirstConsumer", text, BINDER)
            return None
        annotations[NODE] = users[0]["spec"].get("nodeName", "fake-node")
        return claim
    driver = found["provisioner"]
    if PROVISIONER not in annotations:
        run.event(claim, False, "ExternalProvisioning", WAITING.format(driver=driver), BINDER)
        annotations |= {PROVISIONER: driver, OLD_PROVISIONER: driver}
        return claim
    if driver not in run.drivers:
        return None
    return _volume(run, claim, driver)


def _volume(run: "Controllers", claim: Object, driver: str) -> Object | None:
    metadata = claim["metadata"]
    whose = f"{metadata['namespace']}/{metadata['name']}"
    text = f'External provisioner is provisioning volume for claim "{whose}"'
    _once(run, claim, False, "Provisioning", text, driver)
    failure = _source_failure(run, claim)
    if failure is not None:
        if failure:
            _once(run, claim, True, "ProvisioningFailed", failure, driver)
        return None
    failing = run.failing.get(metadata["name"])
    if failing:
        run.event(claim, True, "ProvisioningFailed", failing.pop(0), driver)
        return None
    name = f"pvc-{metadata['uid']}"
    spec = {"capacity": {"storage": claims.size(claim)}, "claimRef": {"name": metadata["name"]}}
    made = {"kind": "PersistentVolume", "apiVersion": "v1", "metadata": {"name": name}}
    run.world.store.add(VOLUME, made | {"spec": spec}, driver)
    text = f"Successfully provisioned volume {name}"
    run.event(claim, False, "ProvisioningSucceeded", text, driver)
    claim["spec"]["volumeName"] = name
    for key in ("bind-completed", "bound-by-controller"):
        metadata["annotations"][f"pv.kubernetes.io/{key}"] = "yes"
    return claim


def _source_failure(run: "Controllers", claim: Object) -> str | None:
    """Why the source cannot be used; empty: not yet; None: it can."""
    source = claim["spec"].get("dataSource")
    if not source or source["kind"] != "VolumeSnapshot":
        return None
    name = source["name"]
    before = f"error getting handle for DataSource Type VolumeSnapshot by Name {name}: "
    found = run.world.store.get(VOLUME_SNAPSHOT, claim["metadata"]["namespace"], name)
    if found is None:
        return (
            f"{before}error getting snapshot {name} from api server: "
            f'{VOLUME_SNAPSHOT.resource} "{name}" not found'
        )
    status = found.get("status") or {}
    if not status.get("readyToUse"):
        return f"{before}snapshot {name} is not Ready"  # not among the recordings
    asked, least = quantities.parse(claims.size(claim)), quantities.parse(status["restoreSize"])
    if asked < least:
        return (
            f"{before}requested volume size {int(asked)} is less than the size {int(least)} "
            f"for the source snapshot {name}"
        )
    return None


def _bind(claim: Object) -> Object:
    status: dict[str, Any] = {"phase": "Bound", "accessModes": claim["spec"]["accessModes"]}
    claim["status"] = status | {"capacity": {"storage": claims.size(claim)}}
    return claim


def _grow(run: "Controllers", claim: Object) -> Object | None:
    status, asked = claim["status"], claims.size(claim)
    if quantities.parse(asked) <= quantities.parse(status["capacity"]["storage"]):
        return None
    stage = status.get("allocatedResourceStatuses", {}).get("storage")
    now = run.world.store.now()
    condition = {"status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    if stage is None:
        text = "waiting for an external controller to expand this PVC"
        run.event(claim, False, "ExternalExpanding", text, "volume_expand")
        status["conditions"] = [{"type": "Resizing", **condition}]
        status["allocatedResources"] = {"storage": asked}
        status["allocatedResourceStatuses"] = {"storage": "ControllerResizeInProgress"}
        return claim
    if stage == "ControllerResizeInProgress":
        text = "Require file system resize of volume on node"
        run.event(claim, False, "FileSystemResizeRequired", text, "external-resizer")
        waiting = {"type": "FileSystemResizePending", **condition, "message": PENDING_ON_NODE}
        status["conditions"].append(waiting)
        status["allocatedResourceStatuses"] = {"storage": "NodeResizePending"}
        return claim
    if not (run.kubelet and run.users(claim)):
        return None
    # What the node makes of it is not among the recordings.
    status["capacity"] = {"storage": status["allocatedResources"]["storage"]}
    for key in ("conditions", "allocatedResourceStatuses"):
        del status[key]
    return claim


def _once(
    run: "Controllers", claim: Object, warning: bool, reason: str, message: str, who: str
) -> None:
    """A controller that keeps trying says so each time; here it says it once."""
    if not any(said["message"] == message for said in _said(run, claim)):
        run.event(claim, warning, reason, message, who)


def _said(run: "Controllers", claim: Object) -> list[Object]:
    uid = claim["metadata"]["uid"]
    events = run.world.store.all(EVENT, claim["metadata"]["namespace"])
    return [event for event in events if event["involvedObject"]["uid"] == uid]
