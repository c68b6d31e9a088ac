"""Requests as they go over the wire: no client between that tidies a path or a body."""

import contextlib
import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.server.live import Live


@dataclass(frozen=True)
class Answer:
    """The status and the body of an answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    def is_an_error_for_a_person(self, also: int = 0) -> bool:
        """Whether it is a 4xx, or ``also``, that says what happened and what to do, no more."""
        said = self.json()
        refused = 400 <= self.status < 500 or self.status == also
        return refused and said.keys() == {"message", "hint"} and all(said.values())


class Wire:
    """One connection to a server, signed in."""

    def __init__(self, server: Live) -> None:
        parts = urlsplit(server.address)
        self._base = parts.path
        self._token = server.token
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Send a request below ``kfnb/``; ``path`` is sent as it is given."""
        headers = {"Authorization": f"token {self._token}"}
        if method == "POST":
            body = body if body is not None else b"{}"
        try:
            self._connection.request(method, f"{self._base}kfnb/{path}", body, headers)
            answer = self._connection.getresponse()
        except (http.client.HTTPException, OSError):
            self._connection.close()  # the server closes it after what it could not read
            raise
        return Answer(answer.status, answer.read())

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):
            self._connection.close()
