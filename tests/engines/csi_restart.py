"""A notebook that really restarts in the fake cluster, in a time that passes when somebody sleeps.

``others`` is what goes on beside whoever sleeps: the guardian of the Job, and the server of the
new pod. Each is our own code over its own door.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.csi import journal, recovering, syncing
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.engine import CsiEngine
from kfnb_ext.engines.csi.guarding import Guardian
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.kube.client import Client, failures
from kfnb_ext.model import snapshots
from tests.engines import csi_pod, trees
from tests.engines.csi_pod import Time
from tests.fakes.kubernetes import Cluster, nodes
from tests.fakes.kubernetes.copies import copied
from tests.fakes.kubernetes.kinds import CLAIM, NOTEBOOK, POD

WHOSE = Target("notebooks", "alice", "demo", "demo-0")
IMAGE = "registry.example.com/lab:1"
EVERY = 15.0  # seconds, so that a quarter of an hour passes soon
STEPS = 3  # of the controllers, between two looks
OURS = ("demo-home", "demo-data")
UNDER = "20261125-120000-abc123"  # the id of a restore
BACK = "20261125-130000-def456"  # the id of its undo


class Rig:
    """One notebook with two claims, one snapshot of both, and all who work on a restore."""

    def __init__(self, cluster: Cluster, folder: Path, time: Time) -> None:
        self.cluster = cluster
        self.folder = folder
        self.time = time
        self.workspace = folder / "workspace"
        self.workspace.mkdir(exist_ok=True)
        self.others: list[Callable[[], object]] = []
        self.snapshot = ""
        self.told: list[str] = []

    def save(self) -> None:
        """Remember the cluster as it is."""
        self._saved = copied(self.cluster.world.store.objects), self.time.now

    def reset(self) -> None:
        """Be as when it was saved, for the next trial."""
        self.cluster.faults.clear()
        self.cluster.controllers.node = nodes.Node()
        with self.cluster.world.store.lock:
            self.cluster.world.store.objects = copied(self._saved[0])
            self.cluster.world.store.history.clear()
        self.time.now = self._saved[1]
        self.others.clear()
        self.told.clear()
        self.cluster.log.clear()
        self.marked(self.snapshot)

    def context(self, token: str = "editor-token", **settings: Any) -> Context:
        """What the engine in the pod works with; its sleep lets the others work."""
        door = csi_pod.door(self.cluster, self.folder, self.time, token)
        made = csi_pod.context(door, self.workspace, self.time, inside=True, **settings)
        return msgspec.structs.replace(made, sleep=self.sleep, every=EVERY)

    def sleep(self, seconds: float) -> None:
        """Time passes, and the others work."""
        self.time.sleep(seconds)
        for work in list(self.others):
            with suppress(errors.KfnbError):  # of another process: it looks again
                work()
        for _ in range(STEPS):
            self.cluster.controllers.step()

    def engine(self, **settings: Any) -> CsiEngine:
        """The engine in the pod."""
        return CsiEngine(self.context(**settings))

    def door(self) -> Client:
        """Somebody else's door."""
        folder = self.folder / "other"
        folder.mkdir(exist_ok=True)
        return csi_pod.door(self.cluster, folder, Time())

    def guardian(self, restore: str = UNDER) -> None:
        """Let the Job's guardian work beside."""
        guard = Guardian(self.door(), WHOSE, restore, now=self.time.read, say=self.told.append)

        def step() -> None:
            if self.cluster.world.read("jobs", "alice", f"kfnb-guard-{restore}"):
                guard.step()

        self.others.append(step)

    def server(self, mark: str | None = "") -> None:
        """Let the server of the new pod start beside; ``mark``: what its volume's mark says."""

        def start() -> None:
            seen = self.journal
            if seen and seen.phase == "swapped" and self.ready_on(seen.switches[0].new):
                self.marked(seen.snapshot if mark == "" else mark)
                self.told.extend(self.recover())

        self.others.append(start)

    def recover(self) -> tuple[str, ...]:
        """What a server that starts does; it is another process than the one that restored."""
        context = csi_pod.context(self.door(), self.workspace, self.time, inside=True)
        with another_process():
            return recovering.recover(context)

    def marked(self, name: str | None) -> None:
        """Put a mark into the workspace, as the volume of a snapshot holds one."""
        if name is None:
            (self.workspace / syncing.MARK).unlink(missing_ok=True)
        else:
            assert not syncing.mark(str(self.workspace), name, self.time.now)

    @property
    def notebook(self) -> dict[str, Any]:
        found = self.cluster.world.read("notebooks", "alice", "demo")
        assert found
        return found

    @property
    def journal(self) -> journal.Journal | None:
        return journal.of(self.notebook).journal

    @property
    def on(self) -> tuple[str, ...]:
        """The claims that the Notebook names."""
        volumes = self.notebook["spec"]["template"]["spec"]["volumes"]
        return tuple(one["persistentVolumeClaim"]["claimName"] for one in volumes)

    @property
    def claims(self) -> dict[str, Any]:
        """All claims there are, by name."""
        with self.cluster.world.store.lock:
            return {one["metadata"]["name"]: one for one in self.cluster.world.store.all(CLAIM)}

    def ready_on(self, claim: str) -> bool:
        """Whether the pod is ready on a claim."""
        pod = self.cluster.world.read("pods", "alice", "demo-0")
        if pod is None or "deletionTimestamp" in pod["metadata"]:
            return False
        met = [c["status"] for c in pod["status"].get("conditions", ()) if c["type"] == "Ready"]
        names = [
            v["persistentVolumeClaim"]["claimName"]
            for v in pod["spec"]["volumes"]
            if "persistentVolumeClaim" in v
        ]
        return met == ["True"] and claim in names

    def settle(self) -> None:
        self.cluster.controllers.settle(200)

    def remade(self) -> None:
        """The pod is deleted by somebody, and made anew."""
        with self.cluster.world.store.lock:
            found = self.cluster.world.read("pods", "alice", "demo-0")
            assert found
            self.cluster.world.store.remove(POD, found)
        self.settle()

    def patch(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Somebody changes the Notebook."""
        with self.cluster.world.store.lock:
            before, after = self.notebook, self.notebook
            change(after)
            self.cluster.controllers.write(NOTEBOOK, after, before)

    def restore(self, way: snapshots.RestoreWay = "in_place", **more: Any) -> snapshots.Restore:
        """Restore the snapshot."""
        request = snapshots.RestoreRequest(engine="csi", snapshot=self.snapshot, way=way, **more)
        return self.engine().restore(request, UNDER, trees.Listening())


@contextmanager
def another_process() -> Iterator[None]:
    """What this process is at is not known to the one that runs within."""
    from kfnb_ext.engines.csi import aborting

    kept = set(aborting.RUNNING)
    aborting.RUNNING.clear()
    try:
        yield
    finally:
        aborting.RUNNING.update(kept)


def notebook(workspace: Path) -> dict[str, Any]:
    """Two volumes, whose names are not those of their claims."""
    mounts = [
        {"name": "home", "mountPath": str(workspace)},
        {"name": "data", "mountPath": "/data"},
    ]
    container = {"name": "demo", "image": IMAGE, "volumeMounts": mounts, "resources": {}}
    volumes = [
        {"name": name, "persistentVolumeClaim": {"claimName": f"demo-{name}"}}
        for name in ("home", "data")
    ]
    metadata = {"name": "demo", "namespace": "alice", "labels": {"app": "demo"}}
    metadata["annotations"] = {"notebooks.kubeflow.org/server-type": "jupyter"}
    pod = {"containers": [container], "volumes": volumes, "serviceAccountName": "default-editor"}
    made = {"apiVersion": "kubeflow.org/v1", "kind": "Notebook", "metadata": metadata}
    return made | {"spec": {"template": {"spec": pod}}}


@contextmanager
def rig(folder: Path, *, of_class: str = "csi-hostpath-sc") -> Iterator[Rig]:
    """A running notebook with one snapshot."""
    time = Time()
    with Cluster(clock=time.read) as cluster:
        made = Rig(cluster, folder, time)
        cluster.controllers.workloads = True
        csi_pod.allow(cluster)
        cluster.world.seed(*csi_pod.classes())
        labels = {"notebooks.kubeflow.org/can-mount": "true", "app.kubernetes.io/instance": "git"}
        for name in OURS:
            claim = csi_pod.claim(name, storageClassName=of_class)
            claim["metadata"]["labels"] = dict(labels)
            cluster.world.seed(claim)
        cluster.world.seed(notebook(made.workspace))
        made.settle()
        taken = made.engine().create("before", "manual", trees.Listening())
        made.snapshot = taken.id
        time.sleep(60)
        made.save()
        yield made


def shown(rig_: Rig) -> str:
    """For a test that fails: where everything stands."""
    return json.dumps({"on": rig_.on, "claims": sorted(rig_.claims), "told": rig_.told,
                       "journal": str(rig_.journal)}, indent=1)  # fmt: skip


__all__ = ["BACK", "OURS", "UNDER", "Rig", "failures", "rig", "shown"]
