"""What the readings of shm, limits and volumes cost, and the scan of what fills a volume.

    python benchmarks/capacity.py [--quick] [--part reading|scan|lag|beside] [--folder DIR]

reading  one full reading (shm with holders, limits, ten mounts, 150 processes): milliseconds, and
         CPU seconds an hour at one reading each 30 s and at one each 5.5 s. Who holds /dev/shm is
         looked at each time here; in a pod once a minute, or each 15 s while processes come and go
scan     200,000 files beside `du` in the same rounds: at most 2x warm in a thread, 1.5x in the
         niced child, a scan after 100 changes at most 0.3x. Two processors share the child's work
         where there are two; "one processor" is the child held to one, beside `du` held to it too
lag      what an event loop feels of a scan in the same process: p99 under 15 ms
beside   one server with both extensions: our status and /api/metrics/v1, latency and CPU for a
         request, and what /api/status suffers under 50 clients of each (at most 1.3x of the same
         load put on /api/status itself)
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import harness
from benchmarks.server_latency import _crowd
from benchmarks.serving import OURS, PEER, ROUTES, STATUS, Served
from kfnb_ext.probes import filling, shm
from kfnb_ext.probes.filling.walking import walk
from kfnb_ext.probes.limits import LimitsProbe
from kfnb_ext.probes.shm import ShmProbe
from kfnb_ext.probes.volumes import VolumesProbe
from tests.fakes import hung_mount
from tests.server import live

PROCESSES, MOUNTS = 150, 10
TICK, SHOWN = 30.0, 5.5  # seconds between two readings
COUNTED = ("ms", "CPU ms")


def _timed(work: Callable[[], object]) -> harness.Measures:
    wall, own, children = time.perf_counter(), time.process_time(), os.times()
    work()
    after = os.times()
    cpu = time.process_time() - own + after.children_user - children.children_user
    cpu += after.children_system - children.children_system
    return dict(zip(COUNTED, ((time.perf_counter() - wall) * 1000, cpu * 1000), strict=True))


def reading(chosen: argparse.Namespace, aims: harness.Aims) -> None:
    """One full reading. In a child, for it mounts things of its own."""
    if os.fork() == 0:
        try:
            _reading(20 if chosen.quick else 200)
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.wait()


def _reading(rounds: int) -> None:
    here = len([name for name in os.listdir("/proc") if name.isdecimal()])
    idle = [subprocess.Popen(["sleep", "600"]) for _ in range(max(PROCESSES - here, 0))]
    with tempfile.TemporaryDirectory() as top, contextlib.ExitStack() as stack:
        if os.geteuid() == 0:
            hung_mount.own_namespace()
            for number in range(MOUNTS):
                point = Path(top, f"volume{number}")
                point.mkdir()
                mount = ["mount", "-t", "tmpfs", "-o", "size=1m", f"v{number}", str(point)]
                subprocess.run(mount, check=True)
                stack.callback(subprocess.run, ["umount", str(point)], check=False)
        clock = iter(range(0, 10_000_000, 100))
        between = ShmProbe(clock=lambda: 0.0).read  # the holders looked at once
        probes = {
            "shm": ShmProbe(clock=lambda: next(clock)).read,  # the holders looked at each time
            "limits": LimitsProbe().read,
            "volumes": VolumesProbe(top).read,
        }
        seen = len(VolumesProbe(top).read().volumes)
        cases = {name: lambda probe=probe: _timed(probe) for name, probe in probes.items()}
        cases["shm, between two looks"] = lambda: _timed(between)
        cases["all"] = lambda: _timed(lambda: [probe() for probe in probes.values()])
        found = harness.in_turn(cases, rounds)
    for process in idle:
        process.kill()
        process.wait()
    print(f"\nreading: {max(here, PROCESSES)} processes, {seen} volumes, {rounds} rounds")
    for name in cases:
        for measure in COUNTED:
            print(f"  {name:22} {measure:7} {harness.spread(found[name][measure])}")
    cpu = {name: statistics.median(found[name]["CPU ms"]) / 1000 for name in cases}
    look = cpu["shm"] - cpu["shm, between two looks"]
    for each in (TICK, SHOWN):
        reading = (cpu["all"] - look) * 3600 / each
        still, stirred = (look * 3600 / max(each, w) for w in (shm.WINDOW, shm.STIRRED))
        print(f"  CPU an hour, a reading each {each:g} s: {reading + still:.2f} s while no process "
              f"comes or goes, {reading + stirred:.2f} s while they do")  # fmt: skip


def _tree(folder: Path, files: int) -> Path:
    """About 100 files in each folder, of mixed sizes."""
    top = folder / f"kfnb-tree-{files}"
    if not top.exists():
        for number in range(files // 95):
            place = top / f"p{number // 100}" / f"q{number}"
            place.mkdir(parents=True)
            for name in range(95):
                (place / f"f{name}").write_bytes(b"x" * (100 if name % 3 else 5000))
    return top


def scan(chosen: argparse.Namespace, aims: harness.Aims) -> None:
    """A scan beside du."""
    files, rounds = (20_000, 3) if chosen.quick else (200_000, 9)
    top = _tree(chosen.folder, files)
    nothing = _nothing
    before = walk.Walk(str(top), None, nothing).run()
    changes = iter(range(1_000_000))

    def change() -> None:
        number = next(changes)
        for place in sorted(top.glob("p*/q*"))[:100]:
            (place / f"new{number}").write_bytes(b"x" * 100)

    def again() -> harness.Measures:
        change()
        return _timed(lambda: filling.scan(str(top), before, nothing, near=True))

    cases: dict[str, Callable[[], harness.Measures]] = {
        "du": lambda: _timed(
            lambda: subprocess.run(["du", "-skx", top], stdout=subprocess.DEVNULL, check=True)
        ),
        "thread": lambda: _timed(lambda: walk.Walk(str(top), None, nothing).run()),
        "child": lambda: _timed(lambda: filling.scan(str(top), None, nothing)),
        "du, one processor": lambda: _held(
            lambda: subprocess.run(["du", "-skx", top], stdout=subprocess.DEVNULL, check=True)
        ),
        "child, one processor": lambda: _held(lambda: filling.scan(str(top), None, nothing)),
        "idle child": lambda: _timed(lambda: filling.scan(str(top), None, nothing, idle=True)),
        "after 100 changes": again,
    }
    found = harness.in_turn(cases, rounds)
    print(f"\nscan: {files:,} files in {len(before):,} folders, warm, {rounds} rounds")
    for name in cases:
        for measure in COUNTED:
            print(f"  {name:20} {measure:7} {harness.spread(found[name][measure])}")
    for name, limit in (("thread", 2.0), ("child", 1.5), ("after 100 changes", 0.3)):
        aims.at_most(f"{name} / du", harness.ratio(found, name, "du", "ms"), limit)
    held = harness.ratio(found, "child, one processor", "du, one processor", "ms")
    print(f"          child / du, both on one processor: {held:.2f}")
    shutil.rmtree(top)


def _held(work: Callable[[], object]) -> harness.Measures:
    """Timed on one processor: its children inherit that."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_of_them)})
    try:
        return _timed(work)
    finally:
        os.sched_setaffinity(0, all_of_them)


