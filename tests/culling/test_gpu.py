"""Scenario 7 on a real server over the fake driver: memory held is not work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.culling import pod as pods
from tests.culling.pod import Pod
from tests.fakes.nvml.shim import Shim, build

GIB = 1 << 30
HELD = 12 * GIB
DRIVER = {"gpus": 1, "driver": "575.57.08"}  # one whose lists can be believed in a pod


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    library = build()
    if library is None:
        pytest.skip("NO C COMPILER: the fake NVIDIA driver cannot be built, GPUs are not tested")
    return Shim(library, tmp_path)


@pytest.fixture
def pod(tmp_path: Path, shim: Shim) -> Iterator[Pod]:
    shim.state(**DRIVER, g0_used=GIB, g0_util=0)
    # Only the GPU is looked at: a process that works would keep the notebook by itself.
    options = {"KFNB_EVIDENCE_OFF": "process", **shim.env}
    with pods.running(tmp_path / "pod", **options) as found:
        yield found


def model_in(pod: Pod, shim: Shim) -> None:
    """A kernel that has left its model in the GPU's memory."""
    told = pod.server.workspace / "pid"
    pod.kernel(f"import os; open({str(told)!r}, 'w').write(str(os.getpid()))")
    pid = int(told.read_text())
    shim.state(**DRIVER, g0_used=HELD + GIB, g0_util=0, g0_pids=f"{pid}:{HELD}")


def test_7_a_model_that_is_left_in_the_memory_of_a_gpu_is_no_use_and_is_named(pod: Pod, shim: Shim):
    model_in(pod, shim)
    pod.status(2.5)
    stopped = pod.minutes(70, step=2, wait=0.3)

    assert all(minute in (60, 62) for minute in stopped.values()), stopped
    told = pod.status()
    assert told["gpus"]["gpus"][0]["memory_used"] == HELD + GIB
    assert not told["activity"]["in_use"]


def test_a_gpu_that_cannot_be_read_is_said_to_be_and_concludes_nothing(pod: Pod, shim: Shim):
    model_in(pod, shim)
    shim.state(**DRIVER, err_UtilizationRates=999)
    told = pod.status(2.5)["activity"]

    assert any("GPU" in one for one in told["unknown"]), told
