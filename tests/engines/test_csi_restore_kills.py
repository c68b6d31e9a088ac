"""Processes that are really killed: the one that restores, and the guardian in its Job."""

import subprocess
import sys
import time as real
from collections.abc import Iterator
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


def test_the_guardian_of_the_job_goes_back_though_it_is_killed_on_the_way(rig: Rig):
    rig.cluster.controllers.node.unmountable.add(NEW[0])
    kubeconfig = rig.cluster.kubeconfig(rig.folder)
    environment = {"KUBECONFIG": str(kubeconfig), "KFNB_GUARD_SECONDS": "0.1"}
    environment |= {"PYTHONPATH": str(ROOT)}
    run = rig.cluster.controllers.node.start = programs.Programs(rig.folder, environment)
    process = restorer(rig, 0)
    killed = 0
    try:
        deadline = real.monotonic() + 300
        while real.monotonic() < deadline:
            rig.cluster.controllers.step()
            running = rig.journal
            if running and running.phase == "swapped" and process.poll() is None:
                process.kill()  # its pod goes with the exchange
            if running and running.phase == "swapped" and not killed:
                killed += 1
                run.started[0].kill()
            if running and running.ended:
                break
            real.sleep(0.05)
        for _ in range(100):
            rig.cluster.controllers.step()
    finally:
        process.kill()
        process.wait()
        run.stop()

    assert rig.journal.phase == "failed"
    assert "cannot be mounted" in rig.journal.reason or "not ready in time" in rig.journal.reason
    assert rig.on == OURS
    assert len(run.started) >= 2
    assert rig.ready_on("demo-home")
    assert hiring.name(UNDER) == "kfnb-guard-" + UNDER