def _nothing(files: int, size: int) -> None:
    return None


def lag(chosen: argparse.Namespace, aims: harness.Aims) -> None:
    """How late an event loop comes while a scan goes on, over and over."""
    top = _tree(chosen.folder, 20_000 if chosen.quick else 200_000)
    seconds = 2.0 if chosen.quick else 10.0
    cases: dict[str, Callable[[], object]] = {
        "idle": lambda: time.sleep(0.1),
        "child": lambda: filling.scan(str(top), None, _nothing),
        "thread": lambda: walk.Walk(str(top), None, _nothing).run(),
    }
    measured = {n: lambda w=w: asyncio.run(_lag(w, seconds)) for n, w in cases.items()}
    found = harness.in_turn(measured, 1 if chosen.quick else 3)
    print(f"\nlag of an event loop during a scan, {seconds:g} s a round")
    for name in cases:
        for measure, values in found[name].items():
            print(f"  {name:8} {measure:7} {harness.spread(values, 'ms')}")
    aims.at_most("p99 with a scan in its child", statistics.median(found["child"]["p99"]), 15, "ms")
    shutil.rmtree(top)


async def _lag(work: Callable[[], object], seconds: float) -> harness.Measures:
    end, late = time.monotonic() + seconds, []

    def over_and_over() -> None:
        while time.monotonic() < end:
            work()

    thread = threading.Thread(target=over_and_over)
    thread.start()
    while time.monotonic() < end:
        asked = time.perf_counter()
        await asyncio.sleep(0.002)
        late.append((time.perf_counter() - asked - 0.002) * 1000)
    await asyncio.to_thread(thread.join)
    return {"p50": statistics.median(late), "p99": harness.quantile(late, 0.99), "max": max(late)}


@contextlib.contextmanager
def _both() -> Iterator[Served]:
    chosen = [f"--ServerApp.jpserver_extensions={name}=True" for name in (OURS, PEER)]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        live.running(Path(home), *chosen) as found,
    ):
        yield Served(found, OURS)


def beside(chosen: argparse.Namespace, aims: harness.Aims) -> None:
    """Both extensions on one server."""
    asked, seconds, rounds = (200, 2, 1) if chosen.quick else (1000, 8, 3)
    routes = (STATUS, ROUTES[OURS], ROUTES[PEER])
    with _both() as server:
        for _ in range(3):
            server.kernel()
        for route in routes:
            server.ask(route, 30)
        cases = {r: lambda r=r: _asked(server, r, asked) for r in routes}
        alone = harness.in_turn(cases, rounds)
        crowds = {r: lambda r=r: _crowd(server, r, seconds) for r in routes}
        crowded = harness.in_turn(crowds, rounds)
    print(f"\nbeside: one server, both extensions, three idle kernels; {asked} requests in a row")
    for route in routes:
        for measure, values in alone[route].items():
            print(f"  {route:18} {measure:8} {harness.spread(values)}")
    print(f"\n50 clients for {seconds} s on a route; the probe asks /{STATUS}")
    for route in routes:
        for measure, values in crowded[route].items():
            print(f"  {route:18} {measure:10} {harness.spread(values)}")
    for route in routes[1:]:
        value = harness.ratio(crowded, route, STATUS, "probe p50")
        what = f"probe p50, crowd on {route} / crowd on {STATUS}"
        if route == ROUTES[OURS]:
            aims.at_most(what, value, 1.3)
        else:
            print(f"          {what}: {value:.2f}")


def _asked(server: Served, route: str, count: int) -> harness.Measures:
    pid = server.live.process.pid
    ticks = _ticks(pid)
    taken = server.ask(route, count)
    cpu = (_ticks(pid) - ticks) / os.sysconf("SC_CLK_TCK") * 1000 / count
    return {"p50": statistics.median(taken), "p99": harness.quantile(taken, 0.99), "CPU ms": cpu}


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


PARTS = {"reading": reading, "scan": scan, "lag": lag, "beside": beside}


def main() -> int:
    """Measure, print, and say whether the aims hold."""
    parser = harness.arguments(__doc__)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    chosen = parser.parse_args()
    aims = harness.Aims()
    for name in chosen.part or PARTS:
        PARTS[name](chosen, aims)
    return aims.status()


if __name__ == "__main__":
    sys.exit(main())
