"""The notebook controller: a Notebook becomes a StatefulSet, and its pod's state its status.

Held to the recordings `statefulset_get_200`, `notebook_get_running_200`, `notebook_get_stopped_200`
and `notebook_watch_start_to_running_200`. Not done: the Service, the VirtualService, culling, and
the endless rewriting of `lastProbeTime` by released versions.

Rule: labels and annotations reach the pod's template at creation alone, the template's `spec`
always and whole.
"""

import copy
from typing import TYPE_CHECKING, Any

from tests.fakes.kubernetes import workloads
from tests.fakes.kubernetes.kinds import NOTEBOOK, POD, STATEFUL_SET
from tests.fakes.kubernetes.store import Object

if TYPE_CHECKING:
    from tests.fakes.kubernetes.controllers import Controllers

STOPPED = "kubeflow-resource-stopped"
WHO = "notebook-controller"
NO_POD: Object = {"conditions": [], "containerState": {}, "readyReplicas": 0}


def move(run: "Controllers", notebook: Object) -> Object | None:
    """One transition: the StatefulSet first, then the status."""
    if "deletionTimestamp" in notebook["metadata"]:
        return None
    namespace, name = notebook["metadata"]["namespace"], notebook["metadata"]["name"]
    before = run.world.store.get(STATEFUL_SET, namespace, name)
    wanted = generate(notebook)
    if before is None:
        before = run.world.store.add(STATEFUL_SET, wanted, WHO)
    after = copy.deepcopy(before)
    after["spec"]["replicas"] = wanted["spec"]["replicas"]
    after["spec"]["template"]["spec"] = wanted["spec"]["template"]["spec"]
    if after != before:
        run.write(STATEFUL_SET, after, before)
        return None
    notebook["status"] = _status(run, notebook, before)
    return notebook


def generate(notebook: Object) -> Object:
    """The StatefulSet as the controller makes it, with what the server fills in."""
    metadata = notebook["metadata"]
    name, given = metadata["name"], metadata.get("annotations") or {}
    labels = {"statefulset": name, "notebook-name": name, **(metadata.get("labels") or {})}
    copied = {k: v for k, v in given.items() if "kubectl" not in k and "notebook" not in k}
    template: Object = {"metadata": {"labels": labels}, "spec": _pod(notebook)}
    template["metadata"] |= {"annotations": copied} if copied else {}
    spec = {
        "replicas": 0 if STOPPED in given else 1,
        "selector": {"matchLabels": {"statefulset": name}},
        "template": template,
        "serviceName": "",
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "revisionHistoryLimit": 10,
    }
    made = {"name": name, "namespace": metadata["namespace"]}
    made["ownerReferences"] = workloads.owned_by(notebook)
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": made, "spec": spec}


def _pod(notebook: Object) -> Object:
    spec: Object = copy.deepcopy(notebook["spec"]["template"]["spec"])
    metadata, first = notebook["metadata"], spec["containers"][0]
    first.setdefault("workingDir", "/home/jovyan")
    if not first.get("ports"):
        first["ports"] = [{"name": "notebook-port", "containerPort": 8888}]
    environment = first.setdefault("env", [])
    if not any(one["name"] == "NB_PREFIX" for one in environment):
        value = f"/notebook/{metadata['namespace']}/{metadata['name']}"
        environment.append({"name": "NB_PREFIX", "value": value})
    spec.setdefault("securityContext", {"fsGroup": 100})
    workloads.pod_defaults(spec)
    return spec


def _status(run: "Controllers", notebook: Object, stateful_set: Object) -> Object:
    namespace, name = notebook["metadata"]["namespace"], notebook["metadata"]["name"]
    pod = run.world.store.get(POD, namespace, f"{name}-0")
    status = copy.deepcopy(NO_POD)
    status["readyReplicas"] = (stateful_set.get("status") or {}).get("readyReplicas", 0)
    if pod is None:
        return status
    found = pod.get("status") or {}
    status["conditions"] = [_condition(one) for one in found.get("conditions") or ()]
    for container in found.get("containerStatuses") or ():
        if container["name"] == name:
            status["containerState"] = container["state"]
    return status


def _condition(found: Object) -> Object:
    told = {k: v for k, v in found.items() if k in ("status", "type", "reason", "message")}
    stamps = ("lastProbeTime", "lastTransitionTime")
    return dict.fromkeys(stamps, found["lastTransitionTime"]) | told


def reissue(run: "Controllers", about: Object, warning: bool, reason: str, message: str) -> None:
    """Say again on the Notebook what was said of its pod or its StatefulSet."""
    metadata = about["metadata"]
    name = (metadata.get("labels") or {}).get("notebook-name") or metadata["name"]
    notebook = run.world.store.get(NOTEBOOK, metadata["namespace"], name)
    if notebook and about["kind"] in ("Pod", "StatefulSet"):
        text = f"Reissued from {about['kind'].lower()}/{metadata['name']}: {message}"
        run.event(notebook, warning, reason, text, WHO)


def claims_of(pod: Object) -> list[Any]:
    """The claims that a pod mounts."""
    volumes = (pod.get("spec") or {}).get("volumes") or []
    found = [(v.get("persistentVolumeClaim") or {}).get("claimName") for v in volumes]
    return [name for name in found if name]
