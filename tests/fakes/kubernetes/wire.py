"""Requests and answers as they go over the wire, free of any socket.

Rule: an answer knows its status, its content type and its headers; nothing is added later but
what every answer carries.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import responses
from typing import Any

from tests.fakes.kubernetes.statuses import PLAIN, Failure

JSON = "application/json"


class Hangup(Exception):
    """The connection ends without an answer."""


@dataclass
class Request:
    """One request, and after it what became of it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes = b""
    who: str = ""  # set once known
    status: int = 0  # 0: it got no answer

    @property
    def dry_run(self) -> bool:
        """A DELETE with a body is read by that alone, as the API server does."""
        if self.method == "DELETE" and self.body:
            return (self.json() or {}).get("dryRun") == ["All"]
        return self.query.get("dryRun") == "All"

    @property
    def media(self) -> str:
        return self.headers.get("content-type", JSON).partition(";")[0].strip()

    def json(self) -> Any:
        """The body, or None where there is none."""
        return json.loads(self.body) if self.body else None


@dataclass
class Response:
    """One answer. ``stream`` gives the events of a watch, one line each."""

    status: int
    body: Any = None  # a dict for JSON, a str for plain text
    headers: dict[str, str] = field(default_factory=dict)
    stream: Iterator[dict[str, Any]] | None = None

    @property
    def content_type(self) -> str:
        return PLAIN if isinstance(self.body, str) else JSON

    @property
    def reason(self) -> str:
        return responses.get(self.status, "")

    def payload(self) -> bytes:
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, separators=(",", ":")).encode() + b"\n"


def failure_response(failure: Failure) -> Response:
    """How a refusal is sent."""
    body = failure.status() if failure.plain is None else failure.plain
    return Response(failure.code, body, dict(failure.headers))
