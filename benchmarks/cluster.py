"""What the cluster's part costs: the API server in a day of one notebook, and the server beside it.

    python benchmarks/cluster.py [--quick] [--part day|hidden|hang]

A day: the section "Cluster" is opened ten times, two snapshots of one volume are taken, and the
notebook is in use for eight hours. Beside it a naive poller, as a sidebar would be that asks for
the pod, the claims, the quotas and the snapshots every ten seconds while its page is open.

Rule: what is counted is what arrived at the API server (a real HTTP server, of the tests).
"""

import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks import harness
from tests.fakes import alice, kubernetes
from tests.fakes.kubernetes import faults
from tests.server import live

OPENED, SNAPSHOTS, HOURS = 10, 2, 8
EVERY = 10  # seconds between two rounds of the naive poller
BEATS = 4  # patches an hour where the culler cannot reach the notebook (benchmarks/activity.py)
LIMIT = 20.0  # milliseconds
VERBS = ("GET", "LIST", "POST", "POST, dry run", "review", "PATCH", "DELETE")


def main() -> int:
    """Measure what was asked for; 1 when an aim was missed."""
    parser = harness.arguments(__doc__)
    parser.add_argument("--part", choices=("day", "hidden", "hang"))
    given = parser.parse_args()
    aims = harness.Aims()
    for name, part in (("day", day), ("hidden", hidden), ("hang", hang)):
        if given.part in (None, name):
            part(given.quick, aims)
    return aims.status()


def verb(request: Any) -> str:
    """How the API server would count a request."""
    if "reviews" in request.path:
        return "review"
    if request.method == "POST" and "dryRun" in request.query:
        return "POST, dry run"
    if request.method == "GET" and "limit" in request.query:
        return "LIST"
    return str(request.method)


def row(name: str, counted: Counter[str]) -> None:
    """One line of the table."""
    print(f"{name:32}" + "".join(f"{counted[one]:>14}" for one in VERBS) + f"{counted.total():>9}")


def day(quick: bool, aims: harness.Aims) -> None:
    """A day of one notebook, by verb."""
    print(f"{'a day of one notebook':32}" + "".join(f"{one:>14}" for one in VERBS) + "    total")
    looks, snapshots = _looks(), _snapshots()
    beats = Counter({"PATCH": BEATS * HOURS})
    row(f"the section opened {OPENED} times", looks)
    row(f"{SNAPSHOTS} snapshots of one volume", snapshots)
    row("heartbeat, culler reaches us", Counter())
    row("heartbeat, culler does not", beats)
    ours = looks + snapshots + beats
    row("ours, at most", ours)
    naive = _naive(quick)
    row(f"naive poller, {HOURS} h", naive)
    print(f"the naive poller asks {naive.total() / ours.total():.0f} times as much\n")
    aims.at_most("requests of a day, of the naive poller's", ours.total() / naive.total(), 0.05)


def _pod(running: kubernetes.Cluster, folder: Path, clock: Any) -> Any:
    """The parts over one cluster, in time that the caller moves."""
    from kfnb_ext.engines.csi import context, keeping
    from kfnb_ext.kube import client, place
    from kfnb_ext.kube.client.access import Access
    from kfnb_ext.services.cluster import looking
    from kfnb_ext.services.cluster.rights import KnownRights
    from kfnb_ext.services.cluster.where import Where

    alice.settle(running, str(folder))
    running.world.rights.allow("snapshot.storage.k8s.io", "volumesnapshots", "*")
    access = Access({"KUBECONFIG": str(running.kubeconfig(folder))}, folder / "none")
    door = client.Client(access)
    names = place.Names("kubeflow", "alice", "demo", "demo-0")
    where, rights = Where(door, names, str(folder), clock), KnownRights(door, "alice")
    made = context.Context(
        client=door,
        where=where.look,
        forget=where.forget,
        workspace=str(folder),
        inside=False,
        every=0.2,
    )
    parts = looking.Parts(
        names=names,
        where=lambda: where,
        client=lambda: door,
        rights=lambda: rights,
        possible=lambda: True,
        kept=lambda: keeping.kept(made),
    )
    return made, looking.Looking(parts, 60.0, clock)


def _looks() -> Counter[str]:
    now = [0.0]
    with kubernetes.Cluster() as running, tempfile.TemporaryDirectory() as folder:
        _, look = _pod(running, Path(folder), lambda: now[0])
        for number in range(OPENED):
            now[0] = number * 3600.0
            look.look()
        return Counter(map(verb, running.log))


