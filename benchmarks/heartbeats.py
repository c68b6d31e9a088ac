"""What knowing of use costs the cluster: requests per notebook and hour, and the agent itself.

Hours pass as the simulation says; the API server is a real HTTP server that holds the Notebook
and logs each request; the culler is the tests' model of Kubeflow's, each minute.

Rule: what is counted is what arrived at the server, never what was meant to be sent.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from tests.fakes import kubernetes
from tests.fakes.culler import CHECK, LAST, Culler, Notebook, text
from tests.fakes.time import Time

# Mode: does the culler reach the notebook, is the lease on, who culls; then section 10's figures:
# our writes, the culler's GET and PUT, all per hour of use.
MODES = {
    "A: answers only": (True, False, "kubeflow", "0", "60", "60"),
    "A+B: culler unreachable": (False, False, "kubeflow", "4", "60", "60"),
    "A+C: lease": (True, True, "kubeflow", "6", "0", "0"),
    "Notebooks 2.0": (True, False, "workspaces", "0", "-", "-"),
    "JupyterHub": (True, False, "hub", "0", "-", "-"),
}
BIN = Path(sys.executable).parent / "kfnb"


class Hours:
    """A notebook whose server, culler and API server live in simulated time."""

    def __init__(self, cluster: kubernetes.Cluster, folder: Path, mode: str) -> None:
        from kfnb_ext.kube.client import Client
        from kfnb_ext.kube.client.access import Access
        from kfnb_ext.model import culling
        from kfnb_ext.services.activity import ActivityKeeper
        from kfnb_ext.services.clock import Timeline
        from kfnb_ext.services.culling import CullingService
        from kfnb_ext.services.culling import Options as Told
        from kfnb_ext.services.heartbeat import Heartbeat, Options

        self.reached, lease, culler, *_ = MODES[mode]
        self.cluster, self.time = cluster, Time()
        cluster.world.clock = self.time.utc
        now = text(self.time.utc())
        cluster.world.seed(kubernetes.notebook(**{LAST: now, CHECK: now}))
        self.timeline = Timeline(self.time.clock)
        self.keeper = ActivityKeeper(self.timeline)
        named = {"namespace": "alice", "name": "demo"} if culler == "kubeflow" else {}
        identity = culling.Identity(culler=culler, **named)  # type: ignore[arg-type]
        idle = timedelta(hours=1)
        self.culling = CullingService(self.timeline, self.keeper, identity, Told(idle=idle))
        access = Access({"KUBECONFIG": str(cluster.kubeconfig(folder))}, folder / "none")
        self.heart = Heartbeat(
            Client(access),
            self.timeline,
            self.keeper,
            self.culling,
            Options(lease=lease, idle=idle),
        )
        self.culler = None
        if named:
            self.culler = Culler("v1", Notebook(), self._get, self.time.utc, idle=10 * idle)

    def _get(self, path: str) -> tuple[int, bytes]:
        if not self.reached:
            return 403, b""
        self.culling.asked("kernels")
        return 200, json.dumps(self.culling.answer([])).encode()

    def pass_(self, hours: float, used: bool) -> tuple[float, float, float, float]:
        """Let hours pass: our reads and writes, the culler's GET and PUT, each per hour."""
        from kfnb_ext.model.activity import Evidence

        began = len(self.cluster.log)
        before = (self.culler.gets, self.culler.puts) if self.culler else (0, 0)
        for _ in range(int(hours * 60)):
            for _ in range(2):
                now = self.timeline.now()
                works = Evidence(
                    kind="process", source="1", at=now, active=True, since=now, text="x", cpu=1.0
                )
                self.heart.beat(self.keeper.weigh((works,) if used else ()))
                self.time.pass_(30.02)
            self._reconcile()
        ours = [r.method for r in self.cluster.log[began:] if "kfnb" in r.headers["user-agent"]]
        after = (self.culler.gets, self.culler.puts) if self.culler else (0, 0)
        reads = ours.count("GET")
        counts = (reads, len(ours) - reads, after[0] - before[0], after[1] - before[1])
        return counts[0] / hours, counts[1] / hours, counts[2] / hours, counts[3] / hours

    def _reconcile(self) -> None:
        if self.culler is None:
            return
        found = self.cluster.world.read("notebooks", "alice", "demo")
        assert found is not None
        notes = dict(found["metadata"]["annotations"])
        self.culler.notebook.annotations = dict(notes)
        self.culler.reconcile()
        changed = {k: v for k, v in self.culler.notebook.annotations.items() if notes.get(k) != v}
        if changed:
            httpx.patch(
                f"{self.cluster.url}/apis/kubeflow.org/v1/namespaces/alice/notebooks/demo",
                content=json.dumps({"metadata": {"annotations": changed}}),
                headers={"Authorization": "Bearer admin-token", "User-Agent": "culler",
                         "Content-Type": "application/merge-patch+json"},
            ).raise_for_status()  # fmt: skip


