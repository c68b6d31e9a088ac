"""/dev/shm as a memory volume of a size: the one that is there, or a new one.

Rule: of a volume that is there only the size is changed; what else it says stays.
"""

from collections.abc import Mapping
from typing import Any

from kfnb_ext.model import quantities
from kfnb_ext.model.patches import found, made
from kfnb_ext.model.patches.found import POD, Found, Spec
from kfnb_ext.model.patches.patch import Operation, Patch, add, replace, test

SHM = "/dev/shm"
SPAWNERS = ("dshm", "shm")  # what Kubeflow's and OpenShift's spawners call it


def shm(known: made.Known, spec: Spec | None, size: int, *, mounted: bool = False) -> Patch:
    """/dev/shm of this size in bytes, as a memory volume.

    The volume that is mounted there gets the size; else one that the spawner has made is mounted;
    else one is added. ``mounted``: whether there is one, for where the spec is not known.
    """
    if spec is None:
        return _blind(known, size, mounted)
    pod = Found(spec, known.notebook)
    mount = pod.mounted(SHM)
    if mount is not None:
        index = pod.volume(mount.get("name"))
        held = _memory(pod, index)
        if index is None or held is None:
            return made.refused(known, f"Another volume than a memory volume is mounted at {SHM}.")
        if quantities.size(held.get("sizeLimit")) == size:
            return made.refused(known, "The Notebook has this size already: restart it.")
        return made.seen(known, pod, _resized(pod, index, held, size))
    for name in SPAWNERS:
        index = pod.volume(name)
        held = _memory(pod, index)
        if index is not None and held is not None and held.get("medium") == "Memory":
            steps = _resized(pod, index, held, size) + made.mount(pod, name, SHM)
            return made.seen(known, pod, steps)
    name = pod.free_name("dshm")
    steps = made.volume(pod, _new(name, size)) + made.mount(pod, name, SHM)
    return made.seen(known, pod, steps)


def _memory(pod: Found, index: int | None) -> dict[str, Any] | None:
    return found.empty_dir(_at(pod, index)) if index is not None else None


def _at(pod: Found, index: int) -> Mapping[str, Any]:
    return (pod.volumes or [])[index]


def _resized(pod: Found, index: int, held: dict[str, Any], size: int) -> list[Operation]:
    place, volume = f"{POD}/volumes/{index}", dict(_at(pod, index))
    new = {**volume, "emptyDir": {**held, "medium": "Memory", "sizeLimit": quantities.said(size)}}
    return [test(place, volume), *([replace(place, new)] if new != volume else [])]


def _new(name: str, size: int) -> dict[str, Any]:
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": quantities.said(size)}}


def _blind(known: made.Known, size: int, mounted: bool) -> Patch:
    if not mounted:
        return made.blind(known, made.guessed(_new("dshm", size), SHM))
    namespace, name = known.namespace or "NAMESPACE", known.notebook or "NOTEBOOK"
    place, limit = f"{POD}/volumes/0", quantities.said(size)
    steps = [test(f"{place}/name", "dshm"), add(f"{place}/emptyDir/sizeLimit", limit)]
    note = (
        "Put the volume's place in the list of volumes (from 0) for the 0 of volumes/0, and its\n"
        f"name for dshm; this lists them: kubectl -n {namespace} get notebook {name} "
        "-o jsonpath='{.spec.template.spec.volumes[*].name}'"
    )
    return made.blind(known, steps, note)
