"""This pod's Notebook and the claims of its volumes, as the cluster knows them.

Rule: an extra that nothing waits for. It is asked in a thread of its own, seldom, and only while a
person looks; where the cluster cannot be asked or refuses, what the mount table tells stays, and
patches say that they rest on guesses.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.address import CLAIMS, NOTEBOOKS, PODS, Address
from kfnb_ext.model import quantities

AGAIN = 600.0  # seconds between two questions: claims and Notebooks change seldom
LOOKS = 60.0  # seconds after which somebody who asked for the status no longer looks

Object = dict[str, Any]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the cluster has told so far."""

    mounts: dict[str, str] = {}  # mount -> name of the claim
    claims: dict[str, Object] = {}  # name -> the claim
    spec: Object | None = None  # the Notebook's; None: it could not be read

    def size(self, name: str) -> int | None:
        """What a claim really has, in bytes."""
        status = self.claims.get(name, {}).get("status") or {}
        return quantities.size((status.get("capacity") or {}).get("storage"))


class Claims:
    """What is known so far; calling it never waits."""

    def __init__(
        self,
        client: Callable[[], Client],
        namespace: str,
        pod: str,
        notebook: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``notebook``: its name; empty: this is none, and none is asked for."""
        self._client, self._namespace, self._pod, self._clock = client, namespace, pod, clock
        self._notebook = notebook
        self._seen = Seen()
        self._asked: float | None = None
        self._looked: float | None = None
        self._thread: threading.Thread | None = None

    def looked(self) -> None:
        """A person looks at the status."""
        self._looked = self._clock()

    def __call__(self) -> Seen:
        """What is known; asks again where that is due and somebody looks."""
        now = self._clock()
        looks = self._looked is not None and now - self._looked < LOOKS
        due = looks and (self._asked is None or now - self._asked >= AGAIN)
        if due and not (self._thread and self._thread.is_alive()):
            self._asked = now
            self._thread = threading.Thread(target=self._ask, name="kfnb-claims", daemon=True)
            self._thread.start()
        return self._seen

    def wait(self, seconds: float) -> None:
        """Wait for the question that is under way."""
        if self._thread:
            self._thread.join(seconds)

    def _ask(self) -> None:
        try:
            client = self._client()
        except (errors.KfnbError, OSError, ImportError):  # no cluster: nothing is lost
            return
        pod = self._get(client, PODS, self._pod)
        mounts = of_pod(pod) if pod else self._seen.mounts
        bodies = {name: self._get(client, CLAIMS, name) for name in sorted(set(mounts.values()))}
        notebook = self._get(client, NOTEBOOKS, self._notebook) if self._notebook else None
        spec = (notebook or {}).get("spec")
        self._seen = Seen(
            mounts=mounts,
            claims={name: body for name, body in bodies.items() if body},
            spec=spec if isinstance(spec, dict) else None,
        )

    def _get(self, client: Client, kind: Address, name: str) -> Object | None:
        try:
            return client.get(kind.at(self._namespace, name)).body
        except (errors.KfnbError, OSError, ImportError):  # it may not be asked
            return None


def of_pod(pod: Object) -> dict[str, str]:
    """Mount -> claim, of all containers of a pod."""
    spec = pod.get("spec", {})
    claims = {
        one["name"]: one["persistentVolumeClaim"]["claimName"]
        for one in spec.get("volumes", ())
        if "persistentVolumeClaim" in one
    }
    return {
        mount["mountPath"].rstrip("/") or "/": claims[mount["name"]]
        for container in spec.get("containers", ())
        for mount in container.get("volumeMounts", ())
        if mount["name"] in claims
    }
