"""Processes that are really killed: the one that restores, and the guardian in its Job."""

import subprocess
import sys
import time as real
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from kfnb_ext.engines.csi import hiring
from tests.engines import csi_restart, csi_trials
from tests.engines.csi_restart import OURS, UNDER, Rig
from tests.engines.csi_trials import NEW
from tests.fakes.kubernetes import programs

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with csi_restart.rig(tmp_path) as made:
        yield made


def restorer(rig: Rig, nth: int, what: str = "") -> "subprocess.Popen[bytes]":
    """The process that restores; ``what``: something else than the snapshot."""
    kubeconfig = rig.cluster.kubeconfig(rig.folder)
    words = [str(kubeconfig), str(rig.workspace), what or rig.snapshot, UNDER, str(nth)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engines.csi_restorer", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("nth", [2, 12, 30, 40, 50, 60, 66])
def test_a_killed_process_leaves_nothing_that_is_not_brought_to_its_end(rig: Rig, nth: int):
    with restorer(rig, nth) as process:
        while process.poll() is None:
            rig.cluster.controllers.step()
            real.sleep(0.01)

    csi_trials.ended(rig)
    csi_trials.judge(rig, csi_trials.Died() if process.returncode else None)
    assert process.returncode == -9


@pytest.mark.parametrize("phase", ["safety", "provision", "armed", "swapped"])
def test_a_growth_killed_in_any_phase_leaves_the_old_claim_or_the_larger_one(rig: Rig, phase: str):
    with restorer(rig, 0, "grow demo-home") as process:
        while process.poll() is None:
            if rig.journal and rig.journal.phase == phase:
                process.kill()
            rig.cluster.controllers.step()
            real.sleep(0.01)

    csi_trials.ended(rig, mark=f"{UNDER}-before")
    csi_trials.judge(rig, csi_trials.Died(), new=(NEW[0], "demo-data"))
    assert process.returncode == -9
    assert (rig.on == OURS) is (phase != "swapped")


@contextmanager
def jobs(rig: Rig) -> Iterator[programs.Programs]:
    """The Jobs of the cluster run as processes, over this machine's own clock."""
    kubeconfig = rig.cluster.kubeconfig(rig.folder)
    environment = {"KUBECONFIG": str(kubeconfig), "KFNB_GUARD_SECONDS": "0.1"}
    environment |= {"PYTHONPATH": str(ROOT)}
    run = rig.cluster.controllers.node.start = programs.Programs(rig.folder, environment)
    try:
        yield run
    finally:
        run.stop()


def until(rig: Rig, met: Callable[[], bool], seconds: float = 0.0) -> None:
    """The cluster works; ``seconds`` of its time pass at each look."""
    deadline = real.monotonic() + 300
    while not met():
        assert real.monotonic() < deadline, csi_restart.shown(rig)
        rig.cluster.controllers.step()
        rig.time.now += timedelta(seconds=seconds)
        real.sleep(0.05)


def at(rig: Rig, *phases: str) -> bool:
    return bool(rig.journal and rig.journal.phase in phases)


@contextmanager
def exchanged(rig: Rig) -> Iterator[None]:
    """A restore whose process is killed by the exchange, as its pod is."""
    with restorer(rig, 0) as process:
        try:
            until(rig, lambda: at(rig, "swapped"))
        finally:
            process.kill()
    yield


def test_the_guardian_of_the_job_goes_back_though_it_is_killed_on_the_way(rig: Rig):
    rig.cluster.controllers.node.unmountable.add(NEW[0])
    with jobs(rig) as run, exchanged(rig):
        run.started[0].kill()
        until(rig, lambda: at(rig, "done", "failed"), seconds=5)
        for _ in range(100):
            rig.cluster.controllers.step()
        assert rig.journal.phase == "failed"
        assert "cannot be mounted" in rig.journal.reason or "not ready" in rig.journal.reason
        assert rig.on == OURS
        assert len(run.started) >= 2
        assert rig.ready_on("demo-home")
        assert hiring.name(UNDER) == "kfnb-guard-" + UNDER


def test_a_guardian_on_a_node_whose_clock_is_far_ahead_keeps_to_the_clusters_time(rig: Rig):
    """The cluster's time stands at its beginning; the guardian's process has the machine's own."""
    rig.cluster.controllers.node.never_ready.add(NEW[0])
    with jobs(rig), exchanged(rig):
        seen = looks(rig)
        until(rig, lambda: looks(rig) > seen + 10)
        assert at(rig, "swapped"), csi_restart.shown(rig)
        until(rig, lambda: at(rig, "rolling_back", "failed"), seconds=30)
        assert rig.journal.deadline
        assert "not ready in time" in rig.journal.reason


def looks(rig: Rig) -> int:
    """How often somebody looked at the Notebook."""
    return sum(one.method == "GET" and one.path.endswith("/demo") for one in rig.cluster.log)