def _snapshots() -> Counter[str]:
    from kfnb_ext.engines.csi.engine import CsiEngine
    from kfnb_ext.services.waiting import Waiting

    with kubernetes.Cluster() as running, tempfile.TemporaryDirectory() as folder:
        made, _ = _pod(running, Path(folder), time.monotonic)
        running.world.seed(*_classes())
        running.world.seed(alice.quota({"persistentvolumeclaims": "9"}, {}))
        engine = CsiEngine(made)
        running.controllers.automatic = True
        begun = len(running.log)
        for number in range(SNAPSHOTS):
            engine.create(f"number {number}", "manual", Waiting(120.0))
        return Counter(map(verb, running.log[begun:]))


def _classes() -> Iterable[dict[str, Any]]:
    for found in alice.body("volumesnapshotclass_list_200")["items"]:
        kind = {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass"}
        yield {**found, **kind}


def _naive(quick: bool) -> Counter[str]:
    from kfnb_ext.kube.client import address

    rounds = 60 if quick else 3600 // EVERY
    with kubernetes.Cluster() as running, tempfile.TemporaryDirectory() as folder:
        door = _pod(running, Path(folder), time.monotonic)[0].client
        for _ in range(rounds):
            door.get(address.PODS.at("alice", "demo-0"))
            for kind in (address.CLAIMS, address.QUOTAS, address.VOLUME_SNAPSHOTS):
                door.list(kind.at("alice"))
        counted = Counter(map(verb, running.log))
    return Counter({one: many * HOURS * 3600 // EVERY // rounds for one, many in counted.items()})


def hidden(quick: bool, aims: harness.Aims) -> None:
    """A real server that nobody looks at, and one whose status is polled."""
    seconds = 10 if quick else 60
    with kubernetes.Cluster() as running, tempfile.TemporaryDirectory() as folder:
        with _server(running, Path(folder)) as served:
            time.sleep(seconds / 2)
            end = time.monotonic() + seconds / 2
            while time.monotonic() < end:  # the sidebar, with the section closed
                served.get("status")
                time.sleep(1)
        asked = [f"{one.method} {one.path}" for one in running.log]
    print(f"requests in {seconds} s, hidden and then shown with the section closed: {len(asked)}")
    aims.none_of("requests while nobody looks and nothing runs", asked)


def hang(quick: bool, aims: harness.Aims) -> None:
    """`GET /api/status` while the API server answers four, and while it hangs for them."""
    times, rounds = (100, 2) if quick else (400, 5)
    with (
        kubernetes.Cluster() as running,
        tempfile.TemporaryDirectory() as folder,
        _server(running, Path(folder)) as served,
    ):
        served.get("cluster", fresh=1)

        def measured(fault: faults.Fault | None) -> harness.Measures:
            running.faults.clear()
            if fault:
                running.faults.always(fault)
            with _Asking(served):
                spent = sorted(_status(served) for _ in range(times))
            return {"p50": spent[times // 2], "p99": spent[int(times * 0.99)]}

        found = harness.in_turn(
            {"well": lambda: measured(None), "hangs": lambda: measured(faults.silent(120))},
            rounds,
        )
        running.faults.clear()
    print(f"GET /api/status, {rounds} rounds of {times}, in turn")
    for case, measures in found.items():
        for measure, values in measures.items():
            print(f"  {case:6} {measure} {harness.spread(values, 'ms')}")
    print(f"  hangs over well, p99: {harness.ratio(found, 'hangs', 'well', 'p99'):.2f}x")
    worst = harness.quantile(found["hangs"]["p99"], 0.5)
    aims.at_most("p99 of /api/status while the API server hangs", worst, LIMIT, "ms")


def _status(served: live.Live) -> float:
    begun = time.perf_counter()
    assert served.client.get("api/status").status_code == 200
    time.sleep(0.002)
    return (time.perf_counter() - begun - 0.002) * 1000


class _Asking:
    """Four who ask for the cluster again and again."""

    def __init__(self, served: live.Live) -> None:
        self._served = served
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(4)]

    def _ask(self) -> None:
        while not self._ended.is_set():
            self._served.get("cluster", fresh=1)
            self._ended.wait(2.0)  # four tabs, each at its button

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(60)


def _server(running: kubernetes.Cluster, folder: Path) -> Any:
    alice.settle(running, str(folder / "workspace"))
    reach = {"KUBECONFIG": str(running.kubeconfig(folder)), "KFNB_NOTEBOOK": "alice/demo"}
    return live.running(folder, env=reach)


if __name__ == "__main__":
    raise SystemExit(main())
