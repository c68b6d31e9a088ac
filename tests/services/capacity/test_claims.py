"""The claims of a pod, asked of an API server on the loopback."""

from pathlib import Path

import pytest

from kfnb_ext.kube import client
from kfnb_ext.kube.client.access import Access
from kfnb_ext.services.capacity.claims import Claims, of_pod, quantity
from tests.fakes import kubernetes

POD = {
    "spec": {
        "volumes": [
            {"name": "home", "persistentVolumeClaim": {"claimName": "demo-volume"}},
            {"name": "dshm", "emptyDir": {"medium": "Memory"}},
        ],
        "containers": [
            {
                "name": "demo",
                "volumeMounts": [
                    {"name": "home", "mountPath": "/home/jovyan/"},
                    {"name": "dshm", "mountPath": "/dev/shm"},
                ],
            },
            {"name": "istio-proxy"},
        ],
    }
}


def test_mounts_are_joined_with_their_claims():
    assert of_pod(POD) == {"/home/jovyan": "demo-volume"}
    assert of_pod({}) == {}


@pytest.mark.parametrize(
    ("text", "size"),
    [("10Gi", 10 << 30), ("500M", 500 * 10**6), ("1.5Ti", 3 << 39), ("12", 12), ("", None)],
)
def test_quantities_are_read_as_the_cluster_writes_them(text: str, size: int | None):
    assert quantity(text) == size


def test_where_the_cluster_refuses_nothing_is_known_and_nothing_waits(tmp_path: Path):
    asked: list[float] = []

    def door() -> client.Client:
        asked.append(1)
        with kubernetes.Cluster() as cluster:
            environment = {"KUBECONFIG": str(cluster.kubeconfig(tmp_path))}
            return client.Client(Access(environment, tmp_path / "none"), sleep=lambda _: None)

    now = [0.0]
    claims = Claims(door, "alice", "demo-0", clock=lambda: now[0])
    assert claims() == {}
    claims.wait(20)
    assert claims() == {}
    assert len(asked) == 1
    now[0] += 601
    claims()
    claims.wait(20)
    assert len(asked) == 2
