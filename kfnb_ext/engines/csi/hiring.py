"""The guardian's Job: what it runs, as whom, and whether it can run at all.

It runs our own code out of the notebook's image: so that code and its interpreter must lie in the
image, and not on a volume, which the guardian does not mount.

Rule: the Job's name follows from the restore's id; it mounts nothing and asks for little.
"""

import importlib.util
import os
import sys
from datetime import timedelta
from typing import Any

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import happenings, keys, pods, provisioning
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.kube import place
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model import cluster

JOBS = address.Address("batch", "v1", "jobs")
WITHIN = timedelta(minutes=3)  # until its pod runs: the image lies on the node already
AFTERWARDS = 86400  # seconds for which an ended Job can still be looked at
SPARE = timedelta(minutes=30)  # beyond the restart and the way back
SMALL = {"cpu": "50m", "memory": "128Mi"}
MOST = {"cpu": "500m", "memory": "256Mi"}
COPIED = (
    "serviceAccountName",
    "securityContext",
    "tolerations",
    "imagePullSecrets",
    "nodeSelector",
)
Object = dict[str, Any]


def name(restore: str) -> str:
    """Of the Job."""
    return f"kfnb-guard-{restore}"


def unable(context: Context, here: cluster.Place) -> str:
    """Why no guardian can run; empty: it can, as far as this process sees."""
    if not context.inside:
        return "whether the notebook's image holds kfnb-ext cannot be seen from outside the pod"
    for module in ("kfnb_ext", "kubernetes"):
        found = importlib.util.find_spec(module)
        if found is None or not found.origin:
            return f"the Python package {module} is not installed here"
        if held := _mount(here, found.origin):
            return f"{module} lies on the volume mounted at {held}, not in the image"
    held = _mount(here, sys.executable)
    return f"Python lies on the volume mounted at {held}, not in the image" if held else ""


def _mount(here: cluster.Place, file: str) -> str:
    for path in {os.path.abspath(file), os.path.realpath(file)}:
        for one in here.mounted:
            if path.startswith(one.mount.rstrip("/") + "/"):
                return one.mount
    return ""


def body(context: Context, whose: Target, here: cluster.Place, restore: str) -> Object:
    """The Job. Raises: ClusterError when our own pod cannot be read."""
    pod = context.client.get(address.PODS.at(whose.namespace, whose.pod)).body
    own = place.own_container(pod, here.notebook)
    lasts = int((2 * context.settings.restart_within + SPARE).total_seconds())
    spec = {key: pod["spec"][key] for key in COPIED if pod["spec"].get(key)}
    spec |= {"automountServiceAccountToken": True} | _near(here.node)
    what = [whose.namespace, f"{whose.kind}/{whose.name}", whose.pod, restore]
    container = {
        "name": "guardian",
        "image": here.digest or here.image,
        "command": [sys.executable, "-m", "kfnb_ext", "guard", *what],
        "env": [
            {"name": "HOME", "value": "/tmp"},  # nothing of the user's is there
            {"name": "PYTHONNOUSERSITE", "value": "1"},
            {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"},  # CUDA images say: all of the node
            {"name": "KFNB_RESTORE_MINUTES", "value": f"{_minutes(context)}"},
        ],
        "workingDir": "/",
        "resources": {"requests": dict(SMALL), "limits": dict(MOST)},
    }
    if own.get("securityContext"):
        container["securityContext"] = own["securityContext"]
    if own.get("imagePullPolicy"):
        container["imagePullPolicy"] = "IfNotPresent"
    labels = {keys.MANAGED: keys.MANAGER, keys.NOTEBOOK: keys.value(whose.name)}
    labels[keys.RESTORE] = restore
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name(restore), "namespace": whose.namespace, "labels": labels},
        "spec": {
            "backoffLimit": 6,
            "activeDeadlineSeconds": lasts,
            "ttlSecondsAfterFinished": AFTERWARDS,
            "template": {
                "metadata": {"labels": {**labels, "sidecar.istio.io/inject": "false"}},
                "spec": spec | {"restartPolicy": "Never", "containers": [container]},
            },
        },
    }


def _near(node: str) -> Object:
    """On the notebook's node if there is room, for there its image lies already."""
    if not node:
        return {}
    named = {"key": "metadata.name", "operator": "In", "values": [node]}
    wish = {"weight": 100, "preference": {"matchFields": [named]}}
    return {
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}}
    }


def _minutes(context: Context) -> float:
    return context.settings.restart_within.total_seconds() / 60


def hire(context: Context, whose: Target, job: Object, progress: base.Progress) -> None:
    """Make the Job and wait until its pod runs: at two looks, since one that cannot runs shortly.

    Raises: ClusterError, EngineFailed, Cancelled.
    """
    made = provisioning.once(context, JOBS.at(whose.namespace), job)
    began, before = context.now(), set[str]()
    while True:
        running = _running(context, whose.namespace, job["metadata"]["name"])
        if running & before:
            return
        before = running
        why = _obstacle(context, whose.namespace, made["metadata"]["uid"])
        progress.phase(f"waiting for the guardian, which sees the restart through{why}")
        if context.now() - began > WITHIN:
            raise errors.EngineFailed(
                f"The guardian did not start in time{why}, so the restore was given up. "
                "The notebook was not changed.",
                "Try again; or without a guardian (--unguarded): nobody would go back by itself.",
            )
        progress.advance(0)
        context.sleep(context.every)


def _obstacle(context: Context, namespace: str, uid: str) -> str:
    """Why the Job makes no pod, which its dry run could not tell: a quota, a policy."""
    told = (
        str(event.get("message") or "")
        for event in pods.said(context.client, namespace, uid)
        if event.get("reason") == "FailedCreate"
    )
    return next((f" ({happenings.shorten(one)})" for one in told), "")


def _running(context: Context, namespace: str, job: str) -> set[str]:
    """The uids of its pods that run."""
    listed = context.client.list(address.PODS.at(namespace), labels=f"job-name={job}").body["items"]
    phases = {one["metadata"]["uid"]: (one.get("status") or {}).get("phase") for one in listed}
    return {uid for uid, phase in phases.items() if phase == "Running"}


def dismiss(context: Context, whose: Target, restore: str) -> bool:
    """Delete the Job of a restore that needs none any more; whether it is gone."""
    try:
        place_ = JOBS.at(whose.namespace, name(restore))
        context.client.delete(place_, propagation="Background")
    except failures.ClusterError as error:
        return error.reason == "not_found"
    return True


def tried(context: Context, whose: Target, job: Object) -> str:
    """Why the cluster would refuse the Job; empty: it would not."""
    try:
        context.client.create(JOBS.at(whose.namespace), job, dry_run=True)
    except failures.Refused as error:
        return error.message
    except failures.ClusterError as error:
        if error.reason in ("exists", "being_deleted"):
            return ""
        return error.message
    return ""
