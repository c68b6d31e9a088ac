"""What one full reading costs: each probe, and all of them one after the other.

    python benchmarks/probes.py [--readings 200] [--no-gpu] [--json]

A reading is what a poll of the sidebar causes. The GPU is a compiled fake that answers at once: the
figure is our side of a reading, on top of which comes what the driver takes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readings", type=int, default=200)
    parser.add_argument("--no-gpu", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(_measured(given.readings)))
        return
    found = {"import_ms": _imports(), **_under_the_fake(given.readings, gpu=not given.no_gpu)}
    print(json.dumps(found) if given.json else _table(found))


def _measured(readings: int) -> dict[str, Any]:
    from kfnb_ext import errors
    from kfnb_ext.probes import gpu, limits, processes, shm, volumes

    probes: dict[str, Callable[[], Any]] = {
        "limits": limits.LimitsProbe().read,
        "shm": shm.read,
        "volumes": volumes.VolumesProbe(ROOT).read,
        "gpus": gpu.read,
    }

    def full() -> None:
        for probe in probes.values():
            with suppress(errors.KfnbError):
                probe()

    table = processes.Watch().table
    timed = {**probes, "full reading": full, "processes (not in a reading)": table}
    return {name: _times(call, readings) for name, call in timed.items()}


def _times(call: Callable[[], Any], readings: int) -> dict[str, float] | str:
    try:
        first = _once(call)
        seconds = sorted(_once(call) for _ in range(readings))
    except Exception as error:
        return str(error)
    return {
        "first_ms": first * 1e3,
        "p50_ms": statistics.median(seconds) * 1e3,
        "p99_ms": seconds[int(len(seconds) * 0.99) - 1] * 1e3,
    }


def _once(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _imports() -> float:
    """Milliseconds to import all probes, over a bare interpreter with msgspec; median of 7."""
    code = (
        "import time, msgspec, pathlib; t = time.perf_counter()\n"
        "from kfnb_ext.probes import gpu, limits, shm, volumes\n"
        "print((time.perf_counter() - t) * 1e3)"
    )
    runs = [_python(["-c", code], {}) for _ in range(7)]
    return statistics.median(float(text) for text in runs)


def _under_the_fake(readings: int, *, gpu: bool) -> dict[str, Any]:
    from tests.fakes.nvml import shim

    library = shim.build() if gpu else None
    env = {"LD_LIBRARY_PATH": str(library)} if library else {}
    text = _python([__file__, "--inside", "--readings", str(readings)], env)
    found: dict[str, Any] = json.loads(text)
    return found


def _python(arguments: list[str], env: dict[str, str]) -> str:
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    ended = subprocess.run(
        [sys.executable, *arguments], env=variables, stdout=subprocess.PIPE, text=True, check=True
    )
    return ended.stdout


def _table(found: dict[str, Any]) -> str:
    lines = [
        f"import of all probes: {found['import_ms']:.1f} ms",
        f"{'':30}first   p50    p99  (ms)",
    ]
    for name, times in found.items():
        if isinstance(times, dict):
            figures = " ".join(f"{value:6.2f}" for value in times.values())
            lines.append(f"{name:28}{figures}")
        elif isinstance(times, str):
            lines.append(f"{name:28} {times}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
