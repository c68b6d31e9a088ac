"""A server that starts pays next to nothing for us: what is heavy waits for the first look."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tornado import web

from kfnb_ext.server.handlers import Face
from tests.server import live

STARTED = """
import json, sys
from jupyter_server.serverapp import ServerApp
app = ServerApp()
app.initialize(["--allow-root", "--no-browser", "--ServerApp.port=0"], new_httpserver=False)
print(json.dumps(sorted(sys.modules)))
"""
HEAVY = {"pynvml", "kubernetes", "psutil", "msgspec"}
FLOORS = ("model", "services", "engines", "probes", "kube", "commands", "text")


def test_a_server_that_starts_imports_no_floor_of_ours_below_its_door(tmp_path: Path):
    python = live.environment(tmp_path / "env")
    done = subprocess.run(
        [str(python), "-W", "ignore", "-c", STARTED],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    modules = set(json.loads(done.stdout.splitlines()[-1]))

    assert "kfnb_ext.server.extension" in modules
    assert not HEAVY & modules
    assert not [one for one in modules if one.startswith(tuple(f"kfnb_ext.{f}" for f in FLOORS))]


def test_the_desk_is_made_once_and_not_on_the_event_loop():
    made: list[threading.Thread] = []

    def make() -> Any:
        made.append(threading.current_thread())
        return object()

    async def ask() -> set[int]:
        face = Face(make)
        desks = await asyncio.gather(*(face.desk() for _ in range(50)))
        face.threads.shutdown()
        return {id(desk) for desk in [*desks, await face.desk()]}

    assert len(asyncio.run(ask())) == 1
    assert len(made) == 1
    assert made[0] is not threading.main_thread()


def test_a_desk_that_could_not_be_made_is_tried_again_by_the_next_one():
    outcomes: list[Any] = [OSError("no"), OSError("no"), "desk"]

    def make() -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def ask() -> Any:
        face = Face(make)
        for _ in range(2):
            with pytest.raises(OSError, match="no"):
                await face.desk()
        return await face.desk()

    assert asyncio.run(ask()) == "desk"


def test_whoever_goes_away_while_the_desk_is_made_does_not_stop_it_for_the_others():
    go_on = threading.Event()

    def make() -> Any:
        go_on.wait(5)
        return "desk"

    async def ask() -> Any:
        face = Face(make)
        first, second = asyncio.ensure_future(face.desk()), asyncio.ensure_future(face.desk())
        await asyncio.sleep(0.05)
        first.cancel()
        go_on.set()
        return await second

    assert asyncio.run(ask()) == "desk"


def test_what_comes_out_of_a_worker_thread_is_what_it_raised():
    async def ask() -> None:
        await Face(lambda: None).run(fail)  # type: ignore[arg-type,return-value]

    def fail() -> None:
        raise web.HTTPError(507, "full")

    with pytest.raises(web.HTTPError, match="full"):
        asyncio.run(ask())


def test_the_probe_of_notebooks_2_0_finds_the_use_as_soon_as_the_server_answers(tmp_path: Path):
    base = "/workspace/connect/alice/ws/jupyterlab/"
    with live.running(tmp_path, base_url=base, token="", env={"NB_PREFIX": base}) as server:
        target = tmp_path / "told"
        told = os.environ | {"KFNB_STATE_DIR": str(tmp_path / "state")}
        command = [sys.executable, "-m", "kfnb_ext", "--workspace", str(server.workspace)]
        deadline = time.monotonic() + 15  # half of what lies between two readings
        while not target.exists() and time.monotonic() < deadline:
            subprocess.run(
                [*command, "activity", "--probe"],
                env=told | {"OUTPUT_JSON_PATH": str(target)}, capture_output=True, check=False,
            )  # fmt: skip

        assert "last_activity" in json.loads(target.read_text())
