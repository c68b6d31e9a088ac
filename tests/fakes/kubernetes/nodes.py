"""The scheduler and one node: a pod waits for its claims, runs, becomes ready, ends.

A running pod is held to the recording `pod_get_200`, one that cannot be scheduled to
`pod_get_unschedulable_200`. What a mount that fails and a container that crashes look like
follows the published API and is unverified. A real scheduler's events have no count; so here.

Rule: one transition at a time; what shall go wrong is said by ``Node``, by the name of a pod or
of a claim that it mounts.
"""

import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tests.fakes.kubernetes import notebooks, workloads
from tests.fakes.kubernetes.kinds import CLAIM, STORAGE_CLASS
from tests.fakes.kubernetes.store import Object

if TYPE_CHECKING:
    from tests.fakes.kubernetes.controllers import Controllers

NAME = "fake-node"
ADDRESS = "10.244.0.2"
READY = ("Initialized", "Ready", "ContainersReady", "PodScheduled")


class Program(Protocol):
    """What runs in a pod."""

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""


@dataclass
class Node:
    """What happens to pods. The sets hold names of pods, or of claims that pods mount."""

    unschedulable: set[str] = field(default_factory=set)  # no room for it
    unmountable: set[str] = field(default_factory=set)  # FailedMount, for ever
    slow: set[str] = field(default_factory=set)  # its volume comes late, and the node says so
    pulling: set[str] = field(default_factory=set)  # its volume came late, its image is on the way
    never_ready: set[str] = field(default_factory=set)  # it runs, and does not answer
    crashing: set[str] = field(default_factory=set)  # CrashLoopBackOff
    start: Callable[[Object], Program] | None = None  # runs a Job's pod; None: it runs for ever
    programs: dict[str, Program] = field(default_factory=dict)  # by the pod's uid

    def meets(self, trouble: set[str], pod: Object) -> bool:
        """Whether the trouble is this pod's."""
        return bool(trouble & {pod["metadata"]["name"], *notebooks.claims_of(pod)})


def move(run: "Controllers", pod: Object) -> Object | None:
    """One transition of a pod."""
    status = pod.setdefault("status", {"phase": "Pending"})
    if "deletionTimestamp" in pod["metadata"]:
        return _ended(run, pod)
    if status.get("phase") in workloads.ENDED:
        return None
    if not pod["spec"].get("nodeName"):
        return _schedule(run, pod)
    if run.node.meets(run.node.unmountable, pod):
        return _unmounted(run, pod)
    if run.node.meets(run.node.slow, pod):
        return _slowly(run, pod)
    if run.node.meets(run.node.pulling, pod):
        return _pull(run, pod)
    if run.node.meets(run.node.crashing, pod):
        return _crash(run, pod)
    return _run(run, pod)


def _ended(run: "Controllers", pod: Object) -> Object:
    program = run.node.programs.pop(pod["metadata"]["uid"], None)
    if program is not None and hasattr(program, "kill"):
        program.kill()
    pod["metadata"]["deletionGracePeriodSeconds"] = 0
    return pod


def _schedule(run: "Controllers", pod: Object) -> Object | None:
    metadata = pod["metadata"]
    why = _obstacle(run, pod)
    if why:
        text = f"0/1 nodes are available: {why}"
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
        same = [c for c in pod["status"].get("conditions") or () if c.get("message") == text]
        if not same:
            now = {"lastProbeTime": None, "lastTransitionTime": run.world.store.now()}
            pod["status"]["conditions"] = [condition | now | {"message": text}]
            _say(run, pod, True, "FailedScheduling", text, "default-scheduler")
        return pod
    for name in notebooks.claims_of(pod):
        claim = run.world.store.get(CLAIM, metadata["namespace"], name)
        if claim and claim["status"].get("phase") != "Bound":
            return None  # the scheduler has chosen a node, and waits for the volume
    pod["spec"]["nodeName"] = NAME
    text = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {NAME}"
    _say(run, pod, False, "Scheduled", text, "default-scheduler")
    pod["status"] |= {"conditions": _conditions(run, ("PodScheduled",), ())}
    return pod


def _obstacle(run: "Controllers", pod: Object) -> str:
    """Why no node takes it, in the scheduler's words; empty: one does."""
    if run.node.meets(run.node.unschedulable, pod):
        return "1 Insufficient cpu. preemption: 0/1 nodes are available."
    for name in notebooks.claims_of(pod):
        claim = run.world.store.get(CLAIM, pod["metadata"]["namespace"], name)
        if claim is None:
            return f'persistentvolumeclaim "{name}" not found. not found'
        if "deletionTimestamp" in claim["metadata"]:
            return f'persistentvolumeclaim "{name}" is being deleted.'
        others = [u for u in run.users(claim) if u["metadata"]["uid"] != pod["metadata"]["uid"]]
        taken = [u for u in others if u["spec"].get("nodeName")]
        if "ReadWriteOncePod" in claim["spec"]["accessModes"] and taken:
            return (
                "1 node has pod using PersistentVolumeClaim with the same name and "
                "ReadWriteOncePod access mode."
            )
        of_class = run.world.store.get(STORAGE_CLASS, "", claim["spec"].get("storageClassName", ""))
        waits = (of_class or {}).get("volumeBindingMode") == "WaitForFirstConsumer"
        if claim["status"].get("phase") != "Bound" and not waits:
            return "pod has unbound immediate PersistentVolumeClaims."
    return ""


