"""The controller of Jobs. Nothing of it is among the recordings: the published API, unverified.

Rule: a Job makes one pod after another until one succeeds or too many have failed.
"""

import copy
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.fakes.kubernetes import admission, statefulsets, statuses, workloads
from tests.fakes.kubernetes.kinds import JOB, POD
from tests.fakes.kubernetes.store import Object

if TYPE_CHECKING:
    from tests.fakes.kubernetes.controllers import Controllers

WHO = "job-controller"


def move(run: "Controllers", job: Object) -> Object | None:
    """One transition of a Job."""
    status = job.setdefault("status", {})
    if status.get("conditions"):
        _clear(run, job)
        return None
    pods = [p for p in run.world.store.all(POD) if job["metadata"]["uid"] in workloads.owners(p)]
    phases = [(pod.get("status") or {}).get("phase") for pod in pods]
    status.setdefault("startTime", run.world.store.now())
    failed = phases.count("Failed")
    active = [p for p, phase in zip(pods, phases, strict=True) if phase not in workloads.ENDED]
    limit = job["spec"].get("activeDeadlineSeconds")
    status |= {"active": len(active), "failed": failed}
    if "Succeeded" in phases:
        status |= {"succeeded": 1, "completionTime": run.world.store.now(), "active": 0}
        _close(run, job, "Complete", "CompletionsReached")
    elif failed > job["spec"].get("backoffLimit", 6):
        _close(run, job, "Failed", "BackoffLimitExceeded")
    elif limit is not None and _age(run, status["startTime"]) > limit:
        for pod in active:
            statefulsets.end(run, pod)
        _close(run, job, "Failed", "DeadlineExceeded")
    elif not active:
        _create(run, job)
    return job


def _close(run: "Controllers", job: Object, how: str, reason: str) -> None:
    now = run.world.store.now()
    stamps = {"lastProbeTime": now, "lastTransitionTime": now}
    job["status"]["conditions"] = [{"type": how, "status": "True", "reason": reason} | stamps]


def _clear(run: "Controllers", job: Object) -> None:
    limit = job["spec"].get("ttlSecondsAfterFinished")
    ended = job["status"]["conditions"][0]["lastTransitionTime"]
    if limit is not None and _age(run, ended) > limit:
        run.world.store.remove(JOB, job)


def _age(run: "Controllers", stamp: str) -> float:
    then = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return (run.world.now() - then).total_seconds()


def _create(run: "Controllers", job: Object) -> None:
    metadata = job["metadata"]
    template = copy.deepcopy(job["spec"]["template"])
    labels = {
        **(template.get("metadata", {}).get("labels") or {}),
        "batch.kubernetes.io/job-name": metadata["name"],
        "job-name": metadata["name"],
        "batch.kubernetes.io/controller-uid": metadata["uid"],
    }
    made = {"name": f"{metadata['name'][:57]}-{uuid4().hex[:5]}", "labels": labels}
    made |= {"namespace": metadata["namespace"], "ownerReferences": workloads.owned_by(job)}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": made}
    pod |= {"spec": template["spec"], "status": {"phase": "Pending"}}
    try:
        admission.check(run.world, POD, pod)
    except statuses.Failure as failure:
        text = f"Error creating: {failure.message}"
        run.event(job, True, "FailedCreate", text, WHO)
        return
    run.world.store.add(POD, pod, WHO)
    run.event(job, False, "SuccessfulCreate", f"Created pod: {made['name']}", WHO)
