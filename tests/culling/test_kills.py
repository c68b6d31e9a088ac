"""A server that is killed at any moment: nothing immortal, nothing stopped earlier than without us.

Rule: `TESTS_KILLS` says how many moments are tried; a few by default, since each costs seconds.
"""

import contextlib
import functools
import json
import os
import random
import shutil
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx

from tests.culling import pod as pods
from tests.culling.pod import Pod
from tests.fakes.culler import CHECK, LAST, Culler, Notebook, parse, text

KILLS = int(os.environ.get("TESTS_KILLS", "4"))
GO = {"User-Agent": "Go-http-client/1.1"}
WORK = ["import time; time.sleep(60)", "1 + 1", "", "while True: pass"]


def two_cullers(pod: Pod, ours: Notebook, alone: Notebook) -> list[Culler]:
    """One that is answered by us, and one that sees the same kernels without our entry."""
    seen: list[tuple[int, bytes]] = []

    def get(path: str) -> tuple[int, bytes]:
        seen.clear()
        seen.append((0, b""))
        try:
            answer = httpx.get(pod.server.address + path, headers=GO)
        except httpx.TransportError as error:
            raise OSError(str(error)) from error
        seen[0] = (answer.status_code, answer.content)
        return seen[0]

    def without(path: str) -> tuple[int, bytes]:
        status, body = seen[0]
        if status != 200:
            return status, body
        kept = [one for one in json.loads(body) if one["id"] != "kfnb-ext-activity"]
        return status, json.dumps(kept).encode()

    # The times are compared at each look, so neither needs to stop it.
    never = timedelta(days=365)
    return [
        Culler("v1", ours, get, pod.now, idle=never),
        Culler("v1", alone, without, pod.now, idle=never),
    ]


def test_at_random_moments(tmp_path: Path):
    seed = int(os.environ.get("TESTS_SEED", str(random.randrange(10**6))))
    print("TESTS_SEED =", seed)
    dice = random.Random(seed)
    ours, alone = Notebook(), Notebook()
    killed = datetime.max.replace(tzinfo=timezone.utc)
    for _ in range(KILLS):
        if dice.random() < 0.5:  # the container was started anew: with an empty disk
            shutil.rmtree(tmp_path / "pod" / "state", ignore_errors=True)
        with pods.running(tmp_path / "pod", begun=True) as pod:
            pod.ahead_of(tmp_path / "pod" / "clock")
            begin(pod, ours, alone)
            look = functools.partial(check, pod, two_cullers(pod, ours, alone), ours, alone)
            before = last(ours)
            look()
            assert last(ours) <= max(before, killed), "to start again is no use"
            live_until_killed(pod, dice, look)
            killed = pod.now()
            pod.pass_(dice.uniform(1.01, 3.0))
            look()


def begin(pod: Pod, *notebooks: Notebook) -> None:
    """A Notebook that was just made, the first time."""
    for notebook in notebooks:
        if LAST not in notebook.annotations:
            notebook.annotations = {LAST: text(pod.now()), CHECK: text(pod.now())}
            notebook.version += 1


def live_until_killed(pod: Pod, dice: random.Random, look: Callable[[], None]) -> None:
    """Work, or do not; minutes pass, until the server is killed at a moment nobody chose."""
    code = dice.choice(WORK)
    if code or dice.random() < 0.3:
        pod.kernel(code)
    threading.Timer(dice.uniform(0.05, 1.5), pod.server.process.kill).start()
    while pod.server.process.poll() is None:
        pod.pass_(dice.uniform(1.01, 1.3))
        look()
        with contextlib.suppress(httpx.TransportError):
            pod.web.get("kfnb/v1/status")
        time.sleep(0.05)
    pod.server.process.wait()


def last(notebook: Notebook) -> datetime:
    found = parse(notebook.annotations[LAST])
    assert found is not None
    return found


def check(pod: Pod, cullers: list[Culler], ours: Notebook, alone: Notebook) -> None:
    """Both cullers look; with us the notebook is never older, and never of the future."""
    for culler in cullers:
        culler.reconcile()
    with_us, without = parse(ours.annotations[LAST]), parse(alone.annotations[LAST])
    assert with_us is not None
    assert without is not None
    assert with_us >= without - timedelta(seconds=1), (text(with_us), text(without))
    assert with_us <= pod.now() + timedelta(seconds=1)
