"""The model of a culler over a Notebook that lies in the fake API server.

Rule: the model reads and writes whole annotations, as the controller does; what it changed goes
to the cluster by one patch of an administrator.
"""

import json
import urllib.request

from tests.fakes.culler import Culler
from tests.fakes.kubernetes import Cluster


def notes(cluster: Cluster, name: str = "demo") -> dict[str, str]:
    """The annotations of a Notebook."""
    found = cluster.world.read("notebooks", "alice", name)
    assert found is not None
    return dict(found["metadata"]["annotations"])


def write(cluster: Cluster, name: str = "demo", **annotations: str | None) -> None:
    """Another writer's patch."""
    ask(cluster, "PATCH", name, {"metadata": {"annotations": annotations}})


def ask(cluster: Cluster, method: str, name: str = "demo", body: object = None) -> None:
    """An administrator's request; no client that is costly to make, for there are thousands."""
    request = urllib.request.Request(
        f"{cluster.url}/apis/kubeflow.org/v1/namespaces/alice/notebooks/{name}",
        data=json.dumps(body).encode(),
        method=method,
        headers={
            "Authorization": "Bearer admin-token",
            "User-Agent": "another",
            "Content-Type": "application/merge-patch+json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200, answer.read()


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
