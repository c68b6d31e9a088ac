"""A notebook pod with claims in the fake cluster, and the engine `csi` over it, in a time that
passes only when somebody sleeps."""

import copy
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from kfnb_ext.engines.csi.context import Context, Settings
from kfnb_ext.engines.csi.engine import CsiEngine
from kfnb_ext.kube import place
from kfnb_ext.kube.client import Client, Limits
from kfnb_ext.kube.client.access import Access
from kfnb_ext.model.rights import Rights
from kfnb_ext.services.cluster.rights import KnownRights
from kfnb_ext.services.cluster.where import Where
from tests.fakes import kubernetes, recordings
from tests.fakes.kubernetes import Cluster, groups
from tests.fakes.kubernetes.kinds import SNAPSHOT_CONTENT, VOLUME_SNAPSHOT

START = datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc)
GROUP = "snapshot.storage.k8s.io"
DRIVER = "hostpath.csi.k8s.io"


class Time:
    """The cluster's clock and ours."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def read(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def claim(name: str, **spec: Any) -> dict[str, Any]:
    """A bound claim of the default class."""
    whole = {"storageClassName": "csi-hostpath-sc", "accessModes": ["ReadWriteOnce"]}
    whole |= {"volumeMode": "Filesystem", "volumeName": f"pv-{name}"}
    whole |= {"resources": {"requests": {"storage": "2Gi"}}} | spec
    notes = {"volume.kubernetes.io/storage-provisioner": DRIVER}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "alice", "annotations": notes},
        "spec": whole,
        "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}, "accessModes": ["RWO"]},
    }


def pod(mounts: dict[str, str], **more: Any) -> dict[str, Any]:
    """The pod demo-0; ``mounts``: the mount path, and its claim (several may share one)."""
    claims = dict.fromkeys(mounts.values())
    container = {"name": "demo", "image": "registry.example.com/lab:1", "resources": {}}
    listed = [{"name": name, "mountPath": path} for path, name in mounts.items()]
    volumes = [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in claims]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "demo-0", "namespace": "alice", "labels": {"notebook-name": "demo"}},
        "spec": {
            "containers": [container | {"volumeMounts": listed}],
            "volumes": volumes,
            "nodeName": "node-a",
            "serviceAccountName": "default-editor",
        }
        | more,
        "status": {"phase": "Running"},
    }


def classes() -> list[dict[str, Any]]:
    """The storage and snapshot classes that were recorded."""
    names = ("storageclass_list_200", "volumesnapshotclass_list_200")
    return [copy.deepcopy(v.object) for name in names for v in recordings.told(name)]


def allow(cluster: Cluster, *, readable: bool = True) -> None:
    """What the role of deploy/ grants."""
    rights = cluster.world.rights
    verbs = ("get", "list", "watch", "create", "patch", "update", "delete")
    rights.allow(GROUP, "volumesnapshots", *verbs)
    if readable:
        rights.allow(GROUP, "volumesnapshotclasses", "get", "list", "watch", cluster=True)
        rights.allow("storage.k8s.io", "storageclasses", "get", "list", "watch", cluster=True)


def group(cluster: Cluster, *versions: str, readable: bool = True, classed: bool = True) -> None:
    """Serve group snapshots, with the role of deploy/ and a class of the driver."""
    groups.serve(cluster.world, *versions)
    rights = cluster.world.rights
    rights.allow(groups.API, "volumegroupsnapshots", "get", "list", "create", "delete")
    if readable:
        rights.allow(groups.API, "volumegroupsnapshotclasses", "list", cluster=True)
    if classed:
        found = groups.group_class("groups", DRIVER, version=(versions or ("v1",))[0])
        cluster.world.seed(found)


def seed(cluster: Cluster, mounts: dict[str, str]) -> None:
    """A notebook with its pod, its claims and the classes."""
    cluster.world.seed(kubernetes.notebook(), pod(mounts), *classes())
    cluster.world.seed(*(claim(name) for name in dict.fromkeys(mounts.values())))


def door(cluster: Cluster, folder: Path, time: Time, token: str = "editor-token") -> Client:
    """The one door, quick to give up."""
    access = Access({"KUBECONFIG": str(cluster.kubeconfig(folder, token))}, folder / "none")
    return Client(
        access,
        limits=Limits(connect=1.0, read=0.4),
        clock=lambda: time.read().timestamp(),
        sleep=time.sleep,
        chance=lambda: 0.0,
    )


def context(
    client: Client, workspace: Path, time: Time, *, inside: bool = False, asks: bool = False,
    **settings: Any,
) -> Context:  # fmt: skip
    """What the engine works with; with ``asks`` it knows its rights, and what is served."""
    rights = KnownRights(client, "alice")
    names = place.Names("kubeflow", "alice", "demo", "demo-0")
    where = Where(client, names, str(workspace), clock=lambda: time.read().timestamp())
    return Context(
        client=client,
        where=where.look,
        forget=where.forget,
        rights=(lambda: rights.look("kubeflow")) if asks else Rights,
        workspace=str(workspace),
        inside=inside,
        creator="alice@example.com",
        settings=Settings(**settings),
        now=time.read,
        local=time.read,
        sleep=time.sleep,
    )


def engine(client: Client, workspace: Path, time: Time, **more: Any) -> CsiEngine:
    """The engine over one pod."""
    return CsiEngine(context(client, workspace, time, **more))


class World:
    """All of it: a cluster with one notebook of two volumes, and the engine in its pod."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.time = folder, Time()
        self.workspace = folder / "workspace"
        self.workspace.mkdir(parents=True)
        self._door: Client | None = None
        self.data = folder / "data"
        self.data.mkdir()
        self.cluster = Cluster(clock=self.time.read)
        self.cluster.controllers.automatic = True
        allow(self.cluster)
        seed(self.cluster, {str(self.workspace): "home", str(self.data): "data"})

    def __enter__(self) -> "World":
        self.cluster.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.cluster.__exit__(*error)

    def engine(self, **more: Any) -> CsiEngine:
        """A new engine: it knows nothing of what another one has seen."""
        return CsiEngine(self.context(**more))

    def context(self, **more: Any) -> Context:
        """What the parts of an engine work with."""
        self._door = self._door or door(self.cluster, self.folder, self.time)
        return context(self._door, self.workspace, self.time, **more)

    def kept(self) -> list[dict[str, Any]]:
        """The VolumeSnapshots that the cluster has, past every right."""
        return self._all(VOLUME_SNAPSHOT)

    def contents(self) -> list[dict[str, Any]]:
        """What the storage has."""
        return self._all(SNAPSHOT_CONTENT)

    def groups(self) -> list[dict[str, Any]]:
        """The VolumeGroupSnapshots."""
        return self._all(groups.GROUP)

    def _all(self, kind: Any) -> list[dict[str, Any]]:
        with self.cluster.world.store.lock:
            return list(self.cluster.world.store.all(kind))


def process(folder: Path, *, asks: bool = False) -> CsiEngine:
    """The engine in another process, over a world that stands in ``folder`` already."""
    time = Time()
    access = Access({"KUBECONFIG": str(folder / "kubeconfig")}, folder / "none")
    client = Client(
        access,
        limits=Limits(connect=5.0, read=120.0),  # it is killed while it waits
        clock=lambda: time.read().timestamp(),
        sleep=time.sleep,
        chance=lambda: 0.0,
    )
    return engine(client, folder / "workspace", time, asks=asks)
