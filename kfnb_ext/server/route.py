"""What a route is, and what a request to it brings.

Rule: records alone; the tables of routes are beside this file.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from kfnb_ext.assembly import Pod


class Call(NamedTuple):
    """One request: the parts of its path, its query, its decoded body, and who sent it."""

    path: dict[str, str]
    query: dict[str, str]
    body: Any
    user: str


class Route(NamedTuple):
    """One route. ``act`` runs in a worker thread; None: a handler of its own serves it."""

    method: str
    path: str
    summary: str
    answers: dict[int, Any]  # by HTTP status; None: bytes
    act: Callable[[Pod, Call], Any] | None
    body: Any = None  # the record it takes
    query: dict[str, str] = {}
    apart: bool = False  # it asks the cluster, and waits in threads of its own
