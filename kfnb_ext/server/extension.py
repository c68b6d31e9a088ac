"""The server extension: routes, the tick, recovery at start, notices.

Rule: loading it costs the server next to nothing. All that is not needed to start (the records,
the services, the probes, the engines) is imported and put together at the first look, in a worker
thread and not on the event loop.
"""

import asyncio
import contextlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import IOLoop

from kfnb_ext import assembly, config, errors
from kfnb_ext.server import culling, events, handlers

if TYPE_CHECKING:
    from kfnb_ext.model.operations import Operation
    from kfnb_ext.model.status import Status
    from kfnb_ext.server.answers import Desk
    from kfnb_ext.server.metrics import Figures
    from kfnb_ext.services.clock import Clock
    from kfnb_ext.services.culling import CullingService

WORKSPACES = "/workspace/connect/"  # so begins the path of one of Notebooks 2.0
TOLD_BY = "KFNB_TOLD_BY"  # in the environment of what this server starts: its pid
LEVELS = {"succeeded": "success", "failed": "error", "cancelled": "info"}


class Extension(config.KfnbExt, ExtensionApp):
    """The extension as Jupyter Server knows it."""

    name = "kfnb_ext"
    load_other_extensions = True
    clock: "Clock | None" = None  # None: the system's; a test builds its own kind of extension
    _figures: "Figures | None" = None
    face: handlers.Face | None = None  # None: the options could not be used, nothing is served

    def _link_jupyter_server_extension(self, serverapp: Any) -> None:
        super()._link_jupyter_server_extension(serverapp)
        culling.untrack(serverapp)

    def parse_command_line(self, argv: Any = None) -> None:
        """Nothing: the server has read the command line, ours with it; twice costs time."""

    def initialize_handlers(self) -> None:
        """Settle the options and add the routes. Raises: BadRequest; then nothing is served."""
        if not self._linked:  # Jupyter has logged why; without its options there is no policy
            raise errors.BadRequest("The options of c.KfnbExt cannot be used: see above.")
        site, user = assembly.layers() if "KfnbExt" in self.config else ({}, {})
        mine = {**user, **{k: v for k, v in self.config.KfnbExt.items() if site.get(k) != v}}
        self.settled = config.settle(site, _environment(), mine)
        # Kernels and terminals are started by this process: they learn the workspace from it.
        os.environ["KFNB_WORKSPACE"] = str(self.workspace_folder)
        os.environ["KFNB_IN_USE_FILE"] = assembly.in_use_file(self.settled)
        os.environ[TOLD_BY] = str(os.getpid())
        self._tasks: list[asyncio.Task[None]] = []
        self.face = handlers.Face(self._open)
        self.handlers.append(("kfnb/(.*)", handlers.Handler, {"face": self.face}))
        if self.settled.culling != "off":
            assert self.serverapp is not None
            app = self.serverapp.web_app
            self._booth = culling.Booth(self._culling, self._ready, self.log)
            self.handlers.append(("api/kernels", culling.KernelsHandler, {"booth": self._booth}))
            prefixes = {self.serverapp.base_url, os.environ.get("NB_PREFIX", "/")}
            app.add_transform(culling.observer(self._booth, prefixes, app.settings))
        if not hasattr(ExtensionApp, "_start_jupyter_server_extension"):  # before 2.16
            IOLoop.current().add_callback(self._start_jupyter_server_extension, self.serverapp)

    @cached_property
    def workspace_folder(self) -> Path:
        """The folder that snapshots are taken of: the server's root directory, or as set."""
        assert self.serverapp is not None
        named = self.settled.workspace or self.serverapp.root_dir
        return Path(named).expanduser().resolve()

    def _open(self) -> "Desk":
        """Put all services together. Called once, from a worker thread."""
        from kfnb_ext.server import activity, answers, capacity, glances, status, telling

        folder = self.workspace_folder
        pod = assembly.Pod(self.settled, folder, "server", self.log, clock=self.clock)
        pod.operations.ended.append(self._ended)
        use = pod.use  # before the first look, and so before a culler's
        assert self.serverapp is not None
        if self.settled.culling != "off":
            web_app, base = self.serverapp.web_app, self.serverapp.base_url
            use.culling.before_us = culling.before_us(web_app, base)
        witness = activity.Witness(self.serverapp, pod.timeline.clock.ticks)
        self._loop.call_soon_threadsafe(witness.listen)
        source = status.StatusSource(
            pod.status, witness.collect, self.settled.status_max_age, pod.timeline.clock.ticks
        )
        source.readers.append(self._read)
        self._teller = telling.Teller(pod, self._notices)
        capacity.attach(pod, self._loop, self._notices)
        if pod.capacity.claims:
            source.lookers.append(pod.capacity.claims.looked)
        source.readers.append(glances.Glances(self.serverapp.event_logger).read)
        if self.settled.metrics:
            from kfnb_ext.server import metrics

            self._figures = metrics.Figures()
            source.readers.append(self._figures.read)
        return answers.Desk(pod, source)

    def _culling(self) -> "CullingService | None":
        desk = self.face.made if self.face else None
        return desk.pod.use.culling if desk else None

    async def _ready(self) -> "CullingService":
        """For the culler. A reading that ticks keep young is enough: he asks hundreds of pods."""
        assert self.face is not None
        desk = await self.face.desk()
        service = desk.pod.use.culling
        try:
            renewed = desk.status.renew(service.old(self.settled.tick_interval))
            await asyncio.wait_for(renewed, culling.PATIENCE / 2)
        except Exception as error:  # the last use that is known is told; it is no less true
            self.log.warning("kfnb: the culler is told what was read before: %r", error)
        return service

    def current_activity(self) -> Any:
        """For Jupyter's own shutdown_no_activity_timeout: whether the notebook is used."""
        service = self.face.made.pod.use if self.face and self.face.made else None
        verdict = service.keeper.verdict if service else None
        return [reason.text for reason in verdict.reasons] if verdict and verdict.in_use else None

    def _read(self, status: "Status") -> None:
        """Each reading, on the loop: what others learn from it."""
        assert self.serverapp is not None
        culling.tell(self.serverapp.web_app.settings, self.name, status)

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        if self.face is None:
            return
        self._loop = asyncio.get_running_loop()
        self._notices = events.Notices(serverapp.event_logger)
        self._tasks = [
            asyncio.create_task(self._recover(self.face)),
            asyncio.create_task(self._restarted(self.face)),
            asyncio.create_task(self._tick(self.face)),
            asyncio.create_task(self._watch(self.face, serverapp.kernel_manager)),
        ]

    async def stop_extension(self) -> None:
        """Stop the tick; running operations are asked to stop and leave all as it was."""
        if self.face is None:
            return
        for task in self._tasks:
            task.cancel()
        if self.face.made:
            self._teller.stop()
            self.face.made.pod.operations.stop()
            self.face.made.pod.capacity.stop()
            self.face.made.status.close()
            if self._figures:
                self._figures.close()
        for threads in (self.face.threads, self.face.apart):
            threads.shutdown(wait=False, cancel_futures=True)

    async def _recover(self, face: handlers.Face) -> None:
        """Bring to its end what a killed server left half done, and say so, as an operation."""
        left = assembly.unfinished
        try:
            if await self._loop.run_in_executor(face.threads, left, self.workspace_folder):
                desk = await face.desk()
                await self._loop.run_in_executor(face.threads, desk.pod.snapshots.complete)
        except Exception as error:  # the server must run; the next operation tries again
            self.log.warning("kfnb: what was interrupted is not completed yet: %s", error)

    async def _restarted(self, face: handlers.Face) -> None:
        """After a restore the notebook restarts: find out, bring it to its end, and say so."""
        from kfnb_ext.server import restarted

        try:
            await restarted.find(face, self._loop)
        except Exception as error:  # the server must run; the guardian sees it through
            self.log.warning("kfnb: whether a restore has ended is not known: %s", error)

    async def _watch(self, face: handlers.Face, kernels: Any) -> None:
        from kfnb_ext.server import capacity

        try:
            await capacity.watch(kernels, face)
        except Exception as error:  # a gateway's kernels, say: they run elsewhere
            self.log.warning("kfnb: kernels are not watched: %s", error)

    async def _tick(self, face: handlers.Face) -> None:
        """Read now and then though nobody asks: for the history, and for the shell."""
        if not self._probed:
            await asyncio.sleep(self.settled.tick_interval)
        while True:
            try:
                desk = await face.desk()
                self._teller.tick(await desk.status.leave())
            except Exception as error:  # one failed reading must not end all later ones
                self.log.warning("kfnb: the status could not be read: %s", error)
            await asyncio.sleep(self.settled.tick_interval)

    @property
    def _probed(self) -> bool:
        """Whether Notebooks 2.0 may run our probe in here: its first comes when the pod is ready,
        and one that finds nothing fails."""
        forced, prefix = self.settled.culling, os.environ.get("NB_PREFIX", "")
        return forced == "workspaces" or (forced == "auto" and prefix.startswith(WORKSPACES))

    def _ended(self, operation: "Operation") -> None:
        """Tell the browsers that an operation ended. Called from its thread."""
        if operation.kind == "scan" and operation.state == "succeeded":
            return  # what it found is what is told, where it is looked at
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._tell, operation)

    def _tell(self, operation: "Operation") -> None:
        self._notices.tell(
            LEVELS[operation.state],  # type: ignore[arg-type]
            operation.title[:1].upper() + operation.title[1:],
            operation.message,
            operation.hint,
            operation.id,
        )


def _environment() -> dict[str, str]:
    """Our environment, without what another server told the terminal we were started in."""
    environment = dict(os.environ)
    if environment.pop(TOLD_BY, None):
        for told in ("KFNB_WORKSPACE", "KFNB_IN_USE_FILE"):
            environment.pop(told, None)
    return environment
