"""An extension that is loaded before ours and answers ``api/kernels`` by itself."""

from typing import Any

from jupyter_server.services.kernels.handlers import MainKernelHandler
from jupyter_server.utils import url_path_join


class EarlyKernels(MainKernelHandler):
    """As Jupyter's own, and not ours."""


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "tests.fakes.early_kernels"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    path = url_path_join(serverapp.web_app.settings["base_url"], "api/kernels")
    serverapp.web_app.add_handlers(".*$", [(path, EarlyKernels)])
