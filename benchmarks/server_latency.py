"""What our status costs the server, beside its own `/api/status` and jupyter-resource-usage's.

    python benchmarks/server_latency.py [--quick] [--part sequential|large|crowd|loop]

sequential  one client, three idle kernels: the status within 1.5x of /api/status at p50, 3x at p99
large       the same with one kernel that holds 8 GiB (less where memory is short; it says so)
crowd       50 clients on a route, and a prober on /api/status: what it sees is within 1.3x of what
            it sees while the 50 ask /api/status itself
loop        60 s of a sidebar, a snapshot and three kernels: no callback of ours above 20 ms

Each server has one extension; the routes of one server are asked in turn within each round.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import harness, loop
from benchmarks.serving import OURS, PEER, STATUS, Served, available, serve

LOAD = str(Path(__file__).parent / "load.py")
GIB = 1 << 30


def sequential(chosen: argparse.Namespace, aims: harness.Aims, title: str = "") -> None:
    """One client, three idle kernels."""
    for extension in (OURS, PEER):
        asked = 200 if chosen.quick else 1000
        if extension == PEER and title:
            asked //= 10  # each of its answers reads the pages of the kernel
        with serve(extension) as server:
            for _ in range(0 if title else 3):
                server.kernel()
            if title:
                server.kernel(f"x = b'1' * {chosen.bytes}")
            _one_after_the_other(server, asked, 2 if chosen.quick else 7, aims, title)


def large(chosen: argparse.Namespace, aims: harness.Aims) -> None:
    """One client, one kernel that holds much memory."""
    chosen.bytes = GIB if chosen.quick else min(8 * GIB, (available() - 4 * GIB) // GIB * GIB)
    sequential(chosen, aims, f", one kernel of {chosen.bytes // GIB} GiB")


def _one_after_the_other(
    server: Served, asked: int, rounds: int, aims: harness.Aims, title: str
) -> None:
    def measure(route: str) -> harness.Measures:
        taken = server.ask(route, asked)
        return {"p50": statistics.median(taken), "p99": harness.quantile(taken, 0.99)}

    cases = {route: lambda route=route: measure(route) for route in (STATUS, server.route)}
    for route in cases:
        server.ask(route, 50)
    found = harness.in_turn(cases, rounds)
    title = title or ", three idle kernels"
    print(f"\nsequential{title}: {asked} requests in each of {rounds} rounds, {server.extension}")
    for route in cases:
        for measure_ in ("p50", "p99"):
            print(f"  {route:20} {measure_}  {harness.spread(found[route][measure_], 'ms')}")
    for measure_, limit in (("p50", 1.5), ("p99", 3)):
        value = harness.ratio(found, server.route, STATUS, measure_)
        if server.extension == OURS:
            aims.at_most(f"{measure_}{title}, ours / {STATUS}", value, limit)
        else:
            print(f"          {measure_}: {value:.2f} times {STATUS}")
    if server.extension == OURS:
        taken = server.ask(server.route, 5 if rounds < 7 else 20, pause=1.1)
        print(f"  with a new reading each time  {harness.spread(taken, 'ms')}")


def crowd(chosen: argparse.Namespace, aims: harness.Aims) -> None:
    """50 clients, and what a prober of /api/status sees meanwhile."""
    seconds, rounds = (2, 1) if chosen.quick else (10, 3)
    for extension in (OURS, PEER):
        with serve(extension) as server:
            for _ in range(3):
                server.kernel()
            cases = {
                route: lambda route=route: _crowd(server, route, seconds)
                for route in (STATUS, server.route)
            }
            found = harness.in_turn(cases, rounds)
        print(f"\n50 clients for {seconds} s in each of {rounds} rounds, {extension}")
        for route in cases:
            for name, values in found[route].items():
                print(f"  {route:20} {name:12} {harness.spread(values)}")
        for name in ("probe p50", "probe p99"):
            value = harness.ratio(found, server.route, STATUS, name)
            if extension == OURS:
                aims.at_most(f"{name} of {STATUS}: crowd on ours / crowd on itself", value, 1.3)
            else:
                print(f"          {name}: {value:.2f} times the crowd on {STATUS}")


def _crowd(server: Served, route: str, seconds: int) -> harness.Measures:
    base = [sys.executable, LOAD]
    token = server.live.token
    many = subprocess.Popen(
        [*base, "crowd", server.url(route), token, "50", str(seconds)], stdout=subprocess.PIPE
    )
    time.sleep(0.5)
    probe = [*base, "probe", server.url(STATUS), token, "0.02", str(seconds - 1)]
    seen = json.loads(subprocess.run(probe, stdout=subprocess.PIPE, check=True).stdout)
    taken = json.loads(many.communicate()[0])
    return {
        "req/s": len(taken) / seconds,
        "p50 ms": statistics.median(taken),
        "p99 ms": harness.quantile(taken, 0.99),
        "probe p50": statistics.median(seen),
        "probe p99": harness.quantile(seen, 0.99),
        "probe max": max(seen),
    }


PARTS = {"sequential": sequential, "large": large, "crowd": crowd, "loop": loop.measure}


def main() -> int:
    """Measure, print, and say whether the aims hold."""
    parser = harness.arguments(__doc__)
    parser.add_argument("--part", choices=PARTS, action="append")
    chosen = parser.parse_args()
    aims = harness.Aims()
    for name in chosen.part or PARTS:
        PARTS[name](chosen, aims)
    return aims.status()


if __name__ == "__main__":
    sys.exit(main())
