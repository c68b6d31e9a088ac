"""The object that stands for the notebook, read where its pod is away: what a pod is made of.

A Workspace of Notebooks 2.0 names claims; where its home is mounted only its kind says, which a
pod may not read, and which is then empty.

Rule: reads only; whoever may not read it has no pod from it.
"""

from typing import Any

from kfnb_ext.kube.client import Client, address, failures, guard
from kfnb_ext.model import cluster

WORKSPACE_LABEL = "notebooks.kubeflow.org/workspace-name"
NOTEBOOK_LABEL = "notebook-name"
HUB_LABEL = "hub.jupyter.org/username"
OPENSHIFT = "opendatahub.io/workbenches"  # a label of its pods
CLOSED = ("rbac", "forbidden", "not_found", "not_served")


def platform(told: cluster.Platform, labels: dict[str, str]) -> cluster.Platform:
    """Which platform the pod is of: by the environment, and where that is silent by its labels."""
    if told in ("pod", "none"):
        for label, found in (
            (NOTEBOOK_LABEL, "kubeflow"),
            (WORKSPACE_LABEL, "workspaces"),
            (HUB_LABEL, "hub"),
        ):
            if label in labels:
                told = found  # type: ignore[assignment]
                break
    return "openshift" if told == "kubeflow" and OPENSHIFT in labels else told


def pod(client: Client, told: cluster.Platform, namespace: str, name: str) -> dict[str, Any] | None:
    """A pod as the Notebook or the Workspace would have it. Raises: ClusterError."""
    if not name:
        return None
    if told == "workspaces":
        return _of_workspace(client, namespace, name)
    body = _read(client, address.NOTEBOOKS.at(namespace, name))
    if body is None:
        return _of_workspace(client, namespace, name) if told in ("pod", "none") else None
    labels = {**(body["metadata"].get("labels") or {}), NOTEBOOK_LABEL: name}
    return {"metadata": {"labels": labels}, "spec": body["spec"]["template"]["spec"]}


def workspace(client: Client, namespace: str, name: str) -> dict[str, Any] | None:
    """The Workspace of Notebooks 2.0, where there is one that may be read. Raises: ClusterError."""
    return _read(client, address.WORKSPACES.at(namespace, name))


def stopped(found: dict[str, Any]) -> bool:
    """Whether somebody stopped the notebook that the object stands for: then it has no pod."""
    annotations = found["metadata"].get("annotations") or {}
    return guard.STOPPED in annotations or bool((found.get("spec") or {}).get("paused"))


def replaced(found: dict[str, Any]) -> tuple[str, ...]:
    """Options of a Workspace that its kind redirects to others, as `imageConfig: old, now new`."""
    status, spec = found.get("status") or {}, found.get("spec") or {}
    if not status.get("pendingRestart"):
        return ()
    chosen = (spec.get("podTemplate") or {}).get("options") or {}
    told = []
    for name, one in (status.get("podTemplateOptions") or {}).items():
        new, old = (one or {}).get("desired"), chosen.get(name)
        if new and old and new != old:
            told.append(f"{name}: {old}, now {new}")
    return tuple(told)


def _read(client: Client, of: address.Address) -> dict[str, Any] | None:
    try:
        return client.get(of).body
    except failures.ClusterError as error:
        if error.reason in CLOSED:
            return None
        raise


def _of_workspace(client: Client, namespace: str, name: str) -> dict[str, Any] | None:
    """Its pod, whose name only its status tells; else what it names."""
    body = workspace(client, namespace, name)
    if body is None:
        return None
    runs = str(((body.get("status") or {}).get("podTemplatePod") or {}).get("name") or "")
    there = _read(client, address.PODS.at(namespace, runs)) if runs else None
    return there or _imagined(body)


def _imagined(body: dict[str, Any]) -> dict[str, Any]:
    said = (body["spec"].get("podTemplate") or {}).get("volumes") or {}
    named = [("home-volume", said["home"], "", False)] if said.get("home") else []
    named += [
        (f"data-volume-{number}", one["pvcName"], one["mountPath"], bool(one.get("readOnly")))
        for number, one in enumerate(said.get("data") or ())
    ]
    volumes = [{"name": n, "persistentVolumeClaim": {"claimName": c}} for n, c, _, _ in named]
    mounts = [{"name": n, "mountPath": m, "readOnly": r} for n, _, m, r in named]
    spec: dict[str, Any] = {"containers": [{"name": "main", "volumeMounts": mounts}]}
    account = ((body.get("status") or {}).get("podTemplatePod") or {}).get("serviceAccountName")
    spec |= {"volumes": volumes} | ({"serviceAccountName": account} if account else {})
    return {"metadata": {"labels": {WORKSPACE_LABEL: body["metadata"]["name"]}}, "spec": spec}
