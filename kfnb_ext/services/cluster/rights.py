"""What the service account may do, asked once and kept.

Rule: asked anew on demand, and after the cluster refused a right that we act on; never by a clock.
"""

import threading

from kfnb_ext.kube import rights as asking
from kfnb_ext.kube.client import Client
from kfnb_ext.model import cluster, rights


class KnownRights:
    """The rights in one namespace."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace
        self._lock = threading.Lock()  # never held while the cluster is asked
        self._known: rights.Rights | None = None
        self._forgotten = 0
        client.denied.append(self.forget)

    def look(self, platform: cluster.Platform) -> rights.Rights:
        """What is allowed. Raises: ClusterError, and then nothing is kept."""
        with self._lock:
            known, forgotten = self._known, self._forgotten
        if known is None:
            known = asking.read(self._client, self._namespace, platform)
            with self._lock:
                if forgotten == self._forgotten:  # else something was refused meanwhile
                    self._known = known
        return known

    def forget(self) -> None:
        """Something was refused, or a person wants to know: ask anew next time."""
        with self._lock:
            self._known = None
            self._forgotten += 1
