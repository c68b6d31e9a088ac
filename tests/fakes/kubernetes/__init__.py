"""A small API server of our own: a real HTTP server over a store, for tests.

What it answers is held to recordings of a real one (``tests/vectors/kubernetes``) by
``tests/fakes/test_kubernetes.py``. Where no recording exists (Jobs, group snapshots, workspaces
of Kubeflow 2.0) it follows the published API and is unverified.

Not checked, where a real server would refuse: the content of Pods, StatefulSets, Services, of
Jobs beyond their containers, and of Notebooks beyond theirs. With ``controllers.workloads``
Notebooks get their pods, Jobs run, and what lost its owner goes. Not simulated: making an object
by server-side apply, the controller of Workspaces.

Rule: an answer is computed from the store and the rules, never kept ready for a request.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.fakes.kubernetes import api, rbac
from tests.fakes.kubernetes.controllers import Controllers
from tests.fakes.kubernetes.server import Server
from tests.fakes.kubernetes.wire import Request, Response
from tests.fakes.kubernetes.world import World


class Cluster:
    """One running cluster: ``world`` is it, ``faults`` go wrong on the wire, ``log`` has it all."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.world = World(clock=clock) if clock else World()
        self.world.rights.tokens |= {"editor-token": rbac.editor(), "admin-token": rbac.ADMIN}
        for name in ("alice", "bob"):
            metadata = {"name": name}
            space = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            self.world.seed(space | {"status": {"phase": "Active"}})
        self.controllers = Controllers(self.world)
        self.server = Server(self._answer, self.world.now)
        self.url = ""

    def _answer(self, request: Request) -> Response:
        answer = api.answer(self.world, request)
        if self.controllers.automatic:
            self.controllers.step()
        return answer

    @property
    def faults(self) -> Any:
        """What goes wrong on the wire."""
        return self.server.faults

    @property
    def log(self) -> list[Request]:
        """Every request that came."""
        return self.server.log

    def start(self, certificate: Path | None = None, key: Path | None = None) -> "Cluster":
        """Begin to serve."""
        self.url = self.server.start(certificate, key)
        return self

    def stop(self) -> None:
        """End, with every watch."""
        self.world.closing.set()
        self.server.stop()

    def __enter__(self) -> "Cluster":
        return self if self.url else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self.server.mistakes:
            raise AssertionError("the fake API server broke") from self.server.mistakes[0]

    def kubeconfig(self, folder: Path, token: str = "editor-token") -> Path:
        """A file that leads here, as this identity; its token lies in a file of its own."""
        (folder / "token").write_text(token)
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "me", "user": {"tokenFile": str(folder / "token")}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "me"}}],
        }
        path = folder / "kubeconfig"
        path.write_text(json.dumps(config))
        return path

    def renew_token(self, folder: Path, old: str = "editor-token", new: str = "fresh") -> None:
        """Put a fresh token into its file; the old one is refused from now on."""
        tokens = self.world.rights.tokens
        tokens[new] = tokens.pop(old)
        (folder / "token").write_text(new)


def notebook(name: str = "demo", namespace: str = "alice", **annotations: str) -> dict[str, Any]:
    """A Notebook as Kubeflow's form makes it; more annotations come as ``**{key: value}``."""
    container = {
        "name": name,
        "image": "ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.10.0",
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}},
        "volumeMounts": [{"name": "home", "mountPath": "/home/jovyan"}],
    }
    home = {"name": "home", "persistentVolumeClaim": {"claimName": f"{name}-home"}}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app": name},
            "annotations": {"notebooks.kubeflow.org/server-type": "jupyter", **annotations},
        },
        "spec": {"template": {"spec": {"containers": [container], "volumes": [home]}}},
    }
