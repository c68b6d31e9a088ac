"""An extension that tells what Jupyter's own shutdown would learn from all extensions."""

import json
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web


class AnyActivity(APIHandler):
    """``GET tests/any-activity``."""

    _track_activity = False

    @web.authenticated
    def get(self) -> None:
        """Ask as ServerApp.shutdown_no_activity does."""
        manager = self.serverapp.extension_manager
        self.finish(json.dumps(bool(manager.any_activity())))


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "tests.fakes.any_activity"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    base_url = serverapp.web_app.settings["base_url"]
    path = url_path_join(base_url, "tests/any-activity")
    serverapp.web_app.add_handlers(".*$", [(path, AnyActivity)])
