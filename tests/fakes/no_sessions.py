"""Sessions that cannot be listed: their database lies on a full disk, or behind a gateway."""

import sqlite3
from typing import Any


async def _refuse() -> None:
    raise sqlite3.OperationalError("disk I/O error")


def _load_jupyter_server_extension(serverapp: Any) -> None:
    serverapp.session_manager.list_sessions = _refuse


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "tests.fakes.no_sessions"}]
