"""The controller of StatefulSets with one replica, and of Jobs' and everybody's orphans.

Rule: a pod that never became Ready is not replaced when the template changes
(kubernetes/kubernetes#67250): it must be deleted first.
"""

import copy
import hashlib
import json
from typing import TYPE_CHECKING

from tests.fakes.kubernetes import admission, notebooks, statuses, workloads
from tests.fakes.kubernetes.kinds import POD, STATEFUL_SET
from tests.fakes.kubernetes.store import Object

if TYPE_CHECKING:
    from tests.fakes.kubernetes.controllers import Controllers

WHO = "statefulset-controller"
REVISION = "controller-revision-hash"


def move(run: "Controllers", found: Object) -> Object | None:
    """One transition of a StatefulSet: its pod first, then its status."""
    namespace, name = found["metadata"]["namespace"], found["metadata"]["name"]
    pod = run.world.store.get(POD, namespace, f"{name}-0")
    revision = _revision(found)
    if pod is None and found["spec"]["replicas"]:
        _create(run, found, revision)
    elif pod is not None and "deletionTimestamp" not in pod["metadata"]:
        outdated = ready(pod) and pod["metadata"]["labels"][REVISION] != revision
        ended = (pod.get("status") or {}).get("phase") in workloads.ENDED
        if outdated or ended or not found["spec"]["replicas"]:
            say(run, found, f"Delete Pod {name}-0 in StatefulSet {name} successful", "Delete")
            end(run, pod)
    found["status"] = _status(found, pod, revision)
    return found


def ready(pod: Object) -> bool:
    """Whether the pod is Ready, and not on its way out."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    met = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return met and "deletionTimestamp" not in pod["metadata"]


def end(run: "Controllers", pod: Object) -> None:
    """Delete a pod as a request would."""
    seconds = workloads.grace(run.world, POD, pod)
    if not seconds:
        run.world.store.remove(POD, pod)
        return
    going = copy.deepcopy(pod)
    now = run.world.store.now()
    going["metadata"] |= {"deletionTimestamp": now, "deletionGracePeriodSeconds": seconds}
    run.world.store.settle(POD, going, pod)


def say(run: "Controllers", found: Object, text: str, what: str, failed: bool = False) -> None:
    """An event of a StatefulSet, which its Notebook repeats."""
    reason = f"{'Failed' if failed else 'Successful'}{what}"
    run.event(found, failed, reason, text, WHO)
    notebooks.reissue(run, found, failed, reason, text)


def _revision(found: Object) -> str:
    text = json.dumps(found["spec"]["template"], sort_keys=True)
    return f"{found['metadata']['name']}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _create(run: "Controllers", found: Object, revision: str) -> None:
    metadata, name = found["metadata"], f"{found['metadata']['name']}-0"
    template = copy.deepcopy(found["spec"]["template"])
    labels = {
        **template["metadata"]["labels"],
        "apps.kubernetes.io/pod-index": "0",
        "statefulset.kubernetes.io/pod-name": name,
        REVISION: revision,
    }
    made = {"name": name, "generateName": f"{metadata['name']}-", "labels": labels}
    made |= {"namespace": metadata["namespace"], "ownerReferences": workloads.owned_by(found)}
    noted = template["metadata"].get("annotations")
    made |= {"annotations": noted} if noted else {}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": made}
    pod |= {"spec": template["spec"] | {"hostname": name}, "status": {"phase": "Pending"}}
    what = f"Create Pod {name} in StatefulSet {metadata['name']}"
    try:
        admission.check(run.world, POD, pod)
    except statuses.Failure as failure:
        say(run, found, f"{what} failed error: {failure.message}", "Create", failed=True)
        return
    run.world.store.add(POD, pod, WHO)
    say(run, found, f"{what} successful", "Create")


def _status(found: Object, pod: Object | None, revision: str) -> Object:
    is_ready = 1 if pod is not None and ready(pod) else 0
    current = pod["metadata"]["labels"][REVISION] if pod else revision
    return {
        "observedGeneration": found["metadata"]["generation"],
        "replicas": 1 if pod else 0,
        "readyReplicas": is_ready,
        "availableReplicas": is_ready,
        "currentReplicas": 1 if pod else 0,
        "updatedReplicas": 1 if pod and current == revision else 0,
        "currentRevision": current,
        "updateRevision": revision,
        "collisionCount": 0,
    }


def collect(run: "Controllers") -> bool:
    """Remove one object whose owners are all gone; whether there was one."""
    alive = {one["metadata"]["uid"] for one in run.world.store.objects.values()}
    for kind in (STATEFUL_SET, POD):
        for found in run.world.store.all(kind):
            whose = workloads.owners(found)
            if whose and not alive & set(whose) and "deletionTimestamp" not in found["metadata"]:
                if kind is POD:
                    end(run, found)
                else:
                    run.world.store.remove(kind, found)
                return True
    return False
