"""What reading GPUs costs: against the bare calls, against peers, and for the server beside it.

    python benchmarks/gpu.py [--readings 300] [--seconds 20] [--no-peers] [--no-server] [--json]

The driver is the compiled fake: without latencies it shows what Python costs, with latencies (taken
from public measurements of real drivers) what a reading costs in a pod. Peers (nvitop,
jupyterlab-nvdashboard) are installed into an environment of their own in the temporary folder.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

# Microseconds of one call: MangoHud PR#2104 (memory, utilisation), codecarbon PR#1264 (others, the
# list of processes), nvml.h (PCIe: 20 ms by definition).
LATENCIES = {
    "MemoryInfo_v2": 12, "MemoryInfo": 12, "UtilizationRates": 3, "Temperature": 45,
    "PowerUsage": 45, "EnforcedPowerLimit": 45, "ClockInfo": 45, "TotalEccErrors": 45,
    "CurrentClocksEventReasons": 45, "ComputeRunningProcesses": 500, "ProcessUtilization": 500,
    "GraphicsRunningProcesses": 500, "GpmSample": 100, "GpmMetrics": 20, "Attributes": 5,
    "PcieThroughput": 20_000,
}  # fmt: skip
SLICED = {f"g{gpu}_mig": 1 for gpu in range(8)}


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readings", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each run of the server")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-server", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", choices=INSIDE, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(INSIDE[given.inside](given.readings)))
        return
    found: dict[str, Any] = {}
    for name, state in SCENES.items():
        found[name] = _under(state, "ours", given.readings)
        if not given.no_peers and "slices" not in name:
            found[name] |= _under(state, "peers", max(10, given.readings // 10), _peers())
    found["cell"] = _under(SCENES["8 GPUs"], "cell", 5)
    if not given.no_server:
        found["server"] = _server(given.seconds)
    print(json.dumps(found, indent=1) if given.json else _table(found))


# The measurements, each in a process under the fake driver.


def _ours(readings: int) -> dict[str, Any]:
    from kfnb_ext.probes import gpu, nvml

    calls: list[tuple[str, tuple[Any, ...]]] = []

    class Recording(nvml.Door):
        on = False

        def call(self, name: str, *args: Any) -> Any:
            if self.on:
                calls.append((name, args))
            return super().call(name, *args)

    door = Recording()
    clock = [0.0]
    probe = gpu.GpuProbe(door, clock=lambda: clock[0], slow=float("inf"))
    probe.read()
    clock[0] += 2.0
    probe.read()  # from now on GPM has its pair, and errors are listened to
    probe.forget()
    probe.read()

    def fast() -> None:
        clock[0] += 2.0  # as while somebody looks
        probe.read()

    def slow() -> None:
        clock[0] += 2.0
        probe.forget()
        probe.read()

    def driver_side() -> None:
        """The slow reading without looking at processes: what concerns the driver alone."""
        clock[0] += 2.0
        probe.forget()
        held, gpu.whose.Whose = gpu.whose.Whose, _Nobody  # type: ignore[misc]
        try:
            probe.read()
        finally:
            gpu.whose.Whose = held  # type: ignore[misc]

    found: dict[str, Any] = {}
    for name, reading in (("fast", fast), ("full", driver_side), ("full and whose", slow)):
        calls.clear()
        door.on = True
        reading()
        door.on = False
        import pynvml

        made = [(getattr(pynvml, one), args) for one, args in calls if hasattr(pynvml, one)]
        found[name] = {"calls": len(made), **_paired(reading, _bare(made, pynvml), readings)}
    return found


class _Nobody:
    """Stands for the look at processes, where only the driver's side is measured."""

    mode = "unknown"
    by_target: dict[str, Any] = {}

    def __init__(self, *_: Any) -> None: ...

    def look(self, boards: Any) -> None: ...


def _bare(
    made: list[tuple[Callable[..., Any], tuple[Any, ...]]], pynvml: Any
) -> Callable[[], None]:
    """The very same calls, with nothing around them but what keeps an error from ending them.

    A question about activity is made of the pair of samples that the reading had last.
    """

    def bare() -> None:
        for function, args in made:
            with suppress(pynvml.NVMLError):
                function(*args)

    return bare


