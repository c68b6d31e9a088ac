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


def model_in(pod: Pod, shim: Shim, devices: Path, work: int = 0) -> None:
    """A kernel that has CUDA's devices open and a model in the GPU's memory."""
    devices.mkdir(parents=True)
    told = devices / "pid"
    names = [str(devices / name) for name in ("nvidia0", "nvidia-uvm")]
    for name in names:
        Path(name).touch()
    pod.kernel(
        f"import os; held = [open(name) for name in {names}]; "
        f"open({str(told)!r}, 'w').write(str(os.getpid()))"
    )
    pid = int(told.read_text())
    working = {"g0_util": work, **({"g0_utilpid": f"{pid}:{work}"} if work else {})}
    shim.state(**DRIVER, g0_used=HELD + GIB, g0_pids=f"{pid}:{HELD}", **working)


def test_7_a_model_that_is_left_in_the_memory_of_a_gpu_is_no_use_and_is_named(
    pod: Pod, shim: Shim, tmp_path: Path
):
    model_in(pod, shim, tmp_path / "dev")
    pod.status(2.5)
    stopped = pod.minutes(70, step=2, wait=0.3)

    assert all(minute in (60, 62) for minute in stopped.values()), stopped
    told = pod.status()
    assert told["gpus"]["gpus"][0]["memory_used"] == HELD + GIB
    assert not told["activity"]["in_use"]


def test_1_a_gpu_that_works_for_a_process_of_this_pod_keeps_the_notebook(
    pod: Pod, shim: Shim, tmp_path: Path
):
    model_in(pod, shim, tmp_path / "dev", work=90)
    pod.status(2.5)
    stopped = pod.minutes(70, step=2, wait=0.3)

    assert not any(stopped.values()), stopped
    told = pod.status()["activity"]
    assert told["in_use"]
    assert "gpu" in [one["kind"] for one in told["reasons"]]


def test_a_gpu_that_cannot_be_read_is_said_to_be_and_concludes_nothing(
    pod: Pod, shim: Shim, tmp_path: Path
):
    model_in(pod, shim, tmp_path / "dev")
    shim.state(**DRIVER, err_UtilizationRates=999)
    told = pod.status(2.5)["activity"]

    assert any("GPU" in one for one in told["unknown"]), told
