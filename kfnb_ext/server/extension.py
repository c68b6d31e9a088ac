"""The server extension: routes, the tick, recovery at start, notices.

Rule: loading it costs the server next to nothing; what is heavy waits for the first look.
"""

import asyncio
import contextlib
import os
from functools import cached_property
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp

from kfnb_ext import assembly, config
from kfnb_ext.model.operations import Operation
from kfnb_ext.server import activity, events, handlers, status

LEVELS = {"succeeded": "success", "failed": "error", "cancelled": "info"}


class Extension(config.KfnbExt, ExtensionApp):
    """The extension as Jupyter Server knows it."""

    name = "kfnb_ext"
    load_other_extensions = True

    def initialize_handlers(self) -> None:
        """Settle the options and add the routes."""
        site, user = assembly.layers() if "KfnbExt" in self.config else ({}, {})
        mine = {**user, **{k: v for k, v in self.config.KfnbExt.items() if site.get(k) != v}}
        self.settled = config.settle(site, os.environ, mine)
        # Kernels and terminals are started by this process: they learn the workspace from it.
        os.environ["KFNB_WORKSPACE"] = str(self.workspace_folder)
        witness = activity.Witness(self.serverapp)
        self.source = status.StatusSource(
            lambda: self.pod.status, witness.collect, self.settled.status_max_age
        )
        self.face = handlers.Face(lambda: self.pod, self.source)
        self.handlers.extend(handlers.table(self.face))
        self._tasks: list[asyncio.Task[None]] = []

    @cached_property
    def workspace_folder(self) -> Path:
        """The folder that snapshots are taken of: the server's root directory, or as set."""
        assert self.serverapp is not None
        named = self.settled.workspace or self.serverapp.root_dir
        return Path(named).expanduser().resolve()

    @cached_property
    def pod(self) -> assembly.Pod:
        """All services, put together at the first look."""
        pod = assembly.Pod(self.settled, self.workspace_folder, "server", self.log)
        pod.operations.ended.append(self._ended)
        return pod

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self._notices = events.Notices(serverapp.event_logger)
        self._tasks = [asyncio.create_task(self._recover()), asyncio.create_task(self._tick())]

    async def stop_extension(self) -> None:
        """Stop the tick; running operations are asked to stop and leave all as it was."""
        for task in self._tasks:
            task.cancel()
        if "pod" in self.__dict__:
            self.pod.operations.stop()
        self.source.close()
        self.face.threads.shutdown(wait=False, cancel_futures=True)

    async def _recover(self) -> None:
        """Bring to its end what a killed server left half done, and say so."""
        if not (self.workspace_folder / ".kfnb").is_dir():
            return
        try:
            done = await self.face.run(self._complete)
        except Exception as error:  # the server must run; the next operation tries again
            self.log.warning("kfnb: what was interrupted could not be completed yet: %s", error)
            return
        for sentence in done:
            self.log.warning("kfnb: %s", sentence)
            self._notices.tell("warning", "After an interruption", sentence)

    def _complete(self) -> tuple[str, ...]:
        return self.pod.snapshots.recover()  # the first use of `pod`: not on the event loop

    async def _tick(self) -> None:
        """Read now and then though nobody asks: for the history, and for the shell."""
        while True:
            await asyncio.sleep(self.settled.tick_interval)
            try:
                await self.source.leave()
            except Exception as error:  # one failed reading must not end all later ones
                self.log.warning("kfnb: the status could not be read: %s", error)

    def _ended(self, operation: Operation) -> None:
        """Tell the browsers that an operation ended. Called from its thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._tell, operation)

    def _tell(self, operation: Operation) -> None:
        self._notices.tell(
            LEVELS[operation.state],  # type: ignore[arg-type]
            operation.title[:1].upper() + operation.title[1:],
            operation.message,
            operation.hint,
            operation.id,
        )
