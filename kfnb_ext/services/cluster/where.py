"""Where this notebook lives, kept for a while so that one look of a person is one question.

Rule: a pod's place changes only by our own hand or by a restart; whoever changes it says so.
"""

import threading
import time
from collections.abc import Callable

from kfnb_ext.kube import place
from kfnb_ext.kube.client import Client
from kfnb_ext.model import cluster

MAX_AGE = 60.0  # seconds


class Where:
    """The place, read at most once a minute."""

    def __init__(
        self,
        client: Client,
        names: place.Names,
        workspace: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self.names = names
        self._workspace = workspace
        self._clock = clock
        self._lock = threading.Lock()  # never held while the cluster is asked: it may hang
        self._place: cluster.Place | None = None
        self._taken = 0.0
        self._forgotten = 0  # how often: what was asked for before is not kept after

    def look(self, max_age: float = MAX_AGE) -> cluster.Place:
        """The place, at most ``max_age`` seconds old. Raises: ClusterError, Unsupported."""
        with self._lock:
            if self._place is not None and self._clock() - self._taken <= max_age:
                return self._place
            forgotten = self._forgotten
        found = place.look(self.client, self.names, self._workspace)
        with self._lock:
            if forgotten == self._forgotten:
                self._place, self._taken = found, self._clock()
        return found

    def forget(self) -> None:
        """Something was changed: read anew next time."""
        with self._lock:
            self._place = None
            self._forgotten += 1
