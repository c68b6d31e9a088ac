"""One request over the wire: sent, read to its end, translated.

Rule: each has a limit in time and in size, and is sent once; whoever retries is above.
"""

import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from kfnb_ext.kube.client import answered, answers, failures
from kfnb_ext.kube.client.access import Access
from kfnb_ext.kube.client.address import Address, with_query

LARGEST = 32 * 1024 * 1024  # bytes; a list of 500 pods has a few MiB


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A success: the object as the server sent it, and the server's own clock."""

    body: dict[str, Any]
    date: datetime | None  # the header Date, in UTC, whole seconds
    warnings: tuple[str, ...] = ()  # what the server wants a person to know


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds. The server is asked to give up before we do, so that its end is known to us."""

    connect: float = 5.0
    read: float = 10.0

    @property
    def asked(self) -> str:
        """What the server is told, in its own form."""
        return f"{max(1, int(self.read) - 1)}s"


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    method: str
    address: Address
    query: dict[str, str] = {}
    body: Any = None
    media: str = "application/json"


def send(access: Access, sending: Sending, limits: Limits, agent: str) -> Answer:
    """Send it once. Raises: ClusterError."""
    host, credentials, pool = access.open()
    headers = {"Accept": "application/json", "User-Agent": agent, **credentials}
    if sending.body is not None:
        headers["Content-Type"] = sending.media
    query = {"timeout": limits.asked, **sending.query}
    status, found, body = _exchange(
        pool, sending, host + with_query(sending.address.path, query), headers, limits
    )
    if not 200 <= status < 300:
        refused = answered.Answered(sending.method, sending.address, status, found, body)
        raise answers.translate(refused)
    return Answer(
        body=_object(sending, body), date=_date(found.get("Date")), warnings=_warned(found)
    )


def written(body: Any) -> bytes:
    """JSON, letter by letter as the API server writes it itself.

    A `test` of a JSON patch compares two strings by their bytes, escapes and all.
    """
    text = json.dumps(body, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":  # outside of strings JSON has none of them
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.encode(errors="replace")


def _exchange(
    pool: Any, sending: Sending, url: str, headers: dict[str, str], limits: Limits
) -> tuple[int, Any, bytes]:
    import urllib3

    payload = None if sending.body is None else written(sending.body)
    timeout = urllib3.Timeout(connect=limits.connect, read=limits.read)
    try:
        response = pool.request(
            sending.method,
            url,
            body=payload,
            headers=headers,
            timeout=timeout,
            preload_content=False,
            redirect=False,
            retries=False,  # ours are bounded, and know what may be repeated
        )
        try:
            body = response.read(LARGEST + 1)
        finally:
            response.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _broken(sending, error) from error
    if len(body) > LARGEST:
        response.close()
        raise _nonsense(sending, f"it has more than {LARGEST >> 20} MiB")
    if len(body) < int(response.headers.get("Content-Length") or 0):  # urllib3 1 lets it pass
        raise _unreachable(sending, "closed", "closed the connection amid its answer", sent=True)
    return response.status, response.headers, body


def _broken(sending: Sending, error: Exception) -> failures.ClusterError:
    from urllib3 import exceptions

    # The order matters: in urllib3 1.26 a refused connection is also a kind of timeout.
    if isinstance(error, exceptions.NewConnectionError | exceptions.ConnectTimeoutError):
        return _unreachable(sending, "unreachable", "cannot be reached", sent=False)
    if isinstance(error, exceptions.SSLError):
        return failures.Unreachable(
            "tls",
            f"The connection to the API server is not trustworthy: {answered.shorten(str(error))}.",
            "Its certificate and the one of this pod do not fit: ask the administrator.",
        )
    if isinstance(error, exceptions.TimeoutError | TimeoutError):
        return _unreachable(sending, "timeout", "did not answer in time", sent=True)
    if isinstance(error, exceptions.ProxyError):
        return _unreachable(
            sending, "unreachable", "cannot be reached through the proxy", sent=False
        )
    return _unreachable(sending, "closed", "closed the connection without an answer", sent=True)


def _unreachable(
    sending: Sending, reason: failures.Reason, what: str, *, sent: bool
) -> failures.ClusterError:
    uncertain = sent and sending.method != "GET"
    after = " Whether the change was made is not known." if uncertain else " Nothing was changed."
    return failures.Unreachable(
        reason,
        f"The cluster's API server {what}.{after}",
        "It usually passes: try again in a minute.",
        uncertain=uncertain,
    )


def _object(sending: Sending, body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _nonsense(sending, "it is no object")
    return found


def _nonsense(sending: Sending, why: str) -> failures.ClusterError:
    return failures.ClusterError(
        "nonsense",
        f"The answer about {sending.address} is not the API server's: {why}.",
        "A proxy may stand between: look at NO_PROXY, or ask the administrator.",
        uncertain=sending.method != "GET",
    )


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


def _warned(headers: Any) -> tuple[str, ...]:
    # `299 - "text"`; several come as several headers, which urllib3 joins by commas.
    text = headers.get("Warning")
    return (text,) if text else ()
