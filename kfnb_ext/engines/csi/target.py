"""The object that names a notebook's claims: a Notebook of Kubeflow, or a Workspace of 2.0.

Rule: a place in it is looked up by the volume's name in the object as it was just read, and every
change tests what it was made from. The name of a volume is never changed, so mounts stay valid.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from kfnb_ext.kube.client import Client, address
from kfnb_ext.kube.client.address import Address
from kfnb_ext.model import cluster, snapshots
from kfnb_ext.model.patches import Operation
from kfnb_ext.model.patches.patch import add, replace, test, touched

POD = "/spec/template/spec"
VOLUMES = "/spec/podTemplate/volumes"
HOME, DATA = "home-volume", "data-volume-"  # how a Workspace's controller names them in the pod
Object = dict[str, Any]
Side = Literal["old", "new"]


class Target(msgspec.Struct, frozen=True):
    """Which object it is, and its pod."""

    kind: Literal["notebooks", "workspaces"]
    namespace: str
    name: str
    pod: str

    @property
    def address(self) -> Address:
        """Where the API server has it."""
        of_kind = address.WORKSPACES if self.kind == "workspaces" else address.NOTEBOOKS
        return of_kind.at(self.namespace, self.name)

    def read(self, client: Client) -> Object:
        """The object as it is now. Raises: ClusterError."""
        return client.get(self.address).body

    @property
    def called(self) -> str:
        """In words."""
        return f"{'Workspace' if self.kind == 'workspaces' else 'Notebook'} {self.name}"


def of(here: cluster.Place) -> Target:
    """The object of the notebook that we are."""
    kind: Literal["notebooks", "workspaces"] = (
        "workspaces" if here.platform == "workspaces" else "notebooks"
    )
    return Target(kind, here.namespace, here.notebook, here.pod)


def annotations(found: Object) -> Mapping[str, str]:
    """Its annotations."""
    return found["metadata"].get("annotations") or {}


class Spot(NamedTuple):
    """Where the name of a claim stands, and what stands there."""

    path: str
    claim: str


def spots(found: Object) -> dict[str, Spot]:
    """All claims of the object, by the name of their volume in the pod."""
    spec = found.get("spec") or {}
    if "podTemplate" in spec:
        return _of_workspace((spec["podTemplate"] or {}).get("volumes") or {})
    listed: dict[str, Spot] = {}
    for number, volume in enumerate(_pod(found).get("volumes") or ()):
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim:
            path = f"{POD}/volumes/{number}/persistentVolumeClaim/claimName"
            listed[volume["name"]] = Spot(path, claim)
    return listed


def _of_workspace(volumes: Object) -> dict[str, Spot]:
    listed = {HOME: Spot(f"{VOLUMES}/home", volumes["home"])} if volumes.get("home") else {}
    for number, one in enumerate(volumes.get("data") or ()):
        listed[f"{DATA}{number}"] = Spot(f"{VOLUMES}/data/{number}/pvcName", one["pvcName"])
    return listed


def on(found: Object, switches: Iterable[snapshots.Switch], side: Side) -> bool:
    """Whether the object names, for every switch, the claim of that side."""
    listed = spots(found)
    for switch in switches:
        wanted, spot = getattr(switch, side), listed.get(switch.volume)
        if (spot.claim if spot else "") != wanted:
            return False
    return True


def named(found: Object) -> set[str]:
    """All claims that the object names."""
    return {spot.claim for spot in spots(found).values()}


def exchange(
    found: Object, switches: Sequence[snapshots.Switch], side: Side, container: str = ""
) -> list[Operation]:
    """The operations that bring the object to that side, with tests of the other.

    Raises: LookupError where it is on neither.
    """
    other: Side = "new" if side == "old" else "old"
    if not on(found, switches, other):
        raise LookupError("the object names other claims by now")
    listed, steps = spots(found), []
    for switch in switches:
        here, there = getattr(switch, other), getattr(switch, side)
        if here and there:
            path = listed[switch.volume].path
            steps += [test(path, here), replace(path, there)]
        elif there:
            steps += _added(found, switch, there, container)
        else:
            steps += _removed(found, switch)
    return steps


def _added(found: Object, switch: snapshots.Switch, claim: str, container: str) -> list[Operation]:
    """A volume more, and its mount in the notebook's own container."""
    if "podTemplate" in (found.get("spec") or {}):
        data = (found["spec"]["podTemplate"].get("volumes") or {}).get("data")
        new = {"pvcName": claim, "mountPath": switch.mount, "readOnly": False}
        path = f"{VOLUMES}/data"
        return [test(path, data), add(path, [*(data or ()), new])]
    pod = _pod(found)
    source = {"persistentVolumeClaim": {"claimName": claim}}
    index = _container(found, container)
    path, mount = f"{POD}/containers/{index}", {"name": switch.volume, "mountPath": switch.mount}
    volumes, mounts = pod.get("volumes"), pod["containers"][index].get("volumeMounts")
    return [
        test(f"{path}/name", pod["containers"][index]["name"]),
        test(f"{POD}/volumes", volumes),
        add(f"{POD}/volumes", [*(volumes or ()), {"name": switch.volume, **source}]),
        test(f"{path}/volumeMounts", mounts),
        add(f"{path}/volumeMounts", [*(mounts or ()), mount]),
    ]


def _removed(found: Object, switch: snapshots.Switch) -> list[Operation]:
    if "podTemplate" in (found.get("spec") or {}):
        data, path = found["spec"]["podTemplate"]["volumes"]["data"], f"{VOLUMES}/data"
        kept = [one for one in data if one["mountPath"] != switch.mount]
        return [test(path, data), replace(path, kept)]
    pod, steps = _pod(found), []
    for number, container in enumerate(pod.get("containers") or ()):
        mounts = container.get("volumeMounts") or []
        kept = [one for one in mounts if one["name"] != switch.volume]
        if kept != mounts:
            path = f"{POD}/containers/{number}/volumeMounts"
            steps += [test(path, mounts), replace(path, kept)]
    volumes = pod["volumes"]
    kept = [one for one in volumes if one["name"] != switch.volume]
    return [*steps, test(f"{POD}/volumes", volumes), replace(f"{POD}/volumes", kept)]


def touches(steps: Iterable[Operation]) -> tuple[str, ...]:
    """The places that the operations change, as the door wants them named."""
    return tuple(path for path in touched(steps) if not path.startswith("/metadata/annotations/"))


def _pod(found: Object) -> Object:
    pod: Object = ((found.get("spec") or {}).get("template") or {}).get("spec") or {}
    return pod


def _container(found: Object, name: str) -> int:
    names = [one.get("name") for one in _pod(found).get("containers") or ()]
    return names.index(name) if name in names else 0
