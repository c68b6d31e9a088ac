"""The environment of this moment: what the sensors see, the image and the Notebook, the driver.

Rule: it never fails and never takes long. What could not be had in time is a note in it; a
snapshot is taken all the same.
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec

from kfnb_ext import errors, state
from kfnb_ext.model import cluster, redacting
from kfnb_ext.model.environment import Environment
from kfnb_ext.model.gpu import Gpus
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.probes import environment as probe
from kfnb_ext.probes.environment.interpreters import Seen
from kfnb_ext.services.bounded import Bounded

DEADLINE = 6.0  # seconds for interpreters and repositories
CLUSTER = 3.0  # seconds for the image and the Notebook
RECORD = "environment"
# What the cluster writes by itself, and would refuse or ignore in a new Notebook.
KEPT = ("apiVersion", "kind", "spec")

_decode = msgspec.json.Decoder(dict[str, Seen]).decode


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the cluster tells."""

    place: cluster.Place
    notebook: dict[str, Any]


class EnvironmentService:
    """Over one workspace. ``told`` asks the cluster; ``gpus`` is the last reading, if any."""

    def __init__(
        self,
        workspace: Path,
        state_: state.State,
        told: Callable[[], Told | None] = lambda: None,
        gpus: Callable[[], Gpus | None] = lambda: None,
        variables: Mapping[str, str] = os.environ,
    ) -> None:
        self._workspace, self._state, self._gpus = workspace, state_, gpus
        self._variables = variables
        self._software = Bounded("environment", self._look, DEADLINE)
        self._told = Bounded("image and Notebook", lambda: (told(),), CLUSTER)

    def capture(self) -> Environment:
        """As it is now. Raises nothing."""
        self._told.ask()
        self._software.ask()
        software, told = self._software.answer(), self._told.answer()
        notes: list[str] = []
        if isinstance(software, Unavailable):
            notes.append(software.reason)
            software = probe.Software(
                interpreters=(), kernels=(), repositories=(), notes=(), known={}
            )
        there = None if isinstance(told, Unavailable) else told[0]
        if isinstance(told, Unavailable):
            notes.append(f"The image and the Notebook are not known: {told.reason}")
        gpus = self._gpus()
        return Environment(
            taken=datetime.now(timezone.utc),
            interpreters=software.interpreters,
            kernels=software.kernels,
            repositories=software.repositories,
            image=there.place.image if there else "",
            digest=there.place.digest if there else "",
            driver=(gpus.driver_version or "") if gpus else "",
            gpus=tuple(one.name for one in gpus.gpus) if gpus else (),
            variables=tuple(sorted(self._variables)),
            notebook=_text(there.notebook) if there else "",
            notes=(*software.notes, *notes),
        )

    def encoded(self) -> bytes:
        """The same, as engines keep it; empty: it could not be had at all. Raises nothing."""
        try:
            return msgspec.json.encode(self.capture())
        except (errors.KfnbError, OSError, ValueError, RuntimeError):
            return b""

    def _look(self) -> probe.Software:
        found = probe.look(self._workspace, self._known())
        data = msgspec.json.encode(found.known)
        if found.known and data != self._state.read(RECORD):
            self._state.write(RECORD, data)
        return found

    def _known(self) -> dict[str, Seen]:
        try:
            return _decode(self._state.read(RECORD) or b"{}")
        except msgspec.MsgspecError:  # of another version of ours
            return {}


def _text(notebook: dict[str, Any]) -> str:
    if not notebook:
        return ""
    kept = {key: redacting.spec(notebook[key], key) for key in KEPT if key in notebook}
    metadata = notebook.get("metadata") or {}
    kept["metadata"] = {
        "name": metadata.get("name", ""),
        "labels": redacting.spec(metadata.get("labels") or {}),
    }
    return msgspec.json.encode(kept).decode()
