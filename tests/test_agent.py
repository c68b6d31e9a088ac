"""The agent as a process beside a real HTTP server that holds the Notebook; and over hours."""

import json
import os
import signal
import socket
import subprocess
import sys
import time as real
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from kfnb_ext import config
from kfnb_ext.agent import Agent
from kfnb_ext.services.marks import CHECK, LAST
from tests.commands.shell import KFNB, kfnb
from tests.fakes import kubernetes, mirrored
from tests.fakes.culler import parse, text
from tests.fakes.time import Time

PREFIX = "/notebook/alice/demo"
GO = {"User-Agent": "Go-http-client/1.1"}


@pytest.fixture
def cluster() -> Iterator[kubernetes.Cluster]:
    with kubernetes.Cluster() as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: kubernetes.Cluster) -> Path:
    """The workspace of a notebook that has code-server in it, say."""
    for name in [name for name in os.environ if name.startswith("KFNB_")]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    variables = {
        "HOME": str(tmp_path / "home"),
        "NB_PREFIX": PREFIX,
        "KUBECONFIG": str(cluster.kubeconfig(tmp_path)),
        "KFNB_STATE_DIR": str(tmp_path / "state"),
        "KFNB_IN_USE_FILE": str(tmp_path / "in-use"),
        "KFNB_CULL_IDLE_MINUTES": "60",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


class Process:
    """The agent, started as a service would."""

    def __init__(self, **variables: str) -> None:
        words = [*KFNB, "agent", "--port", "0"]
        env = os.environ | {"KFNB_TICK_INTERVAL": "1", "KFNB_USAGE_WINDOW": "0.5"} | variables
        self.process = subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        self.said = self.process.stderr.readline()
        self.url = self.said.split()[2].removesuffix("/status")

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers)

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End it; its exit status, and what it said meanwhile."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=10)
        return self.process.returncode, said


@pytest.fixture
def agent(place: Path, cluster: kubernetes.Cluster) -> Iterator[Process]:
    before = text(cluster.world.now() - timedelta(hours=1))  # it was stopped, and started again
    cluster.world.seed(kubernetes.notebook(**{LAST: before, CHECK: before}))
    made = Process(KFNB_LEASE="1")  # the lease is written at once, not only after ten minutes
    yield made
    if made.process.poll() is None:
        made.end(signal.SIGKILL)


def patches(cluster: kubernetes.Cluster) -> int:
    return sum(one.method == "PATCH" and one.status == 200 for one in cluster.log)


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for what comes by itself."""
    deadline = real.monotonic() + seconds
    while not true():
        assert real.monotonic() < deadline
        real.sleep(0.1)


def test_it_tells_the_cluster_the_shell_and_the_probe_and_ends_at_once(
    agent: Process, cluster: kubernetes.Cluster, tmp_path: Path
):
    until(lambda: agent.get("/status").status_code == 200)
    assert agent.get("/healthz").json() == {"status": "ok"}
    assert agent.get("/status").json()["culling"]["culler"] == "kubeflow"
    assert agent.get("/nothing").status_code == 404
    kfnb("keep-awake", "2h", "--reason", "tests")
    until(lambda: "tests" in kfnb("activity").stdout)
    kfnb("activity", "--probe", env=os.environ | {"OUTPUT_JSON_PATH": str(tmp_path / "out")})
    assert "last_activity" in json.loads((tmp_path / "out").read_bytes())
    until(lambda: patches(cluster) > 0)
    memory = rss(agent.process.pid)

    began = real.monotonic()
    status, said = agent.end()
    asked = len(cluster.log)
    assert (status, said) == (0, "")
    assert real.monotonic() - began < 2
    real.sleep(1.5)
    assert len(cluster.log) == asked, "after SIGTERM nothing is written"
    assert "No notebook server" in kfnb("activity", status=1).stderr
    assert "Not kept awake" in kfnb("keep-awake").stdout
    assert memory < 60, f"{memory} MiB with the Kubernetes client loaded"


def rss(pid: int) -> float:
    """MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def test_a_culler_that_is_led_to_it_is_answered_as_by_jupyter(agent: Process):
    until(lambda: agent.get("/status").status_code == 200)
    assert agent.get("/status").json()["culling"]["last_look"] is None
    assert agent.get(f"{PREFIX}/api/kernels").status_code == 200, "whoever looks by hand"
    assert agent.get("/status").json()["culling"]["last_look"] is None
    for path in (f"{PREFIX}/api/kernels", f"{PREFIX}/api/kernels/", "/api/kernels"):
        (entry,) = agent.get(path, **GO).json()
        assert (entry["id"], entry["execution_state"]) == ("kfnb-ext-activity", "idle")
        assert parse(entry["last_activity"]) is not None
    until(lambda: agent.get("/status").json()["culling"]["sight"] == "looks")
    assert agent.get("/status").json()["culling"]["culler"] == "kubeflow"
    for path in (f"{PREFIX}/api/terminals", f"{PREFIX}/api/terminals/"):
        assert agent.get(path, **GO).json() == []
    until(lambda: agent.get("/status").json()["culling"]["culler"] == "openshift")


