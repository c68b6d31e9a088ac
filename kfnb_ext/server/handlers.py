"""Handlers of the routes: decode, ask, answer.

Rule: authenticated, authorized as ``kfnb_ext``, never counted as use, never blocking the loop.
Errors are translated here, once: ``{message, hint}`` with the error's own status.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import responses
from typing import Any
from urllib.parse import quote

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from kfnb_ext import errors
from kfnb_ext.assembly import Pod
from kfnb_ext.server import routes
from kfnb_ext.server.status import StatusSource

LARGEST_BODY = 64 * 1024  # bytes; a thousand long paths fit
PATIENCE = 60.0  # seconds for a volume to answer
HINTS = {
    400: "Correct the request and send it again. Nothing was changed.",
    403: "Sign in with the server's token, or ask the administrator for the right.",
    404: "See kfnb/v1/openapi.json for the routes there are.",
    405: "See kfnb/v1/openapi.json for the methods there are.",
    413: "Name fewer paths in one request. Nothing was changed.",
    503: "Look whether the volume is reachable, then try again.",
}

_encode = msgspec.json.Encoder().encode


class Face:
    """What all handlers share."""

    def __init__(self, pod: Callable[[], Pod], status: StatusSource) -> None:
        self.pod = pod
        self.status = status
        self.threads = ThreadPoolExecutor(4, thread_name_prefix="kfnb-http")

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run it in a worker thread. Raises: HTTPError 503 when the volume does not answer."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self.threads, function, *arguments)
        try:
            return await asyncio.wait_for(future, PATIENCE)
        except asyncio.TimeoutError as error:
            text = f"There was no answer within {PATIENCE:g} s: the volume may be gone."
            raise web.HTTPError(503, text) from error


class Handler(APIHandler):
    """One path and its methods, as the table of routes has them."""

    auth_resource = "kfnb_ext"
    _track_activity = False

    def initialize(self, face: Face, methods: dict[str, routes.Route]) -> None:
        """Keep what is shared, and the routes of this path by method."""
        self.face = face
        self.methods = methods

    @web.authenticated
    @authorized
    async def get(self, *arguments: str) -> None:
        """Serve a GET."""
        await self._serve("GET", arguments)

    @web.authenticated
    @authorized
    async def post(self, *arguments: str) -> None:
        """Serve a POST."""
        await self._serve("POST", arguments)

    @web.authenticated
    @authorized
    async def delete(self, *arguments: str) -> None:
        """Serve a DELETE."""
        await self._serve("DELETE", arguments)

    async def act(self, route: routes.Route, call: routes.Call) -> None:
        """Do what the route says, and answer."""
        assert route.act is not None
        record = await self.face.run(lambda: route.act(self.face.pod(), call))  # type: ignore[misc]
        kinds = {kind: code for code, kind in route.answers.items()}
        self.set_status(kinds.get(type(record), next(iter(route.answers))))
        self.finish(_encode(record))

    async def _serve(self, method: str, arguments: tuple[str, ...]) -> None:
        try:
            route = self.methods.get(method)
            if route is None:
                raise web.HTTPError(405)
            await self.act(route, self._call(route, arguments))
        except errors.KfnbError as error:
            self._refuse(error.status, error.message, error.hint)
        except OSError as error:
            failure = errors.from_system(error)
            self._refuse(failure.status, failure.message, failure.hint)

    def _call(self, route: routes.Route, arguments: tuple[str, ...]) -> routes.Call:
        names = re.findall(r"{(\w+)}", route.path)
        query = {name: self.get_query_argument(name) for name in route.query if self._has(name)}
        return routes.Call(
            path=dict(zip(names, arguments, strict=True)),
            query=query,
            body=self._body(route),
            user=self.current_user.display_name or self.current_user.username,
        )

    def _has(self, name: str) -> bool:
        return name in self.request.query_arguments

    def _body(self, route: routes.Route) -> Any:
        if route.body is None:
            return None
        if len(self.request.body) > LARGEST_BODY:
            raise web.HTTPError(413, f"The request is larger than {LARGEST_BODY} bytes.")
        try:
            return msgspec.json.decode(self.request.body or b"{}", type=route.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise errors.BadRequest(
                f"The request cannot be read: {error}. Nothing was changed.", HINTS[400]
            ) from error

    def _refuse(self, status: int, message: str, hint: str) -> None:
        self.set_status(status)
        self.finish(_encode({"message": message, "hint": hint}))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error has the same two fields."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        message = responses.get(status_code, "Unknown error")
        if isinstance(error, web.HTTPError):
            message = error.log_message or message
        hint = HINTS.get(status_code, "The server's log holds the details; please report them.")
        self.clear_header("Content-Disposition")
        self.finish(_encode({"message": message, "hint": hint}))


class StatusHandler(Handler):
    """``GET status``: the one route that is polled, so it is served from the last reading."""

    async def act(self, route: routes.Route, call: routes.Call) -> None:
        """Answer with the status, with its history when one is asked for."""
        since = call.query.get("since")
        if since is not None and not re.fullmatch(r"[0-9]{1,15}", since, re.ASCII):
            raise errors.BadRequest(
                "`since` must be the number of a reading.", "Take it from `seq` of a status."
            )
        self.finish(await self.face.status.body(None if since is None else int(since)))


class ContentHandler(Handler):
    """``GET .../content``: the bytes of one file, in pieces."""

    async def act(self, route: routes.Route, call: routes.Call) -> None:
        """Send the file as a download: never as a page of this origin."""
        path = call.query.get("path", "")
        pieces: Iterator[bytes] = await self.face.run(
            lambda: self.face.pod().snapshots.content(call.path["engine"], call.path["id"], path)
        )
        piece = await self.face.run(next, pieces, b"")
        name = quote(path.rsplit("/", 1)[-1])
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Type", "application/octet-stream")
        while piece:
            self.write(piece)
            await self.flush()
            piece = await self.face.run(next, pieces, b"")
        self.finish(set_content_type="application/octet-stream")


class OpenApiHandler(Handler):
    """``GET openapi.json``."""

    async def act(self, route: routes.Route, call: routes.Call) -> None:
        """Answer with the document."""
        from kfnb_ext.server import openapi

        self.finish(_encode(await self.face.run(openapi.document, self.base_url)))


class NothingHere(Handler):
    """Any other path below ours: an error in our own form, not a page."""

    async def _serve(self, method: str, arguments: tuple[str, ...]) -> None:
        raise web.HTTPError(404, "There is no such route.")


def table(face: Face) -> list[tuple[str, type[Handler], dict[str, Any]]]:
    """The handlers for Tornado, as patterns below the server's base URL."""
    own = {"status": StatusHandler, "openapi.json": OpenApiHandler}
    handlers: list[tuple[str, type[Handler], dict[str, Any]]] = []
    for path, methods in routes.by_path().items():
        pattern = "kfnb/v1/" + re.sub(r"{\w+}", r"([^/]+)", path.replace(".", r"\."))
        kind = ContentHandler if path.endswith("/content") else own.get(path, Handler)
        handlers.append((pattern, kind, {"face": face, "methods": methods}))
    handlers.append(("kfnb/(.*)", NothingHere, {"face": face, "methods": {}}))
    return handlers
