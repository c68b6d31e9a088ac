"""A notebook pod with claims in the fake cluster, and the engine `csi` over it, in a time that
passes only when somebody sleeps."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from kfnb_ext.engines.csi.context import Context, Settings
from kfnb_ext.engines.csi.engine import CsiEngine
from kfnb_ext.kube import place
from kfnb_ext.kube.client import Client, Limits
from kfnb_ext.kube.client.access import Access
from tests.fakes import kubernetes, recordings
from tests.fakes.kubernetes import Cluster

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
    return [version.object for name in names for version in recordings.told(name)]


def allow(cluster: Cluster, *, readable: bool = True) -> None:
    """What the role of deploy/ grants."""
    rights = cluster.world.rights
    verbs = ("get", "list", "watch", "create", "patch", "update", "delete")
    rights.allow(GROUP, "volumesnapshots", *verbs)
    if readable:
        rights.allow(GROUP, "volumesnapshotclasses", "get", "list", "watch", cluster=True)
        rights.allow("storage.k8s.io", "storageclasses", "get", "list", "watch", cluster=True)


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
    client: Client, workspace: Path, time: Time, *, inside: bool = True, **settings: Any
) -> Context:
    """What the engine works with."""
    known = place.Names("kubeflow", "alice", "demo", "demo-0")
    return Context(
        client=client,
        where=lambda: place.look(client, known, str(workspace)),
        forget=lambda: None,
        workspace=str(workspace),
        inside=inside,
        creator="alice@example.com",
        settings=Settings(**settings),
        now=time.read,
        sleep=time.sleep,
    )


def engine(client: Client, workspace: Path, time: Time, **more: Any) -> CsiEngine:
    """The engine over one pod."""
    return CsiEngine(context(client, workspace, time, **more))
