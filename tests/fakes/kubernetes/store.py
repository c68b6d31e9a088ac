"""What the cluster holds: objects, one ever rising resourceVersion, and the history of changes.

Rule: objects are handed out and taken in as copies, so that nobody changes the store by accident.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

from tests.fakes.kubernetes import fields
from tests.fakes.kubernetes.copies import copied
from tests.fakes.kubernetes.kinds import Kind

Object = dict[str, Any]
Key = tuple[str, str, str, str]  # group, plural, namespace, name


@dataclass(frozen=True)
class Change:
    """One change, as a watch tells it."""

    revision: int
    what: str  # ADDED, MODIFIED, DELETED
    key: Key
    object: Object
    before: Object | None = None


class Store:
    """Holds objects by key. All its methods are called with ``lock`` held."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.lock = threading.Condition(threading.RLock())
        self.revision = 1
        self.oldest = 1  # changes before it are no longer known
        self.objects: dict[Key, Object] = {}
        self.history: list[Change] = []

    def now(self) -> str:
        """The time as objects carry it."""
        return self.clock().astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def key(self, kind: Kind, namespace: str, name: str) -> Key:
        return (kind.group, kind.plural, namespace, name)

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        found = self.objects.get(self.key(kind, namespace, name))
        return copied(found) if found is not None else None

    def all(self, kind: Kind, namespace: str = "") -> Iterator[Object]:
        """All objects of a kind, by namespace and name."""
        for key in sorted(self.objects):
            if key[:2] == (kind.group, kind.plural) and namespace in ("", key[2]):
                yield copied(self.objects[key])

    def add(self, kind: Kind, made: Object, manager: str) -> Object:
        """Store a new object and give it what the server gives."""
        made = copied(made)
        metadata = made["metadata"]
        metadata["uid"] = str(uuid4())
        metadata["creationTimestamp"] = self.now()
        if kind.generation:
            metadata["generation"] = 1
        fields.update(kind, made, None, manager, self.now())
        return self._write(kind, made, "ADDED", None)

    def settle(self, kind: Kind, changed: Object, before: Object) -> Object:
        """Store a changed object: the same stays as it is, one that nobody holds any more goes."""
        if changed == before:
            return before
        metadata = changed["metadata"]
        held = metadata.get("finalizers") or metadata.get("deletionGracePeriodSeconds")
        if "deletionTimestamp" in metadata and not held:
            return self.remove(kind, changed)
        return self._write(kind, changed, "MODIFIED", before)

    def play(self, kind: Kind, what: str, given: Object) -> None:
        """Let a change happen that somebody else made, with its own resourceVersion."""
        metadata = given["metadata"]
        key = self.key(kind, metadata.get("namespace", ""), metadata["name"])
        before = None if what == "ADDED" else self.objects.get(key)
        self.revision = int(metadata["resourceVersion"]) - 1
        if what == "DELETED":
            self.objects.pop(key, None)
            self._note(kind, copied(given), what, before)
        else:
            self._write(kind, copied(given), what, before)

    def remove(self, kind: Kind, gone: Object) -> Object:
        """Forget an object."""
        metadata = gone["metadata"]
        del self.objects[self.key(kind, metadata.get("namespace", ""), metadata["name"])]
        return self._note(kind, copied(gone), "DELETED", gone)

    def seed(self, kind: Kind, given: Object) -> None:
        """Put an object in as it is, with its uid and resourceVersion, as if it had been there."""
        given = copied(given)
        metadata = given["metadata"]
        metadata.setdefault("uid", str(uuid4()))
        metadata.setdefault("creationTimestamp", self.now())
        metadata.setdefault("resourceVersion", str(self.revision + 1))
        if kind.generation:
            metadata.setdefault("generation", 1)
        self.revision = max(self.revision, int(metadata["resourceVersion"]))
        self.objects[self.key(kind, metadata.get("namespace", ""), metadata["name"])] = given

    def compact(self) -> None:
        """Forget the history, as etcd does every five minutes."""
        self.oldest = self.revision
        self.history.clear()

    def _write(self, kind: Kind, new: Object, what: str, before: Object | None) -> Object:
        metadata = new["metadata"]
        self._note(kind, new, what, before)
        self.objects[self.key(kind, metadata.get("namespace", ""), metadata["name"])] = new
        return copied(new)

    def _note(self, kind: Kind, new: Object, what: str, before: Object | None) -> Object:
        self.revision += 1
        metadata = new["metadata"]
        metadata["resourceVersion"] = str(self.revision)
        key = self.key(kind, metadata.get("namespace", ""), metadata["name"])
        self.history.append(Change(self.revision, what, key, copied(new), before))
        self.lock.notify_all()
        return new
