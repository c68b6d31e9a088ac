"""The model of a culler over a Notebook that lies in the fake API server.

Rule: the model reads and writes whole annotations, as the controller does; what it changed goes
to the cluster by one patch of an administrator.
"""

import json

import httpx

from tests.fakes.culler import Culler
from tests.fakes.kubernetes import Cluster


def notes(cluster: Cluster, name: str = "demo") -> dict[str, str]:
    """The annotations of a Notebook."""
    found = cluster.world.read("notebooks", "alice", name)
    assert found is not None
    return dict(found["metadata"]["annotations"])


def write(cluster: Cluster, name: str = "demo", **annotations: str | None) -> None:
    """Another writer's patch."""
    answer = httpx.patch(
        f"{cluster.url}/apis/kubeflow.org/v1/namespaces/alice/notebooks/{name}",
        content=json.dumps({"metadata": {"annotations": annotations}}),
        headers={
            "Authorization": "Bearer admin-token",
            "User-Agent": "another",
            "Content-Type": "application/merge-patch+json",
        },
    )
    assert answer.status_code == 200, answer.text


def reconcile(culler: Culler, cluster: Cluster, name: str = "demo") -> bool:
    """The culler's pass; whether the Notebook is stopped."""
    before = notes(cluster, name)
    culler.notebook.annotations = dict(before)
    culler.reconcile()
    after = culler.notebook.annotations
    changed = {k: after.get(k) for k in {*before, *after} if before.get(k) != after.get(k)}
    if changed:
        write(cluster, name, **changed)
    return culler.notebook.stopped


def ours(cluster: Cluster, method: str = "PATCH") -> int:
    """Our own requests that the cluster took."""
    found = [r for r in cluster.log if "kfnb-ext/" in r.headers.get("user-agent", "")]
    return sum(one.method == method and one.status == 200 for one in found)
