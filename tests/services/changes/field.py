"""A notebook that runs in a fake cluster, and the services that change it, over a real connection.

Time passes by being asked: each request moves the cluster's controllers by one transition.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from kfnb_ext import errors, state
from kfnb_ext.assembly.changing import Larger
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.kube import place
from kfnb_ext.kube.client import Client, Limits
from kfnb_ext.kube.client.access import Access
from kfnb_ext.model import advice, advising, levels, operations
from kfnb_ext.model.shm import Shm
from kfnb_ext.services.cluster.exchanging import Exchanging
from kfnb_ext.services.cluster.growing import Growing
from kfnb_ext.services.cluster.patching import Patching
from kfnb_ext.services.cluster.sending import Sending
from kfnb_ext.services.cluster.stopping import Stopping
from kfnb_ext.services.cluster.unpatching import Unpatching
from kfnb_ext.services.cluster.waiting_for_room import WaitingForRoom
from kfnb_ext.services.cluster.where import Where
from kfnb_ext.services.cluster.writing import Writing
from kfnb_ext.services.operations import Operations, Running
from tests.fakes import kubernetes, recordings

GIB = 1 << 30
NOON = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
SMALL = Shm(
    total=64 << 20, used=0, listed=0, hidden=0, origin="runtime_default",
    counts_against_memory=True,
)  # fmt: skip
ADVICE = "shm_small"


def claim(name: str, of_class: str = "csi-hostpath-sc", size: str = "1Gi") -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": of_class}
    spec |= {"volumeMode": "Filesystem", "resources": {"requests": {"storage": size}}}
    metadata = {"name": name, "namespace": "alice"}
    made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
    status = {"phase": "Bound", "capacity": {"storage": size}}
    return made | {"spec": spec, "status": status | {"accessModes": ["ReadWriteOnce"]}}


class Hands:
    """The services that change a notebook, over one way to its cluster."""

    def __init__(self, folder: Path, access: Access, limits: Limits, name: str, **site: bool):
        self.folder = folder
        self.client = Client(access, limits=limits, sleep=lambda s: None)
        self.where = Where(self.client, place.names({}, name, folder / "none"), "/home/jovyan")
        self.operations = Operations(
            state.State(folder, str(folder / "state")), "shell", logging.getLogger("test")
        )
        self.gate = Writing(lambda: self.client, self.where, self.operations, **site)
        self.shm, self.ticks, self.looks = SMALL, 0.0, 0
        self.snapshots = True
        sending = Sending(self.gate)
        self.patching = Patching(sending, self.propose, now=lambda: NOON)
        self.unpatching = Unpatching(sending)
        wait = WaitingForRoom(
            lambda: self.client, "alice", clock=lambda: self.ticks, sleep=self.pass_
        )
        larger = Larger(lambda: self.context)
        exchanging = Exchanging(self.gate, larger, self.allow)
        self.growing = Growing(self.gate, wait, exchanging)
        self.stopping = Stopping(self.gate, lambda wish, running: None, now=lambda: NOON)

    @property
    def context(self) -> Context:
        """What the engine of volumes works with, as if from outside the pod."""
        return Context(
            client=self.client,
            where=self.where.look,
            forget=self.where.forget,
            workspace="/home/jovyan",
            sleep=lambda seconds: self.step(),
            now=self._now,
        )

    def step(self) -> None:
        """A cluster elsewhere moves by itself."""

    def _now(self) -> datetime:
        """Each look at the clock takes some seconds."""
        self.looks += 1
        return NOON + timedelta(seconds=5 * self.looks)

    def allow(self, what: str) -> None:
        """What the site says of snapshots."""
        if not self.snapshots:
            raise errors.Forbidden(f"{what} is switched off by the administrator.")

    def pass_(self, seconds: float) -> None:
        self.ticks += seconds

    def propose(self, spec: Any) -> tuple[advice.Proposal, ...]:
        known = advice.Known(namespace="alice", notebook="demo", spec=spec)
        return advising.propose(None, self.shm, (), levels.Levels(), known)

    def ended(self, start: Callable[[], Running]) -> operations.Operation:
        """The operation, once it has ended."""
        running = start()
        assert running.wait(60), "still running"
        return running.record


class Field(Hands):
    """The cluster, the notebook `demo` of alice, and what changes it."""

    def __init__(self, folder: Path, *, name: str = "alice/demo", **site: bool) -> None:
        self.cluster = kubernetes.Cluster().start()
        world, run = self.cluster.world, self.cluster.controllers
        for version in recordings.told("storageclass_list_200"):
            world.seed(version.object)
        rigid = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
        rigid |= {"metadata": {"name": "rigid"}, "provisioner": "hostpath.csi.k8s.io"}
        world.seed(rigid, claim("demo-home"), claim("demo-data", "rigid"))
        world.seed(kubernetes.notebook())
        run.workloads = run.automatic = run.kubelet = True
        run.settle()
        access = Access({"KUBECONFIG": str(self.cluster.kubeconfig(folder))}, folder / "none")
        super().__init__(folder, access, Limits(connect=1.0, read=1.5), name, **site)

    def step(self) -> None:
        self.cluster.controllers.step()

    def read(self, plural: str, name: str) -> dict[str, Any]:
        found = self.cluster.world.read(plural, "alice", name)
        assert found, f"{plural} {name} is gone"
        return found

    @property
    def notebook(self) -> dict[str, Any]:
        return self.read("notebooks", "demo")

    @property
    def spec(self) -> dict[str, Any]:
        return dict(self.notebook["spec"]["template"]["spec"])

    @property
    def pod_uid(self) -> str | None:
        found = self.cluster.world.read("pods", "alice", "demo-0")
        return found["metadata"]["uid"] if found else None

    def settle(self) -> None:
        self.cluster.controllers.settle()
