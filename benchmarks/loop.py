"""The event loop while a sidebar is open, a snapshot is taken and three kernels run."""

import argparse
import json
import tempfile
import time
from pathlib import Path

from benchmarks import harness
from benchmarks.serving import BARE, OURS, STATUS, Served, serve

LONG = 20.0  # milliseconds
FILES = 2000  # in the workspace of the snapshot


def measure(chosen: argparse.Namespace, aims: harness.Aims) -> None:
    """Watch the loop of the bare server and of ours under the same requests."""
    seconds = 10 if chosen.quick else 60
    for extension in (BARE, OURS):
        told = _watched(extension, seconds)
        ours = [one for one in told if "kfnb_ext/" in one[3]]
        print(f"\nevent loop for {seconds} s, {extension}: {len(told)} callbacks above 5 ms")
        for _, wall, own, what in sorted(told, key=lambda one: -one[1])[:5]:
            print(f"  {wall:7.1f} ms wall {own:7.1f} ms CPU  {what[:200]}")
        if extension == OURS:
            for name, place in (("wall", 1), ("CPU", 2)):
                longest = max((one[place] for one in ours), default=0.0)
                aims.at_most(f"longest callback of ours, {name}", longest, LONG, "ms")


def _watched(extension: str, seconds: int) -> list[tuple[float, float, float, str]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "told"
        with serve(extension, watched=file) as server:
            for number in range(FILES):
                (server.live.workspace / f"file{number}").write_bytes(b"x" * 10_000)
            for _ in range(3):
                server.kernel()
            begun = time.time()
            _use(server, seconds)
            ended = time.time()
        return [one for one in json.loads(file.read_text()) if begun <= one[0] <= ended]


def _use(server: Served, seconds: int) -> None:
    """What a sidebar asks: each 5 s, and each 1 s while the snapshot is taken."""
    until, turn = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        if server.extension == OURS and turn == 3:
            server.live.post("snapshots", {"name": "while the loop is watched"})
        route = f"{server.route}?since=0" if server.extension == OURS else STATUS
        server.ask(route, 1)
        server.ask("api/kernels", 1)
        time.sleep(1 if turn < 20 else 5)
        turn += 1
