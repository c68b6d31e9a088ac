"""What Jupyter itself knows of its use: kernels and terminals.

Rule: read on the event loop (Jupyter's objects are not thread-safe), never a message to a
kernel, and nothing that counts as use.
"""

from datetime import datetime, timezone
from typing import Any

from kfnb_ext.model.activity import Evidence


class Witness:
    """Collects the evidence; remembers since when a kernel has been busy."""

    def __init__(self, serverapp: Any) -> None:
        self._serverapp = serverapp
        self._busy_since: dict[str, datetime] = {}

    async def collect(self) -> tuple[Evidence, ...]:
        """All evidence of kernels and terminals, as of now."""
        names = await self._names()
        return (*self._kernels(names), *self._terminals())

    async def _names(self) -> dict[str, str]:
        """What a person calls each kernel: its notebook or console."""
        found = await self._serverapp.session_manager.list_sessions()
        return {
            s["kernel"]["id"]: s["path"] if s["type"] == "notebook" else s["name"] or s["path"]
            for s in found
            if s.get("kernel")
        }

    def _kernels(self, names: dict[str, str]) -> list[Evidence]:
        manager = self._serverapp.kernel_manager
        kernels = [(id_, manager.get_kernel(id_)) for id_ in manager.list_kernel_ids()]
        busy = {id_ for id_, kernel in kernels if _state(kernel) == "busy"}
        self._busy_since = {
            # First seen busy: its last message is the nearest to the start of the cell.
            id_: self._busy_since.get(id_) or kernel.last_activity
            for id_, kernel in kernels
            if id_ in busy and getattr(kernel, "last_activity", None)
        }
        return [
            self._kernel(id_, kernel, names.get(id_) or kernel.kernel_name, id_ in busy)
            for id_, kernel in kernels
            if getattr(kernel, "last_activity", None)
        ]

    def _kernel(self, id_: str, kernel: Any, name: str, busy: bool) -> Evidence:
        return Evidence(
            kind="kernel",
            source=id_,
            at=datetime.now(timezone.utc) if busy else kernel.last_activity,
            active=busy,
            since=self._busy_since.get(id_),
            text=f"kernel {name} is busy" if busy else f"kernel {name} was used",
        )

    def _terminals(self) -> list[Evidence]:
        manager = self._serverapp.web_app.settings.get("terminal_manager")
        if manager is None:
            return []
        return [
            Evidence(
                kind="terminal",
                source=str(one["name"]),
                at=_time(one["last_activity"]),
                active=False,
                text=f"terminal {one['name']} was used",
            )
            for one in manager.list()
        ]


def _state(kernel: Any) -> str | None:
    return getattr(kernel, "execution_state", None)


def _time(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value).replace("Z", "+00:00"))
