"""Watches: changes as they happen, bookmarks, and the end of what is remembered.

Rule: the stream ends by itself after ``timeoutSeconds`` (as many of ``world.second``); it holds
the store's lock only while it looks.
"""

import time
from collections.abc import Iterator
from typing import Any

from tests.fakes.kubernetes import selectors, statuses
from tests.fakes.kubernetes.kinds import Kind
from tests.fakes.kubernetes.store import Change
from tests.fakes.kubernetes.wire import Request, Response
from tests.fakes.kubernetes.world import World

Event = dict[str, Any]


def watch(world: World, request: Request, kind: Kind, namespace: str) -> Response:
    """Open a watch. Raises: Failure 400, 500."""
    asked = request.query.get("resourceVersion", "")
    if asked and not asked.isdecimal():
        message = (
            f'resourceVersion: Invalid value: "{asked}": strconv.ParseUint: parsing "{asked}": '
            "invalid syntax"
        )
        raise statuses.Failure(500, "", message)
    wanted = selectors.chosen(kind, request.query)
    initial = request.query.get("sendInitialEvents") == "true" or asked in ("", "0")
    first = [found for found in world.store.all(kind, namespace) if wanted(found)]
    start = world.store.revision if initial else int(asked)
    stream = _Stream(world, request, kind, namespace, wanted)
    if start < world.store.oldest:
        failure = statuses.expired(start, world.store.oldest)
        return Response(200, stream=iter([{"type": "ERROR", "object": failure.status()}]))
    return Response(200, stream=stream.run(first if initial else [], start))


class _Stream:
    def __init__(
        self, world: World, request: Request, kind: Kind, namespace: str, wanted: selectors.Test
    ) -> None:
        self.world, self.kind, self.namespace, self.wanted = world, kind, namespace, wanted
        self.bookmarks = request.query.get("allowWatchBookmarks") == "true"
        # A watch from nowhere begins with what is there, and with bookmarks says where that ends.
        self.marked = request.query.get("sendInitialEvents") == "true" or (
            self.bookmarks and not request.query.get("resourceVersion")
        )
        self.seconds = float(request.query.get("timeoutSeconds") or 1800)

    def run(self, first: list[dict[str, Any]], start: int) -> Iterator[Event]:
        """The events until the time is up."""
        end = time.monotonic() + self.seconds * self.world.second
        for found in first:
            yield {"type": "ADDED", "object": found}
        if self.marked:
            yield self._bookmark(start, {"k8s.io/initial-events-end": "true"})
        seen = start
        while not self.world.closing.is_set():
            changes, newest = self._changes(seen, end)
            yield from changes
            seen = max(seen, newest)
            if time.monotonic() >= end:
                break
        if self.bookmarks and not self.marked:
            yield self._bookmark(seen, {})

    def _changes(self, seen: int, end: float) -> tuple[list[Event], int]:
        store = self.world.store
        with store.lock:
            if store.revision <= seen:
                store.lock.wait(max(0.0, min(0.05, end - time.monotonic())))
            fresh = [change for change in store.history if change.revision > seen]
            newest = store.revision
        return [event for change in fresh for event in self._event(change)], newest

    def _event(self, change: Change) -> Iterator[Event]:
        group, plural, namespace, _ = change.key
        if (group, plural) != (self.kind.group, self.kind.plural):
            return
        if self.namespace not in ("", namespace):
            return
        was = change.before is not None and self.wanted(change.before)
        now = change.what != "DELETED" and self.wanted(change.object)
        if now:
            yield {"type": "MODIFIED" if was else "ADDED", "object": change.object}
        elif was:
            yield {"type": "DELETED", "object": change.object}

    def _bookmark(self, revision: int, annotations: dict[str, str]) -> Event:
        metadata: dict[str, Any] = {"resourceVersion": str(revision)}
        if annotations:
            metadata["annotations"] = annotations
        mark = {"apiVersion": self.kind.api_version, "kind": self.kind.kind, "metadata": metadata}
        return {"type": "BOOKMARK", "object": mark}
