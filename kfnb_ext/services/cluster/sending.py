"""A JSON patch of the Notebook: sent once with its tests, and looked for where an answer was lost.

Rule: a workspace of 2.0 is never patched: what it has are the administrator's options.
"""

from collections.abc import Callable, Sequence
from typing import Any

from kfnb_ext import errors
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model.patches import Operation
from kfnb_ext.model.patches import patch as words
from kfnb_ext.services.cluster import writing

RESTARTS = (
    "The notebook restarts by it: kernels and terminals end, and what is not saved is lost. "
    "Volumes stay."
)
WAITS = "The notebook is stopped: this takes effect when it is started again."

Object = dict[str, Any]


class Sending:
    """Over one Notebook."""

    def __init__(self, gate: writing.Writing) -> None:
        self.gate = gate

    def notebook(self) -> address.Address:
        """The Notebook. Raises: Unsupported."""
        if self.gate.platform == "workspaces":
            raise errors.Unsupported(
                f"{writing.WORKSPACE} Nothing was changed.",
                "Choose another option for the workspace where workspaces are listed, or ask the "
                "administrator for one that has more.",
            )
        return self.gate.notebook()

    def read(self) -> Object:
        """It, as the cluster has it. Raises: ClusterError, Unsupported."""
        self.notebook()
        return self.gate.read()

    def send(self, body: Object, steps: Sequence[Operation], *, dry_run: bool = False) -> Object:
        """Send the steps to this very Notebook; as it is then. Raises: ClusterError."""
        uid = words.test("/metadata/uid", body["metadata"]["uid"])
        patched = self.gate.client.patch_json(
            self.notebook(), [uid, *steps], touches=words.touched(steps), dry_run=dry_run
        )
        return patched.body

    def change(
        self, body: Object, steps: Sequence[Operation], done: Callable[[Object], bool]
    ) -> None:
        """Send them for good; ``done`` knows the Notebook that has them. Raises: ClusterError."""

        def look() -> Object | None:
            now = self.read()
            return now if done(now) else None

        writing.sure(lambda: self.send(body, steps), look)
        self.gate.changed()


def refusal(error: errors.KfnbError) -> str:
    """Why a patch is refused, for whoever looks at a preview."""
    if isinstance(error, failures.ClusterError) and error.reason == "test_failed":
        return (
            "Something else has changed the same places of the Notebook since. Nothing was changed."
        )
    return f"{error.message} {error.hint}".strip()
