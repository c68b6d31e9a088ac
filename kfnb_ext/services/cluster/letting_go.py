"""Lets go what restores left behind: a volume from before, a Job that has ended.

Rule: only on a person's word, as an operation that every face sees; what something still uses is
refused by the engine, which looks anew.
"""

from collections.abc import Callable

from kfnb_ext import errors
from kfnb_ext.services import operations


class LettingGo:
    """Starts it. ``release`` deletes one object and says so; ``ended`` hears of it."""

    def __init__(
        self,
        release: Callable[[str, str], str],
        operations_: operations.Operations,
        allowed: Callable[[], bool],
        ended: Callable[[], object],
    ) -> None:
        self._release = release
        self._operations = operations_
        self._allowed = allowed
        self._ended = ended

    def start(self, kind: str, name: str, user: str = "") -> operations.Running:
        """Let one go. Raises: Forbidden where the site allows no change."""
        if not self._allowed():
            raise errors.Forbidden(
                "The site allows no changes of the cluster. Nothing was changed.",
                "Ask the administrator (KFNB_CLUSTER_WRITES, KFNB_READ_ONLY).",
            )

        def work(running: operations.Running) -> operations.Result:
            running.phase(f"looking whether something uses {name}")
            try:
                return operations.Result(message=self._release(kind, name))
            finally:
                self._ended()

        return self._operations.start("delete", "csi", f"release of {name}", work, user=user)
