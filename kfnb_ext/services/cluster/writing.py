"""What every change of this notebook in the cluster passes: the site's word, and whose it is.

Rule: asked before anything is sent; a refusal says who can lift it.
"""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kfnb_ext import errors
from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.kube.client.address import Address
from kfnb_ext.model import cluster
from kfnb_ext.services.cluster.where import Where
from kfnb_ext.services.operations import Operations

T = TypeVar("T")
TRIES = 5  # of a read and a write that somebody else's write came between

HUB = "This notebook belongs to JupyterHub, whose pods are made by the hub and not by a Notebook."
PLAIN = "This pod belongs to no Notebook of Kubeflow that is known here."
WORKSPACE = (
    "This is a workspace of Notebooks 2.0: memory, GPUs and /dev/shm come from the options "
    "(imageConfig, podConfig) that the administrator offers for its kind."
)


class Writing:
    """Over one notebook."""

    def __init__(
        self,
        client: Callable[[], Client],
        where: Where,
        operations: Operations,
        *,
        read_only: bool = False,
        allowed: bool = True,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self.where = where
        self.operations = operations
        self._read_only, self._allowed = read_only, allowed
        self._forget = forget

    @property
    def client(self) -> Client:
        """The one door."""
        return self._client()

    def allow(self, what: str) -> None:
        """Let ``what`` ("Stopping the notebook") be done. Raises: Forbidden."""
        if self._read_only:
            raise errors.Forbidden(
                f"{what} is switched off: this server is in read-only mode. Nothing was changed.",
                "Ask the administrator (KFNB_READ_ONLY).",
            )
        if not self._allowed:
            raise errors.Forbidden(
                f"{what} is switched off: the site allows no change of the cluster from here. "
                "Nothing was changed.",
                "Ask the administrator (KFNB_CLUSTER_WRITES).",
            )

    @property
    def platform(self) -> cluster.Platform:
        """Whose pod this is: by its environment, and where that is silent as the cluster has it."""
        names = self.where.names
        if names.platform in ("none", "pod") and names.namespace and names.notebook:
            with contextlib.suppress(errors.KfnbError):  # then what is asked for says why
                return self.where.look().platform
        return names.platform

    def notebook(self) -> Address:
        """The object that this pod is made from: a Notebook, or a Workspace of 2.0.

        Raises: Unsupported, which says what this is instead.
        """
        names = self.where.names
        if names.platform == "hub":
            raise errors.Unsupported(
                f"{HUB} Nothing was changed.",
                "Use the hub's control panel: File, Hub Control Panel.",
            )
        if not (names.namespace and names.notebook):
            raise errors.Unsupported(
                f"{PLAIN} Nothing was changed.",
                "Elsewhere than in the notebook name it: KFNB_NOTEBOOK=NAMESPACE/NAME.",
            )
        kind = address.WORKSPACES if self.platform == "workspaces" else address.NOTEBOOKS
        return kind.at(names.namespace, names.notebook)

    def read(self) -> dict[str, Any]:
        """It, as the cluster has it. Raises: ClusterError, Unsupported."""
        return self.client.get(self.notebook()).body

    def changed(self) -> None:
        """Something was changed: whoever remembers reads anew."""
        self.where.forget()
        self._forget()


def sure(act: Callable[[], T], done: Callable[[], T | None]) -> T:
    """Do it; where nobody can say whether it took effect, look. Raises: ClusterError."""
    try:
        return act()
    except failures.ClusterError as error:
        # A write that is repeated after a lost answer meets its own work.
        if not (error.uncertain or error.reason in ("test_failed", "stale")):
            raise
        found = done()
        if found is None:
            raise
        return found


def notes(body: Mapping[str, Any]) -> dict[str, str]:
    """The annotations of an object."""
    return dict(body.get("metadata", {}).get("annotations") or {})
