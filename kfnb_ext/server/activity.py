"""What Jupyter itself knows of its use: kernels, terminals, documents saved.

Rule: read on the event loop (Jupyter's objects are not thread-safe), never a message to a
kernel, and nothing that counts as use. No time is judged here: stamps go on as they are.
"""

import os
from collections.abc import Callable
from typing import Any

from jupyter_core.utils import ensure_async

from kfnb_ext.services.evidence import Kernel, Terminal, Witnessed

CONTENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"
SAVES = ("save", "upload", "rename", "copy", "delete", "create")  # not `get`: reading is no use
MINE = ".kfnb/"


class Witness:
    """Sees kernels and terminals when asked, and each save as it happens."""

    def __init__(self, serverapp: Any, ticks: Callable[[], float]) -> None:
        """``ticks``: seconds since boot."""
        self._serverapp = serverapp
        self._ticks = ticks
        self._saved: tuple[str, float, str] | None = None

    def listen(self) -> None:
        """Hear of saves: on Jupyter's event bus, so that no hook of the user is touched."""
        self._serverapp.event_logger.add_listener(schema_id=CONTENTS, listener=self._heard)

    async def collect(self) -> Witnessed:
        """All that is seen now."""
        return Witnessed(
            server=os.getpid(),
            kernels=await self._kernels(),
            terminals=self._terminals(),
            saved=self._saved,
        )

    async def _heard(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        path = str(data.get("path", "")).lstrip("/")
        if data.get("action") in SAVES and not path.startswith(MINE):
            self._saved = (path, self._ticks(), f"{path} was saved")

    async def _names(self) -> dict[str, str]:
        """What a person calls each kernel: its notebook or console. No evidence hangs on it."""
        try:
            found = await self._serverapp.session_manager.list_sessions()
        except Exception:  # a database on a full disk, a gateway that is away
            return {}
        return {
            s["kernel"]["id"]: s["path"] if s["type"] == "notebook" else s["name"] or s["path"]
            for s in found
            if s.get("kernel")
        }

    async def _kernels(self) -> tuple[Kernel, ...]:
        manager = self._serverapp.kernel_manager
        names = await self._names() if manager.list_kernel_ids() else {}
        kernels = [(id_, manager.get_kernel(id_)) for id_ in manager.list_kernel_ids()]
        return tuple(
            [
                Kernel(
                    id=id_,
                    name=names.get(id_) or kernel.kernel_name,
                    state=getattr(kernel, "execution_state", None) or "starting",
                    stamp=kernel.last_activity,
                    pid=_pid(kernel),
                    clients=await self._clients(id_),
                )
                for id_, kernel in kernels
                if getattr(kernel, "last_activity", None)
            ]
        )

    async def _clients(self, id_: str) -> int | None:
        """Tabs and consoles that are connected; None: not known."""
        try:
            model = await ensure_async(self._serverapp.kernel_manager.kernel_model(id_))
            return int(model["connections"])
        except Exception:  # it has ended meanwhile, or this manager cannot say
            return None

    def _terminals(self) -> tuple[Terminal, ...]:
        manager = self._serverapp.web_app.settings.get("terminal_manager")
        if manager is None:
            return ()
        return tuple(
            Terminal(
                name=str(name),
                stamp=terminal.last_activity,
                pid=getattr(getattr(terminal, "ptyproc", None), "pid", None),
            )
            for name, terminal in list(manager.terminals.items())
            if getattr(terminal, "last_activity", None)
        )


def _pid(kernel: Any) -> int | None:
    """The kernel's process; None: it runs elsewhere (a gateway, another host)."""
    pid = getattr(getattr(kernel, "provisioner", None), "pid", None)
    return pid if isinstance(pid, int) and pid > 0 else None
