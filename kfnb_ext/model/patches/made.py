"""How a patch of a Notebook is put together: what it tests first, and steps that several need.

Rule: a patch of a Notebook that was seen names the container by what was read; one that was not
seen says that its places are guesses.
"""

from typing import Any, Protocol

from kfnb_ext.model.patches.found import POD, Found
from kfnb_ext.model.patches.patch import Operation, Patch, add, test

BLIND = (
    "The Notebook could not be read: the places (0: the first) are guesses, and the tests refuse\n"
    "wrong ones."
)


class Known(Protocol):
    """Whose notebook it is; empty: not known."""

    @property
    def namespace(self) -> str:
        """Of the notebook."""

    @property
    def notebook(self) -> str:
        """Its name."""


def seen(known: Known, pod: Found, steps: list[Operation], note: str = "") -> Patch:
    """A patch made from what was read."""
    if pod.container is None:
        return refused(known, "The Notebook holds no container.")
    first = test(f"{pod.place}/name", pod.container.get("name"))
    return _patch(known, [first, *steps], note, certain=True)


def blind(known: Known, steps: list[Operation], note: str = "") -> Patch:
    """A patch made of guesses."""
    first = [test(f"{POD}/containers/0/name", known.notebook)] if known.notebook else []
    return _patch(known, [*first, *steps], "\n".join(filter(None, (BLIND, note))))


def refused(known: Known, why: str) -> Patch:
    """No patch, and why there is none."""
    return Patch(kind="notebook", namespace=known.namespace, name=known.notebook, refused=why)


def volume(pod: Found, new: dict[str, Any]) -> list[Operation]:
    """A volume more."""
    if pod.volumes is None:
        return [test(f"{POD}/volumes", None), add(f"{POD}/volumes", [new])]
    return [add(f"{POD}/volumes/-", new)]


def mount(pod: Found, name: str, point: str) -> list[Operation]:
    """A mount more. The mounts that were seen are tested: another may have come there since."""
    place, new = f"{pod.place}/volumeMounts", at(name, point)
    if pod.mounts is None:
        return [test(place, None), add(place, [new])]
    return [test(place, [dict(one) for one in pod.mounts]), add(f"{place}/-", new)]


def guessed(new: dict[str, Any], point: str) -> list[Operation]:
    """A volume more and its mount, where the lists were not seen."""
    mounts = f"{POD}/containers/0/volumeMounts/-"
    return [add(f"{POD}/volumes/-", new), add(mounts, at(new["name"], point))]


def at(name: str, point: str) -> dict[str, Any]:
    """A mount."""
    return {"name": name, "mountPath": point}


def _patch(known: Known, steps: list[Operation], note: str, *, certain: bool = False) -> Patch:
    return Patch(kind="notebook", namespace=known.namespace, name=known.notebook,
                 operations=tuple(steps), certain=certain, note=note)  # fmt: skip
