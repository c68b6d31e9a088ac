"""Serves the fake cluster with one notebook of two volumes, for tests that are not Python.

    python -m tests.fakes.serve_cluster FOLDER [stock]

Writes FOLDER/kubeconfig, says "ready" and serves until its standard input ends. ``stock``: with
the rights that Kubeflow gives, which hold none to snapshots.
"""

import sys
from pathlib import Path

from tests.engines import csi_pod
from tests.fakes.kubernetes import Cluster


def main(folder: Path, stock: bool) -> None:
    """Serve until nobody listens."""
    with Cluster() as cluster:
        cluster.controllers.automatic = True
        if not stock:
            csi_pod.allow(cluster)
        csi_pod.seed(cluster, {"/home/jovyan": "demo-home", "/home/jovyan/data": "demo-data"})
        cluster.kubeconfig(folder)
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), "stock" in sys.argv[2:])
