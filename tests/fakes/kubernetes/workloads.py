"""What the server itself does to pods and to what makes them: defaults, grace, orphans.

Nothing of it is among the recordings but the defaults of a pod; it follows the published API and
is unverified.

Rule: what happens later is the controllers'; here is only what one request does.
"""

import copy
from typing import Any

from tests.fakes.kubernetes import statuses
from tests.fakes.kubernetes.kinds import JOB, POD, Kind
from tests.fakes.kubernetes.store import Object
from tests.fakes.kubernetes.world import World

POD_DEFAULTS: Object = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
CONTAINER_DEFAULTS: Object = {
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "imagePullPolicy": "IfNotPresent",
    "resources": {},
}
ENDED = ("Succeeded", "Failed")


def prepare(kind: Kind, made: Object) -> None:
    """Fill in and check a new Job. Raises: Failure 422."""
    if kind is not JOB:
        return
    spec, name = made.setdefault("spec", {}), made["metadata"].get("name", "")
    template = spec.get("template") or {}
    pod = template.get("spec") or {}
    causes = []
    if not pod.get("containers"):
        causes.append(statuses.Cause("FieldValueRequired", "spec.template.spec.containers"))
    if pod.get("restartPolicy") not in ("Never", "OnFailure"):
        why = 'supported values: "OnFailure", "Never"'
        field, value = "spec.template.spec.restartPolicy", f'"{pod.get("restartPolicy", "Always")}"'
        causes.append(statuses.Cause("FieldValueNotSupported", field, value, why))
    if len(name) > 63:  # it is a label of its pods
        why = "must be no more than 63 bytes"
        causes.append(statuses.Cause("FieldValueInvalid", "spec.template.labels", f'"{name}"', why))
    if causes:
        raise statuses.invalid(kind, name, causes)
    for key, value in (("backoffLimit", 6), ("completions", 1), ("parallelism", 1)):
        spec.setdefault(key, value)
    pod_defaults(pod)


def pod_defaults(spec: Object) -> None:
    """What the server puts into a pod's specification."""
    for key, value in POD_DEFAULTS.items():
        spec.setdefault(key, copy.deepcopy(value))
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    for container in spec.get("containers") or ():
        for key, value in CONTAINER_DEFAULTS.items():
            container.setdefault(key, copy.deepcopy(value))
        for port in container.get("ports") or ():
            port.setdefault("protocol", "TCP")


def runs(world: World, kind: Kind, found: Object) -> bool:
    """Whether a kubelet must end it before it can go."""
    return grace(world, kind, found) > 0


def grace(world: World, kind: Kind, found: Object) -> int:
    """Seconds that a pod has to end; 0: it goes at once."""
    on_node = kind is POD and found["spec"].get("nodeName")
    if not (world.graceful and on_node) or (found.get("status") or {}).get("phase") in ENDED:
        return 0
    return int(found["spec"].get("terminationGracePeriodSeconds", 30))


def orphan(world: World, kind: Kind, owner: Object, propagation: str) -> None:
    """Let what it owns live on, where that was asked for; a Job's pods do so by default."""
    if (propagation or ("Orphan" if kind is JOB else "")) != "Orphan":
        return
    for pod in world.store.all(POD, owner["metadata"].get("namespace", "")):
        if owner["metadata"]["uid"] in owners(pod):
            freed = copy.deepcopy(pod)
            del freed["metadata"]["ownerReferences"]
            world.store.settle(POD, freed, pod)


def owners(found: Object) -> list[Any]:
    """The uids of those who own it."""
    return [one["uid"] for one in found["metadata"].get("ownerReferences") or ()]


def owned_by(owner: Object) -> list[Object]:
    """The reference of what a controller makes for ``owner``."""
    metadata = owner["metadata"]
    whose = {"name": metadata["name"], "uid": metadata["uid"]}
    kind = {"apiVersion": owner["apiVersion"], "kind": owner["kind"]}
    return [kind | whose | {"controller": True, "blockOwnerDeletion": True}]
