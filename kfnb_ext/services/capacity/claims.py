"""The claims of this pod's volumes, as the cluster knows them: names and sizes.

Rule: an extra that nothing waits for. It is asked in a thread of its own, seldom; where the
cluster cannot be asked or refuses, what the mount table tells stays.
"""

import re
import threading
import time
from collections.abc import Callable
from typing import Any

from kfnb_ext import errors
from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.address import Address

AGAIN = 600.0  # seconds between two questions: a claim grows seldom
POD = Address("", "v1", "pods")
CLAIM = Address("", "v1", "persistentvolumeclaims")
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_UNITS |= {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50}

Found = dict[str, tuple[str, int | None]]  # mount -> claim, bytes


class Claims:
    """What is known so far; calling it never waits."""

    def __init__(
        self,
        client: Callable[[], Client],
        namespace: str,
        pod: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._namespace, self._pod, self._clock = client, namespace, pod, clock
        self._found: Found = {}
        self._asked: float | None = None
        self._thread: threading.Thread | None = None

    def __call__(self) -> Found:
        """Mount -> name of the claim and its bytes."""
        due = self._asked is None or self._clock() - self._asked >= AGAIN
        if due and not (self._thread and self._thread.is_alive()):
            self._asked = self._clock()
            self._thread = threading.Thread(target=self._ask, name="kfnb-claims", daemon=True)
            self._thread.start()
        return self._found

    def wait(self, seconds: float) -> None:
        """Wait for the question that is under way."""
        if self._thread:
            self._thread.join(seconds)

    def _ask(self) -> None:
        try:
            client = self._client()
            pod = client.get(POD.at(self._namespace, self._pod)).body
            mounted = of_pod(pod)
            sizes = {name: self._size(client, name) for name in set(mounted.values())}
            self._found = {mount: (name, sizes[name]) for mount, name in mounted.items()}
        except (errors.KfnbError, OSError, ImportError):  # it may not be asked: nothing is lost
            return

    def _size(self, client: Client, name: str) -> int | None:
        try:
            claim = client.get(CLAIM.at(self._namespace, name)).body
        except errors.KfnbError:
            return None
        return quantity(str(claim.get("status", {}).get("capacity", {}).get("storage", "")))


def of_pod(pod: dict[str, Any]) -> dict[str, str]:
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


def quantity(text: str) -> int | None:
    """A quantity of Kubernetes in bytes; None: it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(k|[KMGTP]i|[MGTP]|)", text)
    return int(float(found[1]) * _UNITS[found[2]]) if found else None
