"""Where things stand in a Notebook's ``spec``: the notebook's container, its mounts, the volumes.

Rule: by name, never by a place that was guessed. Whatever has another shape than expected is not
there.
"""

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

POD = "/spec/template/spec"

Spec = Mapping[str, Any]


class Found:
    """A pod's spec in a Notebook. ``container`` is None where there is none."""

    def __init__(self, spec: Spec, notebook: str) -> None:
        self._pod = _mapping(_mapping(spec.get("template")).get("spec"))
        containers = _mappings(self._pod.get("containers"))
        names = [one.get("name") for one in containers]
        # The controller itself takes the first for the notebook's where none has its name.
        self.index = names.index(notebook) if notebook in names else 0
        self.container = containers[self.index] if containers else None

    @property
    def place(self) -> str:
        """The path of the notebook's container."""
        return f"{POD}/containers/{self.index}"

    @property
    def volumes(self) -> list[Mapping[str, Any]] | None:
        """The pod's volumes; None: the list is not there."""
        return _mappings(self._pod["volumes"]) if self._pod.get("volumes") is not None else None

    @property
    def mounts(self) -> list[Mapping[str, Any]] | None:
        """What the notebook's container mounts; None: the list is not there."""
        held = (self.container or {}).get("volumeMounts")
        return _mappings(held) if held is not None else None

    def mounted(self, point: str) -> Mapping[str, Any] | None:
        """The mount at this path."""
        for one in self.mounts or ():
            if posixpath.normpath(str(one.get("mountPath"))) == point:
                return one
        return None

    def volume(self, name: object) -> int | None:
        """The place of the volume of this name in the list."""
        names = [one.get("name") for one in self.volumes or ()]
        return names.index(name) if name in names else None

    def free_name(self, wanted: str) -> str:
        """The name, or one like it where a volume has it already."""
        taken = {one.get("name") for one in self.volumes or ()}
        tried, number = wanted, 2
        while tried in taken:
            tried, number = f"{wanted}-{number}", number + 1
        return tried


def empty_dir(volume: Mapping[str, Any]) -> dict[str, Any] | None:
    """The ``emptyDir`` of a volume; one without any source is one (the API's default)."""
    if set(volume) == {"name"}:
        return {}
    found = volume.get("emptyDir")
    return dict(found) if isinstance(found, Mapping) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    sequence = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return [_mapping(one) for one in sequence]
