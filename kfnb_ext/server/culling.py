"""What the culler is answered, and how it is known from everybody else.

Rule: only the controller's own requests are treated otherwise; whoever else asks gets what
Jupyter alone would have answered, byte for byte. Nothing here waits for anything but one small
file, and for that not long.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

from jupyter_client.jsonutil import json_default
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.services.kernels.handlers import MainKernelHandler
from tornado import web
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from traitlets.config import Config

if TYPE_CHECKING:  # a server that starts needs none of these yet
    from kfnb_ext.model.status import Status
    from kfnb_ext.services.culling import CullingService

PATIENCE = 5.0  # seconds; the controller itself gives up after 10
UNTRACKED = ("usage_request", "usage_reply")


class Booth:
    """Where the culler's requests are told from others, and answered."""

    def __init__(
        self,
        service: Callable[[], "CullingService | None"],
        ready: Callable[[], Awaitable["CullingService"]],
        log: Any,
    ) -> None:
        """``service``: None while nothing has been put together yet; ``ready``: once it is."""
        self._service = service
        self._ready = ready
        self._log = log
        self._early: list[tuple[str, int]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kfnb-culler")

    def note(self, what: str, status: int) -> None:
        """A request of the controller's kind was answered with this HTTP status."""
        service = self._service()
        self._early.append((what, status))
        if service is None:
            return
        for one, answered in self._early:
            if answered == 200:
                service.asked(one)
            elif one == "kernels":
                service.refused()
        self._early = []

    async def answer(self, kernels: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The list for the culler; as it is where there is nothing to say."""
        try:
            return await asyncio.wait_for(self._answer(kernels), PATIENCE)
        except Exception as error:  # the culler must get an answer, and be it Jupyter's own
            self._log.warning("kfnb: the culler was answered by Jupyter alone: %r", error)
            return kernels

    async def _answer(self, kernels: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # Also the first look of all is kept: what the culler was told must outlive a crash.
        service = await self._ready()
        if not service.answers:
            return kernels
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, service.answer, kernels)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def is_the_controllers(request: HTTPServerRequest) -> bool:
    """Whether this is a controller's request: Go's own client, and nobody signed in."""
    return (
        request.method == "GET"
        and request.headers.get("User-Agent", "").startswith("Go-http-client/")
        and "Cookie" not in request.headers
        and "Authorization" not in request.headers
        and "token" not in request.query_arguments
    )


class KernelsHandler(MainKernelHandler):
    """``api/kernels``, as Jupyter has it but for the culler."""

    def initialize(self, booth: Booth) -> None:
        """Keep the booth."""
        super().initialize()
        self._booth = booth

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List the kernels."""
        if not is_the_controllers(self.request):
            await cast(Awaitable[None], super().get())
            return
        self._track_activity = False
        manager: Any = self.kernel_manager
        kernels = await ensure_async(manager.list_kernels())
        told = await self._booth.answer(list(kernels))
        self.finish(json.dumps(told, default=json_default))


def observer(
    booth: Booth, prefixes: Iterable[str], settings: dict[str, Any]
) -> type[web.OutputTransform]:
    """Sees each request pass, and changes none; Tornado makes one of it for each request.

    ``prefixes``: where the controller asks, and where this server answers.
    """
    asked = ("kernels", "terminals", "status")
    paths = {f"{prefix.rstrip('/')}/api/{what}": what for prefix in prefixes for what in asked}

    class Observer(web.OutputTransform):
        def __init__(self, request: HTTPServerRequest) -> None:
            what = paths.get(request.path)
            self._what = what if what and is_the_controllers(request) else None
            self._before = settings.get("api_last_activity")

        def transform_first_chunk(self, status_code: int, *more: Any) -> Any:
            if self._what:
                booth.note(self._what, status_code)
            # Jupyter has just counted the controller's look as use.
            if self._what == "terminals":
                _put_back(settings, self._before)
            return super().transform_first_chunk(status_code, *more)

    return Observer


def _put_back(settings: dict[str, Any], before: Any) -> None:
    """``before``: the last request that counted; None: there was none yet."""
    if before is None:
        settings.pop("api_last_activity", None)
    else:
        settings["api_last_activity"] = before


def before_us(web_app: web.Application, base_url: str) -> str:
    """The package whose handler of ``api/kernels`` comes before ours; empty: none does.

    Tornado asks the first that was added. To be called when all extensions are loaded.
    """
    asked = HTTPServerRequest(method="GET", uri=f"{base_url}api/kernels", headers=HTTPHeaders())
    found = getattr(web_app.find_handler(asked), "handler_class", None)
    if found is None or issubclass(found, KernelsHandler):
        return ""
    return str(found.__module__).partition(".")[0]


def tell(settings: dict[str, Any], name: str, status: "Status") -> None:
    """Tell Notebooks 2.0 and JupyterHub, which ask Jupyter for its last activity."""
    last = getattr(status.activity, "last_use", None)
    times = settings.setdefault("last_activity_times", {})
    # Jupyter takes the latest of all: an older one than before would only be forgotten.
    if last is not None:
        times[name] = max(last, times.get(name, last))


def untrack(serverapp: Any) -> None:
    """Keep questions about a kernel's usage from counting as use, and from hiding its work.

    jupyter-resource-usage asks kernels on their control channel; Jupyter Server takes the answer
    for the end of the running cell. To be called before the kernel manager exists.
    """
    config = Config()
    # Which class it will be is not settled yet. The base's section reaches all of them, and
    # whoever has set a list of his own keeps it, with ours added.
    config.MappingKernelManager.untracked_message_types.extend(list(UNTRACKED))
    for name, section in serverapp.config.items():
        said = section.get("untracked_message_types") if isinstance(section, Config) else None
        if isinstance(said, list | tuple | set):
            kept = [*said, *(one for one in UNTRACKED if one not in said)]
            config[name].untracked_message_types = kept
    serverapp.update_config(config)
