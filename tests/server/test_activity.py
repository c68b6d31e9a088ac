"""Being watched is no use: nothing of ours counts as activity, nothing touches a kernel."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket

from kfnb_ext.server import routes
from tests.server.live import Live

ALL = [(route.method, route.path) for route in routes.ROUTES]
QUIET = {"no_track_activity": 1}


@pytest.mark.parametrize(("method", "path"), ALL)
@pytest.mark.parametrize("real", [True, False])
def test_no_request_of_ours_counts_as_use(kubeflow: Live, method: str, path: str, real: bool):
    known = existing(kubeflow) if real else "unknown"
    before = kubeflow.last_activity()
    kubeflow.client.request(
        method,
        "kfnb/v1/" + path.replace("{engine}", "local").replace("{id}", known),
        json={"snapshot": known} if path.startswith("restores") else {},
        headers=proof(kubeflow),
    )

    assert kubeflow.last_activity() == before


def proof(server: Live) -> dict[str, str]:
    """What a page of the server itself sends with a request that changes something."""
    return {"X-XSRFToken": server.client.cookies.get("_xsrf", "")}


def existing(server: Live) -> str:
    """The id of a snapshot that is there."""
    listed = server.get("snapshots").json()["snapshots"]
    if not listed:
        server.ended(server.post("snapshots", headers=proof(server)))
        return existing(server)
    return str(listed[0]["id"])


def test_jupyters_own_requests_still_count_as_use(kubeflow: Live):
    before = kubeflow.last_activity()
    kubeflow.client.get("api/contents")

    assert kubeflow.last_activity() > before


@contextlib.contextmanager
def kernel(server: Live) -> Iterator[tuple[str, websocket.WebSocket]]:
    """A kernel that has started and is idle, and a line to it."""
    made = server.client.post("api/kernels", json={"name": "python3"}).json()["id"]
    address = server.address.replace("http", "ws")
    line = websocket.create_connection(
        f"{address}api/kernels/{made}/channels?session_id=test",
        header=[f"Authorization: token {server.token}"],
        timeout=30,
    )
    try:
        execute(line, "1")
        await_state(line, "idle")
        yield made, line
    finally:
        line.close()
        server.client.delete(f"api/kernels/{made}")


def execute(line: websocket.WebSocket, code: str) -> None:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "test"}
    content = {"code": code, "silent": False, "store_history": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    line.send(json.dumps({**message, "channel": "shell"}))


def await_state(line: websocket.WebSocket, state: str) -> None:
    """Wait until the kernel says of a cell that it is in this state."""
    while True:
        message = json.loads(line.recv())
        asked = message["parent_header"].get("msg_type") == "execute_request"
        if asked and message["content"].get("execution_state") == state:
            return


def known(server: Live, id_: str) -> dict[str, Any]:
    """What the culler sees of a kernel."""
    found: dict[str, Any] = server.client.get(f"api/kernels/{id_}", params=QUIET).json()
    return found


def test_a_silent_busy_kernel_stays_busy_and_an_idle_one_keeps_its_age(
    server: Live, tmp_path: Path
):
    enough = tmp_path / "enough"
    code = f"import os, time\nwhile not os.path.exists({str(enough)!r}): time.sleep(0.1)"
    with kernel(server) as (idle, _), kernel(server) as (busy, line):
        execute(line, code)
        await_state(line, "busy")
        time.sleep(0.5)
        at_first = known(server, busy), known(server, idle)
        assert [one["execution_state"] for one in at_first] == ["busy", "idle"]

        # Half a second apart: in between all that the sidebar and a user do.
        for turn in range(10):
            verdict = server.get("status", since=0).json()["activity"]
            assert verdict["in_use"], verdict
            if turn % 3 == 0:
                made = server.snapshot("while a kernel runs")
                server.ended(server.post(f"snapshots/local/{made}/verify"))
                server.ended(server.delete(f"snapshots/local/{made}"))
            time.sleep(0.5)
            assert (known(server, busy), known(server, idle)) == at_first

        enough.touch()
        await_state(line, "idle")
        assert known(server, busy)["last_activity"] > at_first[0]["last_activity"]
