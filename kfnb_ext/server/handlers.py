"""The door: what every request to us passes, before and after it is answered.

Rule: authenticated, authorized as ``kfnb_ext``, never counted as use, never blocking the loop.
Errors are translated here, once: ``{message, hint}`` with the error's own status. A server that
starts loads this file, so nothing heavy is imported: the answers are, at the first request.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import responses
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import iostream, web

from kfnb_ext import errors

if TYPE_CHECKING:
    from kfnb_ext.server.answers import Desk

PATIENCE = 60.0  # seconds for a volume to answer
HINTS = {
    400: "Correct the request and send it again. Nothing was changed.",
    403: "Sign in with the server's token, or ask the administrator for the right.",
    404: "See kfnb/v1/openapi.json for the routes there are.",
    405: "See kfnb/v1/openapi.json for the methods there are.",
    413: "Name fewer paths in one request. Nothing was changed.",
    503: "Look whether the volume is reachable, then try again.",
}


class Face:
    """What all requests share: a few threads, and one desk that is made at the first look."""

    def __init__(self, make: Callable[[], "Desk"]) -> None:
        self._make = make
        self._making: asyncio.Future[Desk] | None = None
        self.threads = ThreadPoolExecutor(4, thread_name_prefix="kfnb-http")
        # What asks the cluster waits here: one that hangs holds up no other answer.
        self.apart = ThreadPoolExecutor(4, thread_name_prefix="kfnb-cluster")
        self.made: Desk | None = None

    async def desk(self) -> "Desk":
        """The desk. Whoever asks first has it made, in a worker thread; the others wait for it."""
        if self.made:
            return self.made
        if self._making is None or _failed(self._making):
            self._making = asyncio.ensure_future(self.run(self._make))
        self.made = await asyncio.shield(self._making)
        return self.made

    async def run(self, function: Callable[..., Any], *arguments: Any, apart: bool = False) -> Any:
        """Run it in a worker thread. Raises: HTTPError 503 when the volume does not answer."""
        loop = asyncio.get_running_loop()
        threads = self.apart if apart else self.threads
        future = loop.run_in_executor(threads, function, *arguments)
        try:
            return await asyncio.wait_for(future, PATIENCE)
        except asyncio.TimeoutError as error:
            text = f"There was no answer within {PATIENCE:g} s: the volume may be gone."
            raise web.HTTPError(503, text) from error


def _failed(making: "asyncio.Future[Any]") -> bool:
    return making.done() and (making.cancelled() or making.exception() is not None)


class NoSuchMethod(web.HTTPError):
    """A 405, which must name the methods there are (RFC 9110, 15.5.6)."""

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(allowed)
        text = f"{method} is not a method of this route; it has {self.allowed}."
        super().__init__(405, text)


class Handler(APIHandler):
    """Every path below ``kfnb/``."""

    auth_resource = "kfnb_ext"
    _track_activity = False

    def initialize(self, face: Face) -> None:
        """Keep what all requests share."""
        self.face = face

    # `authorized` takes what is wanted, to read or to write, from the function's own name.

    @web.authenticated
    @authorized
    async def get(self, _: str) -> None:
        """Serve a GET."""
        await self._serve()

    @web.authenticated
    @authorized
    async def head(self, _: str) -> None:
        """Serve a HEAD, which no route has: told so, as PUT and PATCH are."""
        await self._serve()

    @web.authenticated
    @authorized
    async def post(self, _: str) -> None:
        """Serve a POST."""
        await self._serve()

    @web.authenticated
    @authorized
    async def put(self, _: str) -> None:
        """Serve a PUT."""
        await self._serve()

    @web.authenticated
    @authorized
    async def patch(self, _: str) -> None:
        """Serve a PATCH."""
        await self._serve()

    @web.authenticated
    @authorized
    async def delete(self, _: str) -> None:
        """Serve a DELETE."""
        await self._serve()

    async def _serve(self) -> None:
        try:
            desk = await self.face.desk()
            # As it was sent: an encoded slash does not divide one name into two.
            path = self.request.path[len(self.base_url) :]
            await desk.serve(self, self.request.method or "", path)
        except iostream.StreamClosedError:
            return  # whoever asked is gone
        except Exception as error:
            if self._headers_written:
                self._break_off(error)
                return
            if isinstance(error, OSError):
                error = errors.from_system(error)
            if not isinstance(error, errors.KfnbError):
                raise
            self.set_status(error.status)
            self._finish(error.message, error.hint or "Check what was named, and try again.")

    def _break_off(self, error: Exception) -> None:
        # Half of an answer must not look like the whole: the connection ends without its end.
        self.log.error("kfnb: %s was broken off: %s", self.request.path, error)
        self.detach().close()

    def _finish(self, message: str, hint: str) -> None:
        self.finish(json.dumps({"message": message, "hint": hint}))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error has the same two fields."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        message = responses.get(status_code, "Unknown error")
        if isinstance(error, web.HTTPError):
            message = error.log_message or message
        if isinstance(error, NoSuchMethod):
            self.set_header("Allow", error.allowed)
        hint = HINTS.get(status_code, "The server's log holds the details; please report them.")
        self._finish(message, hint)
