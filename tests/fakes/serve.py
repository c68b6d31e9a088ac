"""Serves the fake cluster with one notebook in it, for tests that are not Python.

    python -m tests.fakes.serve FOLDER WORLD WORKSPACE

WORLD is one of `worlds`. Writes FOLDER/kubeconfig, says "ready" and serves until its standard
input ends.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from tests.engines import csi_pod
from tests.fakes import alice, kubernetes
from tests.fakes.kubernetes import Cluster

MOUNTS = {"/home/jovyan": "demo-home", "/home/jovyan/data": "demo-data"}


def _volumes(cluster: Cluster, _: str) -> None:
    """Two volumes, and the right to cut them."""
    csi_pod.allow(cluster)
    _stock(cluster, _)


def _stock(cluster: Cluster, _: str) -> None:
    """Two volumes, with the rights that Kubeflow gives, which hold none to snapshots."""
    cluster.controllers.automatic = True
    csi_pod.seed(cluster, MOUNTS)


def _rigid(cluster: Cluster, _: str) -> None:
    """One volume, of a class that lets none grow, in a notebook that really restarts."""
    csi_pod.allow(cluster)
    of_class = {"metadata": {"name": "rigid"}, "provisioner": csi_pod.DRIVER}
    rigid = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"} | of_class
    home = csi_pod.claim("demo-home", storageClassName="rigid")
    cluster.world.seed(*csi_pod.classes(), rigid, home, kubernetes.notebook())
    run = cluster.controllers
    run.workloads = run.automatic = True
    run.settle()


worlds: dict[str, Callable[[Cluster, str], None]] = {
    "volumes": _volumes,
    "stock": _stock,
    "rigid": _rigid,
    "recorded": alice.settle,  # with a quota; the home is mounted at WORKSPACE
}

if __name__ == "__main__":
    folder, world, workspace = sys.argv[1:]
    with Cluster() as running:
        worlds[world](running, workspace)
        running.kubeconfig(Path(folder))
        print("ready", flush=True)
        sys.stdin.read()
