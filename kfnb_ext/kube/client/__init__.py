"""The one door to the cluster's API server: a few verbs over plain dicts.

Synchronous: call it in a worker thread. One request is in flight at a time; each is bounded; only
what may be repeated is retried; every failure is a ``ClusterError`` with a ``reason``.

Rule: no other file imports `kubernetes`, and no write goes out unless the guard lets it.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kfnb_ext import __version__
from kfnb_ext.kube.client import failures, guard, retries, told, wire
from kfnb_ext.kube.client.access import Access
from kfnb_ext.kube.client.address import Address
from kfnb_ext.kube.client.wire import Answer, Limits, Sending

MANAGER = "kfnb-ext"  # the field manager: who wrote, in an object's managedFields
PAGE = 500
PAGES = 20


class Client:
    """Asks the API server. Clock, sleep and chance are passed in, so that tests need not wait."""

    def __init__(
        self,
        access: Access,
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        policy: retries.Policy = retries.Policy(),  # noqa: B008 - frozen
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.access = access
        self.limits = limits
        self.policy = policy
        self._clock = clock
        self._told = told.Told(clock)
        self._sleep = sleep
        self._chance = chance
        self.denied: list[Callable[[], object]] = []  # called when a right we act on is refused
        self._flight = threading.Lock()
        self._closed = False
        self._agent = f"{MANAGER}/{__version__}"

    def close(self) -> None:
        """Send nothing from now on: no further attempt either."""
        self._closed = True

    def now(self) -> datetime:
        """The present by the API server's clock, as far as it was told."""
        return self._told.now()

    def get(self, address: Address, **query: str) -> Answer:
        """One object. Raises: ClusterError."""
        return self._ask(Sending(method="GET", address=address, query=query))

    def list(self, address: Address, *, labels: str = "", fields: str = "") -> Answer:
        """All objects of a kind in a namespace, chosen by selectors, read in pages.

        Raises: ClusterError; ``expired`` when a page came too late, ``nonsense`` for no end.
        """
        query = {"limit": str(PAGE), "labelSelector": labels, "fieldSelector": fields}
        items: list[Any] = []
        for _ in range(PAGES):
            answer = self._ask(Sending(method="GET", address=address, query=query))
            items += answer.body.get("items") or []
            query["continue"] = str(answer.body.get("metadata", {}).get("continue") or "")
            if not query["continue"]:
                answer.body["items"] = items
                return answer
        raise failures.ClusterError(
            "nonsense",
            f"There are more than {PAGE * PAGES} {address.kind}: too many to read.",
            "Ask for fewer, by a label.",
        )

    def create(self, address: Address, body: Mapping[str, Any], *, dry_run: bool = False) -> Answer:
        """Make an object; ``address`` without a name. A dry run enforces quotas and limits too.

        Raises: ClusterError; when it is ``uncertain``, look whether the object is there.
        """
        guard.creation(body)
        query = {"fieldManager": MANAGER, "dryRun": "All" if dry_run else ""}
        return self._ask(Sending(method="POST", address=address, query=query, body=body))

    def delete(
        self, address: Address, *, uid: str = "", dry_run: bool = False, propagation: str = ""
    ) -> Answer:
        """Delete an object; with ``uid`` only that very one, not a later one of its name.

        Raises: ClusterError; ``stale`` when the uid is another's.
        """
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if uid:
            body["preconditions"] = {"uid": uid}
        if propagation:
            body["propagationPolicy"] = propagation
        if dry_run:  # in the body alone: beside a body the server does not look at the query
            body["dryRun"] = ["All"]
        return self._ask(Sending(method="DELETE", address=address, body=body))

    def patch_merge(
        self,
        address: Address,
        patch: Mapping[str, Any],
        *,
        touches: Sequence[str] = (),
        dry_run: bool = False,
    ) -> Answer:
        """A merge patch of annotations, and of what ``touches`` names (JSON pointers).

        ``metadata.resourceVersion`` or ``metadata.uid`` in it make it conditional.
        Raises: ClusterError; ``stale`` or ``invalid`` when the condition does not hold.
        """
        guard.merge(patch, touches, address.kind)
        return self._patch(address, patch, "application/merge-patch+json", dry_run)

    def patch_json(
        self,
        address: Address,
        operations: Sequence[Mapping[str, Any]],
        *,
        touches: Sequence[str] = (),
        dry_run: bool = False,
    ) -> Answer:
        """A JSON patch; guard it by `test` operations.

        Raises: ClusterError; ``test_failed``: the object is another by now, read it again.
        """
        guard.json(operations, touches, address.kind)
        return self._patch(address, operations, "application/json-patch+json", dry_run)

    def _patch(self, address: Address, body: Any, media: str, dry_run: bool) -> Answer:
        query = {"fieldManager": MANAGER, "dryRun": "All" if dry_run else ""}
        sending = Sending(method="PATCH", address=address, query=query, body=body, media=media)
        return self._ask(sending)

    def _ask(self, sending: Sending) -> Answer:
        began, attempt, renewed = self._clock(), 1, False
        while True:
            try:
                with self._flight:
                    self._open()
                    answer = wire.send(self.access, sending, self.limits, self._agent)
                self._told.learn(answer.date)
                return answer
            except failures.ClusterError as error:
                if error.reason == "unauthenticated" and not renewed:
                    renewed = True  # the token may have been replaced since we read it
                    with self._flight:
                        self.access.forget()
                    continue
                spent = self._clock() - began
                wait = self.policy.pause(
                    error, sending.method, attempt=attempt, spent=spent, chance=self._chance()
                )
                if wait is None:
                    self._note(sending, error)
                    raise
            self._sleep(wait)
            attempt += 1

    def _note(self, sending: Sending, error: failures.ClusterError) -> None:
        if error.reason == "rbac" and sending.method != "GET":
            for call in self.denied:
                call()

    def _open(self) -> None:
        if self._closed:
            raise failures.Absent("ended", "This process ends: nothing is sent to the cluster.")
