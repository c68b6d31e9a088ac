"""The namespace of a person with one notebook, as a stock Kubeflow has it, on the fake cluster.

Made of recordings of a real API server; ``workspace`` is where the home is mounted.
"""

import copy
from collections.abc import Mapping
from typing import Any

from tests.fakes import kubernetes, recordings

DIGEST = "sha256:" + "ab" * 32
QUOTA = {"persistentvolumeclaims": "5", "requests.storage": "100Gi", "requests.nvidia.com/gpu": "2"}
USED = {"persistentvolumeclaims": "5", "requests.storage": "60Gi", "requests.nvidia.com/gpu": "1"}


def body(name: str) -> dict[str, Any]:
    """What a real API server answered."""
    return copy.deepcopy(recordings.load(name)["response"]["body"])


def quota(hard: Mapping[str, str], used: Mapping[str, str]) -> dict[str, Any]:
    """A ResourceQuota that the cluster has counted."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "kf-resource-quota", "namespace": "alice"},
        "spec": {"hard": dict(hard)},
        "status": {"hard": dict(hard), "used": dict(used)},
    }


def settle(cluster: kubernetes.Cluster, workspace: str = "/home/jovyan") -> None:
    """Put the notebook, its pod, its claim, the classes and the quota there."""
    pod, claim = body("pod_get_200"), body("pvc_get_bound_200")
    claim["metadata"]["name"] = "nb-demo-home"
    container = pod["spec"]["containers"][0]
    container["volumeMounts"][0]["mountPath"] = workspace
    pod["status"]["containerStatuses"][0]["imageID"] = f"{container['image'][:-8]}@{DIGEST}"
    notebook = body("notebook_get_running_200")
    cluster.world.seed(notebook, pod, claim, body("storageclass_get_200"), quota(QUOTA, USED))
