"""Where this notebook lives: its namespace, pod, image and claims, as the cluster tells it.

Rule: names come from the environment first (NB_PREFIX), then from the administrator's option;
the cluster confirms them. Reads only.
"""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.kube import claims, standing
from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.model import cluster, culling

NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
PLATFORMS: dict[str, cluster.Platform] = {"kubeflow": "kubeflow", "openshift": "openshift"}
PLATFORMS |= {"workspaces": "workspaces", "hub": "hub"}


class Names(msgspec.Struct, frozen=True):
    """What is known without asking anybody; empty: not known."""

    platform: cluster.Platform
    namespace: str
    notebook: str
    pod: str
    account: str = ""  # our own, by our token: whoever may read nothing asks for a role for it


def names(
    environment: Mapping[str, str] = os.environ,
    named: str = "",
    namespace_file: Path = NAMESPACE,
) -> Names:
    """Who we are by the environment; ``named`` is the option ``notebook`` (NAMESPACE/NAME)."""
    identity = culling.identify(environment)
    here, _, mine = named.rpartition("/")
    in_pod = bool(environment.get("KUBERNETES_SERVICE_HOST"))
    platform = PLATFORMS.get(identity.culler, "pod" if in_pod else "none")
    namespace = identity.namespace or here or _text(namespace_file)
    notebook = identity.name or mine
    pod = environment.get("HOSTNAME", "") if in_pod else f"{notebook}-0" if notebook else ""
    account = _account(_text(namespace_file.with_name("token"))) if in_pod else ""
    return Names(platform, namespace, notebook, pod, account)


def _account(token: str) -> str:
    """Whose token it is, as it says itself; empty: it does not."""
    try:
        said = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
        kind, _, name = str(claims["sub"]).rpartition(":")
    except (IndexError, KeyError, TypeError, ValueError):
        return ""
    return name if kind.startswith("system:serviceaccount:") else ""


def look(client: Client, known: Names, workspace: str) -> cluster.Place:
    """The place as the cluster tells it; ``workspace`` is the folder that snapshots are taken of.

    Raises: ClusterError; Unsupported where no pod of ours is known.
    """
    if not (known.namespace and known.pod):
        raise errors.Unsupported(
            "Which pod of the cluster this is, is not known.",
            "Inside a notebook it is known by itself; elsewhere name the notebook: "
            "KFNB_NOTEBOOK=NAMESPACE/NAME.",
        )
    pod = _pod(client, known)
    container = own_container(pod, known.notebook)
    labels = pod["metadata"].get("labels") or {}
    mounted = _mounted(client, known.namespace, pod, container, workspace)
    there = {one.claim.name for one in mounted}
    named = labels.get(standing.NOTEBOOK_LABEL) or labels.get(standing.WORKSPACE_LABEL, "")
    return cluster.Place(
        platform=standing.platform(known.platform, labels),
        namespace=known.namespace,
        notebook=known.notebook or str(named),
        pod=pod["metadata"].get("name") or known.pod,
        pod_uid=pod["metadata"].get("uid", ""),
        container=container["name"],
        node=pod["spec"].get("nodeName", ""),
        image=container.get("image", ""),
        digest=digest(pod, container),
        service_account=pod["spec"].get("serviceAccountName", "default"),
        mounted=mounted,
        lost=tuple(sorted({name for _, name in mounts(pod, container) if name not in there})),
    )


def _pod(client: Client, known: Names) -> dict[str, Any]:
    """Our pod; while it is away, what the object that stands for the notebook would make."""
    try:
        return client.get(address.PODS.at(known.namespace, known.pod)).body
    except failures.Missing:
        found = standing.pod(client, known.platform, known.namespace, known.notebook)
        if found is None:
            raise
        return found


def own_container(pod: dict[str, Any], notebook: str) -> dict[str, Any]:
    """The container that we run in: the one named like the notebook, else the first."""
    containers: list[dict[str, Any]] = pod["spec"]["containers"]
    return next((one for one in containers if one["name"] == notebook), containers[0])


def digest(pod: dict[str, Any], container: dict[str, Any]) -> str:
    """The image by its digest, as the node runs it; empty: the node does not tell.

    containerd writes ``repository@sha256:...``, others ``docker-pullable://`` before it; a bare
    ``sha256:...`` is an image's id, which nobody can pull.
    """
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        if status["name"] == container["name"]:
            found = str(status.get("imageID", "")).rpartition("://")[2]
            return found if "@sha256:" in found else ""
    return ""


def mounts(pod: dict[str, Any], container: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """The mounts of a container that are claims, each with its claim's name."""
    of_volume = {
        one["name"]: one["persistentVolumeClaim"]["claimName"]
        for one in pod["spec"].get("volumes") or ()
        if "persistentVolumeClaim" in one
    }
    mounted = container.get("volumeMounts") or ()
    return [(one, of_volume[one["name"]]) for one in mounted if one["name"] in of_volume]


def _mounted(
    client: Client,
    namespace: str,
    pod: dict[str, Any],
    container: dict[str, Any],
    workspace: str,
) -> tuple[cluster.Mounted, ...]:
    found, holder = [], workspace_mount(mounts(pod, container), workspace)
    read: dict[str, cluster.Claim] = {}
    for mount, name in mounts(pod, container):
        if name not in read:
            try:
                read[name] = claims.read(client, namespace, name)
            except failures.Missing:  # it is gone, and the pod will not start again
                continue
        found.append(
            cluster.Mounted(
                claim=read[name],
                volume=mount["name"],
                mount=mount["mountPath"].rstrip("/") or mount["mountPath"],
                sub_path=mount.get("subPath", ""),
                read_only=bool(mount.get("readOnly")),
                workspace=mount is holder,
            )
        )
    return tuple(found)


def workspace_mount(
    mounted: list[tuple[dict[str, Any], str]], workspace: str
) -> dict[str, Any] | None:
    """The mount that holds the workspace: the deepest one above it."""
    top = os.path.abspath(workspace)
    above = [one for one, _ in mounted if one["mountPath"] and _holds(one["mountPath"], top)]
    return max(above, key=lambda one: len(one["mountPath"]), default=None)


def _holds(mount: str, folder: str) -> bool:
    return mount == "/" or folder == mount.rstrip("/") or folder.startswith(f"{mount.rstrip('/')}/")


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