def requests(hours: float = 8.0) -> None:
    """Print the requests of each mode, used and idle, beside the table of the facts."""
    print(f"\nper notebook and hour, {hours:g} h each; in brackets what section 10 says")
    print(f"{'':26}{'our GET':>8}{'our PATCH':>12}{'its GET':>12}{'its PUT':>12}{'ours, idle':>12}")
    for mode, (*_, writes, gets, puts) in MODES.items():
        with tempfile.TemporaryDirectory() as folder, kubernetes.Cluster() as cluster:
            pod = Hours(cluster, Path(folder), mode)
            pod.pass_(0.5, used=True)  # it has been seen, or not
            used = pod.pass_(hours, used=True)
            pod.pass_(0.5, used=False)  # the flush at the edge
            idle = pod.pass_(hours, used=False)
        columns = [f"{used[0]:.1f}", f"{used[1]:.1f} ({writes})", f"{used[2]:.0f} ({gets})",
                   f"{used[3]:.0f} ({puts})", f"{idle[0] + idle[1]:.1f}"]  # fmt: skip
        widths = (8, 12, 12, 12, 12)
        print(f"{mode:26}" + "".join(f"{c:>{w}}" for c, w in zip(columns, widths, strict=True)))


def agent(ticks: int = 20) -> None:
    """Print memory and CPU of a real agent, with the Kubernetes client loaded."""
    with tempfile.TemporaryDirectory() as folder, kubernetes.Cluster() as cluster:
        before = text(datetime.now().astimezone() - timedelta(hours=1))
        cluster.world.seed(kubernetes.notebook(**{LAST: before, CHECK: before}))
        env = {
            **os.environ, "HOME": folder, "NB_PREFIX": "/notebook/alice/demo", "KFNB_LEASE": "1",
            "KUBECONFIG": str(cluster.kubeconfig(Path(folder))), "KFNB_STATE_DIR": f"{folder}/s",
            "KFNB_TICK_INTERVAL": "1", "KFNB_USAGE_WINDOW": "0.5",
        }  # fmt: skip
        process = subprocess.Popen([str(BIN), "agent", "--port", "0"], env=env, cwd=folder)
        try:
            while not any(one.method == "PATCH" for one in cluster.log):
                time.sleep(0.2)
                assert process.poll() is None, "the agent has ended"
            began, at = _cpu(process.pid), time.monotonic()
            time.sleep(ticks)
            spent, seconds = _cpu(process.pid) - began, time.monotonic() - at
            status = Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found
    each = spent / seconds  # one tick in each second
    print(f"\nagent: {int(found[1]) / 1024:.1f} MiB resident (aim: 60), "
          f"{each * 1000:.1f} ms of CPU for each tick: {each / 30:.3%} of a core with one in 30 s "
          f"(aim: 0.5 %)")  # fmt: skip


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