def _unmounted(run: "Controllers", pod: Object) -> Object:
    if _creating(run, pod):
        text = 'MountVolume.SetUp failed for volume "data" : rpc error: code = Internal'
        _say(run, pod, True, "FailedMount", text, "kubelet")
    return pod


def _slowly(run: "Controllers", pod: Object) -> Object:
    """The words are those of the kubelet's source."""
    if _creating(run, pod):
        text = (
            "Unable to attach or mount volumes: unmounted volumes=[home], unattached volumes=[], "
            "failed to process volumes=[]: context deadline exceeded"
        )
        _say(run, pod, True, "FailedMount", text, "kubelet")
    return pod


def _pull(run: "Controllers", pod: Object) -> Object:
    if _creating(run, pod):
        text = (
            'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one '
            "node and can't be attached to another"
        )
        _say(run, pod, True, "FailedAttachVolume", text, "attachdetach-controller")
        _say(run, pod, False, "SuccessfulAttachVolume", "AttachVolume.Attach succeeded", "x")
        image = pod["spec"]["containers"][0]["image"]
        _say(run, pod, False, "Pulling", f'Pulling image "{image}"', "kubelet")
    return pod


def _creating(run: "Controllers", pod: Object) -> bool:
    """Let its containers wait to be made; whether they did not before."""
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    if (pod["status"].get("containerStatuses") or [{}])[0].get("state") == waiting:
        return False
    met, unmet = ("Initialized", "PodScheduled"), ("Ready", "ContainersReady")
    pod["status"] |= {"conditions": _conditions(run, met, unmet)}
    pod["status"]["containerStatuses"] = _containers(pod, waiting, is_ready=False)
    return True


def _crash(run: "Controllers", pod: Object) -> Object:
    before = (pod["status"].get("containerStatuses") or [{"restartCount": -1}])[0]
    if before["restartCount"] >= 5:
        return pod
    text = "back-off 20s restarting failed container"
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": text}}
    met = ("Initialized", "PodScheduled")
    pod["status"] |= {"phase": "Running", "startTime": run.world.store.now()}
    pod["status"]["conditions"] = _conditions(run, met, ("Ready", "ContainersReady"))
    found = _containers(pod, waiting, is_ready=False)
    for one in found:
        one["restartCount"] = before["restartCount"] + 1
    pod["status"]["containerStatuses"] = found
    _say(run, pod, True, "BackOff", text, "kubelet")
    return pod


def _run(run: "Controllers", pod: Object) -> Object | None:
    uid, node = pod["metadata"]["uid"], run.node
    is_job = "batch.kubernetes.io/job-name" in (pod["metadata"].get("labels") or {})
    if pod["status"].get("phase") != "Running":
        if is_job and node.start is not None:
            node.programs[uid] = node.start(copy.deepcopy(pod))
        return _started(run, pod)
    code = node.programs[uid].poll() if uid in node.programs else None
    if code is not None:
        del node.programs[uid]
        pod["status"] |= {"phase": "Failed" if code else "Succeeded"}
        pod["status"]["conditions"] = _conditions(run, ("PodScheduled",), ("Ready",))
        ended = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed"}}
        pod["status"]["containerStatuses"] = _containers(pod, ended, is_ready=False)
        return pod
    restored = not node.meets(node.never_ready, pod)
    return None if restored is _is_ready(pod) else _started(run, pod)


def _is_ready(pod: Object) -> bool:
    found = pod["status"].get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in found)


def _started(run: "Controllers", pod: Object) -> Object:
    now, stuck = run.world.store.now(), run.node.meets(run.node.never_ready, pod)
    pod["status"] |= {"phase": "Running", "startTime": now, "qosClass": "Burstable"}
    pod["status"] |= {"podIP": ADDRESS, "podIPs": [{"ip": ADDRESS}]}
    unmet = ("Ready", "ContainersReady") if stuck else ()
    met = tuple(one for one in READY if one not in unmet)
    pod["status"]["conditions"] = _conditions(run, met, unmet)
    state = {"running": {"startedAt": now}}
    pod["status"]["containerStatuses"] = _containers(pod, state, is_ready=not stuck)
    return pod


def _conditions(
    run: "Controllers", met: tuple[str, ...], unmet: tuple[str, ...]
) -> list[dict[str, Any]]:
    now = {"lastProbeTime": None, "lastTransitionTime": run.world.store.now()}
    told = [(one, "True" if one in met else "False") for one in READY if one in (*met, *unmet)]
    return [{"type": name, "status": status} | now for name, status in told]


def _containers(pod: Object, state: Object, *, is_ready: bool) -> list[Object]:
    found = []
    for container in pod["spec"]["containers"]:
        image = container["image"]
        one = {"name": container["name"], "state": copy.deepcopy(state), "lastState": {}}
        one |= {"ready": is_ready, "restartCount": 0, "image": image, "imageID": digest(image)}
        found.append(one | {"started": "running" in state})
    return found


def digest(image: str) -> str:
    """The image as a node with containerd names it."""
    repository = image.partition("@")[0]
    tagged = repository.rpartition(":")
    repository = tagged[0] if tagged[0] and "/" not in tagged[2] else repository
    known = image.partition("@")[2] or f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"
    return f"{repository}@{known}"


def _say(run: "Controllers", pod: Object, warning: bool, reason: str, text: str, who: str) -> None:
    run.event(pod, warning, reason, text, who)
    notebooks.reissue(run, pod, warning, reason, text)
