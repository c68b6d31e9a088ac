"""What it costs to know whether the notebook is used: one weighing, one answer to the culler,
the agent, and the requests that the cluster gets (`heartbeats.py`).

    python benchmarks/activity.py [--times 200]

Processes are real ones that sleep, in a pid namespace of their own (it needs the right to make
one); the time is CPU time of this process, so that a busy machine does not spoil it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
COUNTS = (0, 10, 200)


def main() -> None:
    """Measure with each count of processes, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside is not None:
        print(json.dumps(inside(given.inside, given.times)))
        return
    print(f"{'processes':>10} {'look, ms':>10} {'p95':>6} {'within window':>14} {'answer':>8}")
    for count in COUNTS:
        found = apart(count, given.times)
        print(
            f"{count:>10} {found['look'][0]:>10.2f} {found['look'][1]:>6.2f} "
            f"{found['again'][0]:>14.3f} {found['answer'][0]:>8.3f}"
        )
    from benchmarks import heartbeats

    heartbeats.agent()
    heartbeats.requests()


def apart(count: int, times: int) -> dict[str, list[float]]:
    """Measure in a pid namespace of its own."""
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, __file__]
    arguments = ["--inside", str(count), "--times", str(times)]
    done = subprocess.run([*command, *arguments], check=True, capture_output=True, text=True)
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def inside(count: int, times: int) -> dict[str, list[float]]:
    """Median and 95th percentile of CPU milliseconds."""
    sleepers = [subprocess.Popen(["sleep", "600"]) for _ in range(count)]
    try:
        with tempfile.TemporaryDirectory() as folder:
            return measured(Path(folder), times)
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()


def measured(folder: Path, times: int) -> dict[str, list[float]]:
    """A pod over an empty workspace, weighed again and again."""
    from kfnb_ext import assembly, config
    from kfnb_ext.model.reading import Unavailable
    from kfnb_ext.services.evidence import Witnessed

    os.environ["NB_PREFIX"] = "/notebook/ns/name"
    variables = {"KFNB_STATE_DIR": str(folder), "KFNB_USAGE_WINDOW": "0.1"}
    pod = assembly.Pod(config.settle({}, variables, {}), folder, "server")
    seen, gpus = Witnessed(server=os.getpid()), Unavailable(reason="This pod has no GPU.")
    kernels: list[dict[str, Any]] = [
        {"id": "k", "name": "python3", "execution_state": "idle", "connections": 1,
         "last_activity": "2026-11-20T22:00:00.000000Z"}
    ]  # fmt: skip

    def look() -> None:
        pod.use.look(seen, gpus)

    look()
    return {
        "look": cpu(look, times, pause=0.1),
        "again": cpu(look, times, pause=0.0),
        "answer": cpu(lambda: pod.use.culling.answer(kernels), times, pause=0.0),
    }


def cpu(call: Callable[[], object], times: int, pause: float) -> list[float]:
    """CPU milliseconds of one call, of all threads."""
    spent = []
    for _ in range(times):
        time.sleep(pause)
        before = time.process_time()
        call()
        spent.append((time.process_time() - before) * 1000)
    return [statistics.median(spent), sorted(spent)[int(len(spent) * 0.95)]]


if __name__ == "__main__":
    main()
