"""Servers for the benchmarks: each with one extension, kernels, and a client of plain sockets."""

import asyncio
import contextlib
import json
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import websocket

from benchmarks import load
from tests.server import live

OURS, PEER, BARE = "kfnb_ext", "jupyter_resource_usage", "bare"
STATUS = "api/status"
ROUTES = {OURS: "kfnb/v1/status", PEER: "api/metrics/v1", BARE: STATUS}


class Served:
    """A server that runs, with its extension's route."""

    def __init__(self, found: live.Live, extension: str) -> None:
        self.live = found
        self.extension = extension
        self.route = ROUTES[extension]

    def url(self, route: str) -> str:
        """The whole address of a route."""
        return self.live.address + route

    def ask(self, route: str, count: int, pause: float = 0) -> list[float]:
        """Ask a route, one request after the other; the milliseconds that each took."""

        async def go() -> list[float]:
            client = load.Client(self.url(route), self.live.token)
            await client.open()
            taken = []
            for _ in range(count):
                await asyncio.sleep(pause)
                taken.append(await client.ask())
            return taken

        return asyncio.run(go())

    def kernel(self, code: str = "1") -> None:
        """Start a kernel, run this in it, and wait until it is idle."""
        made = self.live.client.post("api/kernels", json={"name": "python3"}).json()["id"]
        line = websocket.create_connection(
            f"{self.live.address.replace('http', 'ws')}api/kernels/{made}/channels",
            header=[f"Authorization: token {self.live.token}"],
            timeout=120,
        )
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "bench"}
        content = {"code": code, "silent": False, "store_history": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        line.send(json.dumps({**message, "channel": "shell"}))
        while True:
            heard = json.loads(line.recv())
            asked = heard["parent_header"].get("msg_type") == "execute_request"
            if asked and heard["content"].get("execution_state") == "idle":
                break
        line.close()


@contextlib.contextmanager
def serve(extension: str, *, watched: Path | None = None) -> Iterator[Served]:
    """A server with one extension; ``watched``: its loop is, and this file tells at the end."""
    chosen = {OURS: False, PEER: False} | ({extension: True} if extension != BARE else {})
    options = [f"--ServerApp.jpserver_extensions={name}={on}" for name, on in chosen.items()]
    program = [str(Path(__file__).parent / "watched.py"), str(watched)] if watched else []
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        live.running(Path(home), *options, program=program) as found,
    ):
        yield Served(found, extension)
        time.sleep(0.1)


def available() -> int:
    """Bytes of memory that a new process could have."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) * 1024