def test_it_listens_on_the_loopback_address_alone(agent: Process):
    port = int(agent.url.rpartition(":")[2])
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]


def test_a_port_that_is_taken_costs_the_status_alone(place: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = [*KFNB, "agent", "--port", str(taken.getsockname()[1])]
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr
            assert "cannot be served" in process.stderr.readline()
            until(
                lambda: (
                    "Use"
                    in subprocess.run(
                        [*KFNB, "activity"], capture_output=True, text=True, check=False
                    ).stdout
                )
            )
        finally:
            process.terminate()
            process.communicate(timeout=10)
    assert process.returncode == 0


def test_an_option_that_cannot_be_used_is_said(place: Path):
    env = os.environ | {"KFNB_AGENT_PORT": "many"}
    assert "KFNB_AGENT_PORT" in kfnb("agent", status=1, env=env).stderr
    assert "kfnb agent" in kfnb("agent", "-h").stdout
    kfnb("agent", "--no-such-option", status=2)


@pytest.fixture
def time(cluster: kubernetes.Cluster) -> Time:
    """Hours pass when the test says so, for the cluster too."""
    time = Time()
    cluster.world.clock = time.utc
    cluster.world.seed(kubernetes.notebook(**{LAST: text(time.utc()), CHECK: text(time.utc())}))
    return time


def timed(place: Path, time: Time) -> Agent:
    """An agent that sees only what the test shows it: others work on this machine as well."""
    variables = {**os.environ, "KFNB_EVIDENCE_OFF": "process:gpu"}
    return Agent(config.settle({}, variables, {}), place, time.clock)


def pass_(agent: Agent, time: Time, minutes: int, used: Path | None = None, tick: int = 30) -> None:
    for _ in range(60 * minutes // tick):
        time.pass_(tick)
        if used:
            used.touch()
            os.utime(used, (time.wall, time.wall))
        agent.tick()
        if agent.beating:
            agent.beating.join()


def test_a_notebook_whose_culler_asks_elsewhere_lives_by_the_heartbeat(
    place: Path, time: Time, cluster: kubernetes.Cluster, tmp_path: Path
):
    agent = timed(place, time)
    pass_(agent, time, 50, tmp_path / "in-use")
    found = cluster.world.read("notebooks", "alice", "demo")
    assert found is not None
    last = parse(found["metadata"]["annotations"][LAST])
    assert last is not None
    assert time.utc() - last < timedelta(minutes=17)
    assert 2 <= patches(cluster) <= 5

    ended = time.utc()
    pass_(agent, time, 6)  # a minute or two after the last touch the use is over, and told
    assert parse(mirrored.notes(cluster)[LAST]) == ended.replace(microsecond=0)
    asked = len(cluster.log)
    pass_(agent, time, 120, tick=240)
    assert len(cluster.log) == asked, "two idle hours are no request at all"


def test_somebody_who_types_in_code_server_is_use_to_the_last_minute(
    place: Path, time: Time, cluster: kubernetes.Cluster
):
    beats = place / ".local/share/code-server/heartbeat"
    beats.parent.mkdir(parents=True)
    agent = timed(place, time)
    for _ in range(30):  # it beats once a minute
        beats.touch()
        os.utime(beats, (time.wall, time.wall))
        pass_(agent, time, 1)
        assert agent.status is not None
        assert agent.status.activity.in_use  # type: ignore[union-attr]
        assert agent.status.activity.reasons[0].text == "code-server was used"  # type: ignore[union-attr]
    ended = time.utc() - timedelta(minutes=1)
    pass_(agent, time, 6)
    assert parse(mirrored.notes(cluster)[LAST]) == ended.replace(microsecond=0)


def test_a_session_of_rstudio_is_use(place: Path, time: Time):
    session = place / ".local/share/rstudio/sessions/active/session-abc/properites"
    session.mkdir(parents=True)
    agent = timed(place, time)
    time.pass_(hours=2)
    (session / "last-used").write_text(f"{time.wall * 1000:.0f}")
    agent.tick()
    verdict = agent.status.activity  # type: ignore[union-attr]
    assert (verdict.in_use, verdict.last_use) == (True, time.utc())  # type: ignore[union-attr]
    assert verdict.reasons[0].text == "RStudio was used"  # type: ignore[union-attr]


def test_beside_a_notebook_server_it_keeps_still(
    place: Path, time: Time, cluster: kubernetes.Cluster, tmp_path: Path
):
    code = """
import os, sys
from pathlib import Path
from kfnb_ext import assembly, config
from kfnb_ext.services.evidence import Witnessed
pod = assembly.Pod(config.settle({}, os.environ, {}), Path.cwd(), "server")
pod.status.leave(pod.status.read(Witnessed(server=os.getpid()), 0))
print("left", flush=True)
sys.stdin.read()
"""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    other = subprocess.Popen([sys.executable, "-c", code], text=True, **streams)  # type: ignore[call-overload]
    try:
        assert other.stdout.readline() == "left\n"
        agent = timed(place, time)
        pass_(agent, time, 30, tmp_path / "in-use")
        owner = agent.pod.status.server()
        assert owner is not None
        assert owner.pid == other.pid
        assert cluster.log == []
    finally:
        other.communicate("")
    pass_(agent, time, 1, tmp_path / "in-use")
    owner = agent.pod.status.server()
    assert owner is not None
    assert owner.pid == os.getpid()
    assert patches(cluster) == 1


def test_after_its_end_a_tick_writes_nothing(
    place: Path, time: Time, cluster: kubernetes.Cluster, tmp_path: Path
):
    agent = timed(place, time)
    pass_(agent, time, 15, tmp_path / "in-use")
    agent.end()
    asked = len(cluster.log)
    assert asked
    pass_(agent, time, 60, tmp_path / "in-use")
    assert len(cluster.log) == asked


def test_a_hung_cluster_holds_up_no_tick_and_no_end(place: Path, agent: Process):
    """The status goes on while the API server says nothing."""
    agent.end()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config_file = Path(os.environ["KUBECONFIG"])
        known = json.loads(config_file.read_text())
        known["clusters"][0]["cluster"]["server"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        config_file.write_text(json.dumps(known))
        hung = Process(KFNB_LEASE="1")
        try:
            seq = []
            for _ in range(2):
                until(lambda: hung.get("/status").status_code == 200)
                seq.append(hung.get("/status").json()["seq"])
                real.sleep(2.5)
            assert seq[1] > seq[0]
            began = real.monotonic()
            assert hung.end()[0] == 0
            assert real.monotonic() - began < 2
        finally:
            if hung.process.poll() is None:
                hung.end(signal.SIGKILL)
