"""Patches of the Notebook and of a claim: exact JSON patch operations out of what was read.

Each takes the Notebook's ``spec`` as the API server gave it, or None where it could not be read;
then the operations rest on guesses that their tests refuse where they are wrong.

Rule: pure; nothing is applied here. JSON patches, for a merge patch would replace whole lists of
a custom resource. Each tests first what it was made from: where that is no longer so, nothing is
changed.
"""

from typing import Any

import msgspec

from kfnb_ext.model import quantities
from kfnb_ext.model.patches import made
from kfnb_ext.model.patches.found import POD, Found, Spec
from kfnb_ext.model.patches.made import Known
from kfnb_ext.model.patches.memory_volume import shm
from kfnb_ext.model.patches.patch import Operation, Patch, add, replace, test

__all__ = ["Known", "Operation", "Patch", "Spec", "both", "claim", "cpu", "home", "memory", "shm"]

STORAGE = "/spec/resources/requests/storage"


def memory(known: Known, spec: Spec | None, size: int, *, request: int | None = None) -> Patch:
    """A memory limit in bytes; the request as well, so that the node really has it."""
    wanted = {"limits": quantities.said(size), "requests": quantities.said(request or size)}
    return _resources(known, spec, "memory", wanted)


def cpu(known: Known, spec: Spec | None, cores: float, *, request: float | None = None) -> Patch:
    """A CPU limit; the request stays unless one is given: for a larger one there may be no node."""
    wanted = {"limits": f"{cores:g}"} | ({"requests": f"{request:g}"} if request else {})
    return _resources(known, spec, "cpu", wanted)


def claim(known: Known, name: str, body: Spec | None, size: int) -> Patch:
    """A larger claim; ``body`` is the claim as it was read. It cannot be made smaller again."""
    spec = (body or {}).get("spec") or {}
    had = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    now, refused = quantities.size(had), ""
    if now is not None and now >= size:
        refused = f"The claim asks for {had} already, and cannot be made smaller."
    steps = [test(STORAGE, had)] if had is not None else []
    steps.append(replace(STORAGE, quantities.said(size)))
    note = "The storage class must allow it. A claim cannot be made smaller again."
    return Patch(
        kind="pvc",
        namespace=known.namespace,
        name=name,
        operations=() if refused else tuple(steps),
        certain=had is not None,
        note=note,
        refused=refused,
    )


def home(known: Known, spec: Spec | None, point: str) -> Patch:
    """A claim mounted there. Which one is the user's to say: it must exist."""
    note = "Put the name of a claim that exists for CLAIM."
    volume: dict[str, Any] = {"name": "home", "persistentVolumeClaim": {"claimName": "CLAIM"}}
    if spec is None:
        return made.blind(known, made.guessed(volume, point), note)
    pod = Found(spec, known.notebook)
    if pod.mounted(point) is not None:
        return made.refused(known, f"The Notebook has a volume at {point} already: restart it.")
    volume["name"] = pod.free_name("home")
    steps = made.volume(pod, volume) + made.mount(pod, volume["name"], point)
    return made.seen(known, pod, steps, note)


def both(one: Patch, other: Patch) -> Patch:
    """Two patches of the same Notebook as one, all of it or nothing; a refused one is left out."""
    if one.refused or other.refused:
        return other if one.refused else one
    rest = (step for step in other.operations if step not in one.operations)
    notes = dict.fromkeys([*one.note.splitlines(), *other.note.splitlines()])
    return msgspec.structs.replace(
        one,
        operations=(*one.operations, *rest),
        note="\n".join(notes),
        certain=one.certain and other.certain,
    )


def _resources(known: Known, spec: Spec | None, what: str, wanted: dict[str, str]) -> Patch:
    if spec is None:
        place = f"{POD}/containers/0/resources"
        return made.blind(known, [add(f"{place}/{k}/{what}", wanted[k]) for k in sorted(wanted)])
    pod = Found(spec, known.notebook)
    held, place = (pod.container or {}).get("resources"), f"{pod.place}/resources"
    if not isinstance(held, dict):
        whole = {part: {what: wanted[part]} for part in sorted(wanted)}
        return made.seen(known, pod, [test(place, held), add(place, whole)])
    had = (held.get("limits") or {}).get(what)
    now, asked = quantities.read(had), quantities.read(wanted["limits"])
    if now is not None and asked is not None and now >= asked:
        return made.refused(known, f"The Notebook has a limit of {had} already: restart it.")
    steps: list[Operation] = []
    for part in sorted(wanted):
        steps += _entry(f"{place}/{part}", held.get(part), what, wanted[part])
    return made.seen(known, pod, steps)


def _entry(place: str, held: Any, key: str, value: str) -> list[Operation]:
    """One entry of a mapping that may be there or not, with or without the entry."""
    if not isinstance(held, dict):
        return [test(place, held), add(place, {key: value})]
    if key not in held:
        return [test(place, dict(held)), add(f"{place}/{key}", value)]
    return [test(f"{place}/{key}", held[key]), replace(f"{place}/{key}", value)]
