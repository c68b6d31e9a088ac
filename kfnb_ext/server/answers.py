"""Answers to requests: find the route, decode, ask the pod in a worker thread, encode.

Rule: loaded with all it needs at the first request, in a worker thread; what comes in is checked
here against the records, before anything below sees it.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import msgspec
from tornado import web

from kfnb_ext import errors
from kfnb_ext.assembly import Pod
from kfnb_ext.model.snapshots import ID, EntryList
from kfnb_ext.server import openapi, routes
from kfnb_ext.server.handlers import HINTS, Handler, NoSuchMethod
from kfnb_ext.server.status import StatusSource

LARGEST_BODY = 64 * 1024  # bytes; a thousand long paths fit
LONGEST_ID = 128
AT_ONCE = 2000  # entries of a folder: 1 ms of encoding

_encode = msgspec.json.Encoder().encode
_PATTERNS = [
    (re.compile("kfnb/v1/" + re.sub(r"{\w+}", "([^/]+)", path.replace(".", r"\."))), methods)
    for path, methods in routes.by_path().items()
]


class Desk(NamedTuple):
    """Who answers: the pod, and the status that many browsers share."""

    pod: Pod
    status: StatusSource

    async def serve(self, handler: Handler, method: str, path: str) -> None:
        """Answer a request. Raises: KfnbError, OSError, HTTPError; the handler translates them."""
        methods, parts = _find(path)
        route = methods.get(method)
        if route is None:
            raise NoSuchMethod(method, methods)
        await _OWN.get(route.path, _record)(self, handler, route, _call(handler, route, parts))


async def _record(desk: Desk, handler: Handler, route: routes.Route, call: routes.Call) -> None:
    act = route.act
    assert act is not None
    kind, pieces = await handler.face.run(lambda: _encoded(act(desk.pod, call)), apart=route.apart)
    kinds = {kind: code for code, kind in route.answers.items()}
    handler.set_status(kinds.get(kind, next(iter(route.answers))))
    if len(pieces) == 1:
        handler.finish(pieces[0])
        return
    handler.set_header("Content-Type", "application/json")
    handler.set_header("Content-Length", str(sum(map(len, pieces))))
    for piece in pieces:
        handler.write(piece)
        await handler.flush()
    handler.finish()


def _encoded(record: Any) -> tuple[type, list[bytes]]:
    """A record in pieces none of which keeps the event loop: the encoder lets nobody else run."""
    if not isinstance(record, EntryList) or len(record.entries) <= AT_ONCE:
        return type(record), [_encode(record)]
    entries = record.entries
    pieces = [_encode(msgspec.structs.replace(record, entries=())).removesuffix(b"]}")]
    for start in range(0, len(entries), AT_ONCE):
        pieces.append(_encode(entries[start : start + AT_ONCE])[1:-1] + b",")
    pieces[-1] = pieces[-1].removesuffix(b",") + b"]}"
    return EntryList, pieces


async def _status(desk: Desk, handler: Handler, route: routes.Route, call: routes.Call) -> None:
    """The one route that is polled, so it is served from the last reading."""
    since = call.query.get("since")
    if since is not None and not re.fullmatch(r"[0-9]{1,15}", since, re.ASCII):
        raise errors.BadRequest(
            "`since` must be the number of a reading.", "Take it from `seq` of a status."
        )
    handler.finish(await desk.status.body(None if since is None else int(since)))


async def _content(desk: Desk, handler: Handler, route: routes.Route, call: routes.Call) -> None:
    """The bytes of one file, in pieces, as a download: never as a page of this origin."""
    run, path = handler.face.run, call.query.get("path", "")
    pieces: Iterator[bytes] = await run(
        desk.pod.snapshots.content, call.path["engine"], call.path["id"], path
    )
    try:
        piece = await run(next, pieces, None)
        name = quote(path.rsplit("/", 1)[-1])
        handler.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
        handler.set_header("X-Content-Type-Options", "nosniff")
        handler.set_header("Content-Type", "application/octet-stream")
        while piece is not None:
            handler.write(piece)
            await handler.flush()
            piece = await run(next, pieces, None)
    finally:
        await run(getattr(pieces, "close", lambda: None))
    handler.finish(set_content_type="application/octet-stream")


async def _openapi(desk: Desk, handler: Handler, route: routes.Route, call: routes.Call) -> None:
    handler.finish(_encode(await handler.face.run(openapi.document, handler.base_url)))


_OWN: dict[str, Callable[[Desk, Handler, routes.Route, routes.Call], Awaitable[None]]] = {
    "status": _status,
    f"{routes.ONE}/content": _content,
    "openapi.json": _openapi,
}


def _find(path: str) -> tuple[dict[str, routes.Route], tuple[str, ...]]:
    for pattern, methods in _PATTERNS:
        found = pattern.fullmatch(path)
        if found:
            return methods, tuple(_id(part) for part in found.groups())
    raise web.HTTPError(404, "There is no such route.")


def _id(part: str) -> str:
    try:
        text = unquote(part, errors="strict")
    except UnicodeDecodeError:
        text = part
    if len(text) > LONGEST_ID or not re.fullmatch(ID, text):
        raise errors.NotFound(
            f"There is nothing that is called {text[:80]!r}.",
            "Take ids and engines from the lists.",
        )
    return text


def _call(handler: Handler, route: routes.Route, parts: tuple[str, ...]) -> routes.Call:
    user = handler.current_user
    return routes.Call(
        path=dict(zip(re.findall(r"{(\w+)}", route.path), parts, strict=True)),
        query=_query(handler, route),
        body=_body(handler, route),
        user=user.display_name or user.username,
    )


def _query(handler: Handler, route: routes.Route) -> dict[str, str]:
    """The query as it was sent. Tornado's own reader would strip spaces, which names may have."""
    sent = handler.request.query_arguments
    try:
        query = {name: sent[name][-1].decode() for name in route.query if name in sent}
    except UnicodeDecodeError as error:
        raise errors.BadRequest("The query is not UTF-8.", HINTS[400]) from error
    if any("\0" in value for value in query.values()):
        raise errors.BadRequest("The query holds a NUL, which no name can hold.", HINTS[400])
    return query


def _body(handler: Handler, route: routes.Route) -> Any:
    if route.body is None:
        return None
    body = handler.request.body
    if len(body) > LARGEST_BODY:
        raise web.HTTPError(413, f"The request is larger than {LARGEST_BODY} bytes.")
    try:
        return msgspec.json.decode(body or b"{}", type=route.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise errors.BadRequest(
            f"The request cannot be read: {error}. Nothing was changed.", HINTS[400]
        ) from error