def _paired(one: Callable[[], None], other: Callable[[], None], readings: int) -> dict[str, float]:
    """Both in turn, so that what else the machine does meets both."""
    for _ in range(5):
        one(), other()
    pairs = [(_once(one), _once(other)) for _ in range(readings)]
    ours, bare = (statistics.median(times) * 1e3 for times in zip(*pairs, strict=True))
    return {"ms": ours, "bare_ms": bare, "ratio": ours / bare}


def _once(call: Callable[[], None]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _median(call: Callable[[], Any], readings: int) -> float:
    call()
    return statistics.median(_once(call) for _ in range(readings)) * 1e3


def _inside_peers(readings: int) -> dict[str, Any]:
    """In the peers' own environment."""
    import nvitop

    devices = nvitop.Device.all()
    found = {
        "nvitop Device.as_snapshot": _median(lambda: [d.as_snapshot() for d in devices], readings)
    }
    found["nvitop take_snapshots"] = _median(lambda: nvitop.take_snapshots(devices), readings)
    try:
        found["nvdashboard, one message of GPU resources"] = _median(_nvdashboard(), readings)
    except Exception as error:  # another version of it
        found["nvdashboard"] = f"{type(error).__name__}: {error}"  # type: ignore[assignment]
    return {"peers": found}


def _nvdashboard() -> Callable[[], None]:
    """Its own handler, without the socket."""
    from jupyterlab_nvdashboard.apps import gpu

    sent: list[Any] = []
    handler = gpu.GPUResourceWebSocketHandler.__new__(gpu.GPUResourceWebSocketHandler)
    handler.write_message = sent.append
    return handler.send_data


def _cell(readings: int) -> dict[str, Any]:
    """A cell of pure Python, with and without ``%%gpu``, in turn."""
    from kfnb_ext.cell.watching import Watch

    def work() -> float:
        began = time.perf_counter()
        total = 0
        for number in range(3_000_000):
            total += number
        return time.perf_counter() - began

    def watched() -> float:
        watch = Watch(0.1)
        watch.begin()
        try:
            return work()
        finally:
            watch.end()

    pairs = [(watched(), work()) for _ in range(max(readings, 5))]
    return {
        "bare_ms": statistics.median(b for _, b in pairs) * 1e3,
        "overhead": statistics.median(w / b for w, b in pairs) - 1,
    }


INSIDE: dict[str, Callable[[int], dict[str, Any]]] = {
    "ours": _ours,
    "peers": _inside_peers,
    "cell": _cell,
}


# The server beside it.


def _server(seconds: float) -> dict[str, Any]:
    """``GET /api/status`` of two servers in turn: bare, and with five clients on our sidebar."""
    from tests.fakes.nvml.shim import Shim, build
    from tests.server import live

    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "driver").mkdir()
        library = build()
        assert library
        shim = Shim(library, folder / "driver")
        state = {f"us.{k}": v for k, v in LATENCIES.items()}
        shim.state(gpus=8, **{"pcie_ms": 20, **state})
        options = "--ServerApp.jpserver_extensions={'kfnb_ext': False}"
        with (
            live.running(folder / "bare", options) as bare,
            live.running(folder / "ours", env=shim.env) as ours,
        ):
            ours.get("status")
            for clients in (1, 5):
                with _polling(ours, clients):
                    time.sleep(3)
                    before, began = shim.calls, time.monotonic()
                    times = _latencies(bare, ours, seconds)
                    rate = (shim.calls - before) / (time.monotonic() - began)
                found[f"{clients} clients"] = {**times, "nvml_calls_per_s": rate}
    return found


@contextmanager
def _polling(server: Any, clients: int) -> Iterator[None]:
    """Clients that ask as the sidebar does: every 5.5 s for what is new."""
    import httpx

    stop = threading.Event()

    def poll(late: float) -> None:
        with httpx.Client(base_url=server.address, headers=server.client.headers) as client:
            since = 0
            stop.wait(late)
            while not stop.is_set():
                answer = client.get(f"kfnb/v1/status?since={since}&no_track_activity=1")
                since = answer.json()["seq"]
                stop.wait(5.5)

    threads = [threading.Thread(target=poll, args=(n * 1.1,)) for n in range(clients)]
    for one in threads:
        one.start()
    yield
    stop.set()
    for one in threads:
        one.join()


