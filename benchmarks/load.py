"""Clients for `server_latency.py`, in processes of their own: a crowd, and a prober beside it.

    python benchmarks/load.py crowd URL TOKEN CLIENTS SECONDS
    python benchmarks/load.py probe URL TOKEN PAUSE SECONDS

Both print the milliseconds that each answer took, as JSON. Plain sockets: a client library would
cost more than the server.
"""

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit


class Client:
    """One connection that is kept open."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: token {token}\r\n\r\n"
        ).encode()

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def ask(self) -> float:
        """Send one request; the milliseconds to its last byte. Raises: RuntimeError."""
        begun = time.perf_counter()
        self._writer.write(self._request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head!r} {body!r}")
        return (time.perf_counter() - begun) * 1e3


async def ask_on(url: str, token: str, pause: float, seconds: float) -> list[float]:
    """One client that asks again and again, with a pause between."""
    client = Client(url, token)
    await client.open()
    until, taken = time.perf_counter() + seconds, []
    while time.perf_counter() < until:
        taken.append(await client.ask())
        if pause:
            await asyncio.sleep(pause)
    return taken


async def crowd(url: str, token: str, clients: int, seconds: float) -> list[float]:
    """Many clients at once, none of which waits between two requests."""
    found = await asyncio.gather(*(ask_on(url, token, 0, seconds) for _ in range(clients)))
    return [taken for one in found for taken in one]


def main(mode: str, url: str, token: str, number: str, seconds: str) -> None:
    """Run one of the two."""
    if mode == "crowd":
        found = asyncio.run(crowd(url, token, int(number), float(seconds)))
    else:
        found = asyncio.run(ask_on(url, token, float(number), float(seconds)))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
