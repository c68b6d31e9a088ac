"""Everything that this cluster is: what it holds, serves and allows, and what controllers do.

Rule: tests change it here, between requests; the parts that answer only read what is switched.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from tests.fakes.kubernetes.kinds import STORAGE_CLASS, Registry
from tests.fakes.kubernetes.rbac import Rights
from tests.fakes.kubernetes.store import Object, Store


def _utc() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class World:
    """One cluster."""

    clock: Callable[[], datetime] = _utc
    registry: Registry = field(default_factory=Registry)
    rights: Rights = field(default_factory=Rights)
    drops_sources: bool = False  # of claims: the cluster knows no data source
    graceful: bool = False  # a pod on a node goes when its kubelet has ended it
    storage_down: bool = False  # etcd stalls: only what is cached answers
    second: float = 0.01  # real seconds for one of the server's own time limits
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.store = Store(self.now)

    def now(self) -> datetime:
        """The cluster's time; a test may put another clock in at any moment."""
        return self.clock()

    def seed(self, *objects: dict[str, Any]) -> None:
        """Put objects in as they are, as if they had been there for ever."""
        with self.store.lock:
            for given in objects:
                kind = self.registry.of(given["apiVersion"], given["kind"])
                assert kind, f"{given['apiVersion']} {given['kind']} is not served"
                self.store.seed(kind, given)

    def read(self, plural: str, namespace: str, name: str) -> dict[str, Any] | None:
        """An object by its plural, past every right."""
        with self.store.lock:
            kind = next(k for k in self.registry.kinds if k.plural == plural)
            return self.store.get(kind, namespace, name)

    def default_class(self) -> str:
        """The storage class of a claim that names none."""
        key = "storageclass.kubernetes.io/is-default-class"
        for found in self.store.all(STORAGE_CLASS):
            if (found["metadata"].get("annotations") or {}).get(key) == "true":
                return str(found["metadata"]["name"])
        return ""

    def expandable(self, claim: Object) -> bool:
        """Whether the class of a claim lets it grow."""
        name = claim["spec"].get("storageClassName", "")
        found = self.store.get(STORAGE_CLASS, "", name)
        return bool(found and found.get("allowVolumeExpansion"))
