"""The claims of a pod, asked of an API server on the loopback."""

from pathlib import Path

from kfnb_ext import errors
from kfnb_ext.kube import client
from kfnb_ext.kube.client.access import Access
from kfnb_ext.services.capacity.claims import Claims, Seen, of_pod
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


def test_where_the_cluster_refuses_nothing_is_known_and_nothing_waits(tmp_path: Path):
    asked: list[float] = []

    def door() -> client.Client:
        asked.append(1)
        with kubernetes.Cluster() as cluster:
            environment = {"KUBECONFIG": str(cluster.kubeconfig(tmp_path))}
            return client.Client(Access(environment, tmp_path / "none"), sleep=lambda _: None)

    now = [0.0]
    claims = Claims(door, "alice", "demo-0", clock=lambda: now[0])
    claims.looked()
    assert claims() == Seen()
    claims.wait(20)
    assert claims() == Seen()
    assert len(asked) == 1
    now[0] += 601
    claims.looked()
    claims()
    claims.wait(20)
    assert len(asked) == 2


def test_nobody_is_asked_while_nobody_looks():
    now, asked = [0.0], []

    def door() -> client.Client:
        asked.append(now[0])
        raise errors.Unsupported("There is no cluster.")

    claims = Claims(door, "alice", "demo-0", clock=lambda: now[0])
    for _ in range(3):
        claims()
        now[0] += 601
    assert not asked
    claims.looked()
    now[0] += 61
    claims()
    assert not asked, "somebody looked, but not any more"


def test_notebook_and_claims_are_read_and_what_is_refused_leaves_the_rest(tmp_path: Path):
    with kubernetes.Cluster() as cluster:
        notebook = kubernetes.notebook()
        cluster.world.seed(notebook)
        environment = {"KUBECONFIG": str(cluster.kubeconfig(tmp_path))}
        door = client.Client(Access(environment, tmp_path / "none"), sleep=lambda _: None)
        claims = Claims(lambda: door, "alice", "demo-0", "demo")
        claims.looked()
        claims()
        claims.wait(20)
        found = claims()
    assert found.mounts == {}, "the pod is not there"
    assert found.spec == notebook["spec"]
