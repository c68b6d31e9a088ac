"""The fake cluster with one notebook in it, as a process of its own, for browsers.

    python -m tests.fakes.serve FOLDER WORKSPACE

Prints the path of a kubeconfig once it serves, and ends when its stdin does.
"""

import sys
from pathlib import Path

from tests.fakes import alice, kubernetes

if __name__ == "__main__":
    folder, workspace = sys.argv[1:]
    with kubernetes.Cluster() as running:
        alice.settle(running, workspace)
        print(running.kubeconfig(Path(folder)), flush=True)
        sys.stdin.read()