def _latencies(bare: Any, ours: Any, seconds: float) -> dict[str, float]:
    """Of both in turn. Of the slowest answer also how long its server waited for a processor."""
    times: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": []}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, server in (("bare", bare), ("ours", ours)):
            waited, began = _waited(server.process.pid), time.perf_counter()
            server.client.get("api/status?no_track_activity=1")
            took = (time.perf_counter() - began) * 1e3
            times[name].append((took, _waited(server.process.pid) - waited))
        time.sleep(0.005)
    found = {}
    for name, all_ in times.items():
        all_.sort()
        found |= {
            f"{name}_p50_ms": all_[len(all_) // 2][0],
            f"{name}_p99_ms": all_[int(len(all_) * 0.99)][0],
            f"{name}_max_ms": all_[-1][0],
            f"{name}_max_waited_ms": all_[-1][1],
        }
    return found


def _waited(pid: int) -> float:
    """Milliseconds for which a server's loop, or who asks it, was ready and had no processor.

    The machine's doing: no program can answer while it does not run.
    """
    loop, asking = (
        Path(path).read_text().split()[1]
        for path in (f"/proc/{pid}/task/{pid}/schedstat", "/proc/thread-self/schedstat")
    )
    return (int(loop) + int(asking)) / 1e6


# How they are started, and shown.

SCENES: dict[str, dict[str, Any]] = {
    "8 GPUs": {"gpus": 8},
    "8 GPUs, real latencies": {"gpus": 8, **{f"us_{k}": v for k, v in LATENCIES.items()}},
    "8 x 7 slices": {"gpus": 8, "gpm": 1, "gpm_gap_us": 0, **SLICED},
    "8 x 7 slices, real latencies": {
        "gpus": 8, "gpm": 1, "gpm_gap_us": 0, **SLICED,
        **{f"us_{k}": v for k, v in LATENCIES.items()},
    },
}  # fmt: skip


def _under(
    state: dict[str, Any], what: str, readings: int, python: str = sys.executable
) -> dict[str, Any]:
    from tests.fakes.nvml.shim import Shim, build

    library = build()
    if library is None:
        raise SystemExit("There is no C compiler here: the fake driver cannot be built.")
    with tempfile.TemporaryDirectory() as folder:
        shim = Shim(library, Path(folder))
        shim.state(**state)
        env = {**os.environ, **shim.env, "PYTHONPATH": str(ROOT), "FAKE_NVML_FIXED": "1"}
        if what == "peers":
            env["PYTHONPATH"] = ""
        quiet = subprocess.DEVNULL if what == "peers" else None
        command = [python, __file__, "--inside", what, "--readings", str(readings)]
        ended = subprocess.run(
            command, env=env, stdout=subprocess.PIPE, stderr=quiet, text=True, check=True
        )
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _peers() -> str:
    """The Python of an environment with the peers, made once."""
    folder = Path(tempfile.gettempdir()) / f"kfnb-gpu-peers-{os.getuid()}"
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        packages = ["nvitop", "jupyterlab-nvdashboard"]
        command = [python, "-m", "pip", "install", "-q", *packages]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return str(python)


def _table(found: dict[str, Any]) -> str:
    lines = []
    for scene in SCENES:
        lines.append(scene)
        for name, one in found[scene].items():
            if name == "peers":
                for peer, value in one.items():
                    shown = f"{value:9.3f} ms" if isinstance(value, float) else value
                    lines.append(f"  {peer:44}{shown}")
            else:
                figures = f"{one['ms']:9.3f} ms   bare {one['bare_ms']:8.3f} ms   "
                lines.append(f"  {name:16}{one['calls']:5} calls{figures:>40}{one['ratio']:5.2f} x")
    cell = found["cell"]
    lines.append(f"%%gpu on {cell['bare_ms']:.0f} ms of Python: {cell['overhead']:+.1%}")
    for clients, one in found.get("server", {}).items():
        p99 = f"p99 {one['ours_p99_ms']:.2f} ms, bare {one['bare_p99_ms']:.2f} ms"
        lines.append(f"GET /api/status, {clients}: {p99}; {one['nvml_calls_per_s']:.0f} calls/s")
        for name in ("ours", "bare"):
            most, waited = one[f"{name}_max_ms"], one[f"{name}_max_waited_ms"]
            lines.append(f"  slowest, {name}: {most:.0f} ms; {waited:.0f} ms without a processor")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
