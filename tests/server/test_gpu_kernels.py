"""Whose the memory of a GPU is, with real kernels of a real server over the fake driver.

Rule: kernels hold files that are called as the driver's device nodes are; torch is planted, with
its real names. No message is sent to a kernel but the cells of the test.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cell.test_telling import TORCH
from tests.fakes.nvml.shim import Shim, build
from tests.server import live
from tests.server.test_activity import await_state, execute, kernel, known

MIB = 1 << 20
HOLD = """
import os
_held = [open(os.environ["DEVICES"] + name) for name in ("nvidia0", "nvidia-uvm")]
open(os.environ["DEVICES"] + "pid", "w").write(str(os.getpid()))
"""
TELL = """
%load_ext kfnb_ext
import torch; torch._state.update(initialised=True, allocated=3 << 20)
"""
BUSY = """
import time
end = time.monotonic() + 25
while time.monotonic() < end: torch._state["allocated"] += 1 << 12
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Shim:
    library = build()
    if library is None:
        pytest.skip("NO C COMPILER: the fake NVIDIA driver cannot be built, GPUs are not tested")
    return Shim(library, tmp_path_factory.mktemp("driver"))


@pytest.fixture(scope="module")
def pod(shim: Shim, tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Live]:
    folder = tmp_path_factory.mktemp("pod")
    (folder / "dev").mkdir()
    (folder / "modules").mkdir()
    for name in ("nvidia0", "nvidia-uvm"):
        (folder / "dev" / name).touch()
    (folder / "modules/torch.py").write_text(TORCH)
    env = shim.env | {"DEVICES": f"{folder}/dev/", "PYTHONPATH": f"{folder}/modules"}
    with live.running(folder, env=env, within=live.POD) as found:
        yield found


def pid_of(pod: live.Live) -> int:
    return int((pod.workspace.parent / "dev/pid").read_text())


def until(pod: live.Live, holds: Callable[[dict[str, Any]], bool], seconds: float = 25.0) -> Any:
    """The GPUs, once they are so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = pod.get("status").json()["gpus"]
        if found["kind"] == "gpus" and holds(found):
            return found
        time.sleep(0.5)
    raise AssertionError(found)


def of_kernel(found: dict[str, Any], id_: str) -> dict[str, Any] | None:
    return next((one for one in found["holders"] if one["source"] == id_), None)


def test_a_driver_of_the_550s_and_a_framework_give_a_lower_bound_while_a_cell_runs(
    pod: live.Live, shim: Shim
) -> None:
    with kernel(pod) as (id_, line):
        execute(line, HOLD)
        await_state(line, "idle")
        pid = pid_of(pod)
        shim.state(
            driver="550.163.01", g0_uuid="GPU-abc", g0_pids=f"{pid}:0", g0_utilpid=f"{pid}:50"
        )
        # The list is a slow question: an earlier look may have seen the file alone.
        listed = until(
            pod,
            lambda g: "565" in (of_kernel(g, id_) or {"missing": {}})["missing"].get("memory", ""),
        )
        held = of_kernel(listed, id_)
        assert held is not None
        assert (held["memory"], held["confidence"]) == (None, "unknown")
        assert not (pod.workspace.parent / "modules/imported").exists()

        execute(line, TELL)
        await_state(line, "idle")
        execute(line, BUSY)
        await_state(line, "busy")
        time.sleep(1)  # what the start of a cell says moves its age
        before = known(pod, id_)
        began = time.monotonic()
        told = of_kernel(until(pod, lambda g: bool((of_kernel(g, id_) or held)["memory"])), id_)
        assert told is not None
        assert (told["memory"], told["confidence"]) == (8 * MIB, "lower_bound")
        first = told["frameworks"][0]["allocated"]
        until(pod, lambda g: (of_kernel(g, id_) or held)["frameworks"][0]["allocated"] > first)
        assert time.monotonic() - began < 25
        # All the while it was busy, and its age stood still.
        assert known(pod, id_) == before
        assert before["execution_state"] == "busy"


def test_a_kernel_that_dies_is_gone_from_the_list_and_its_file_with_it(
    pod: live.Live, shim: Shim
) -> None:
    with kernel(pod) as (id_, line):
        execute(line, HOLD + TELL)
        await_state(line, "idle")
        shim.state(driver="575.57.08", g0_pids=f"{pid_of(pod)}:{512 * MIB}")
        found = until(
            pod, lambda g: (of_kernel(g, id_) or {"confidence": ""})["confidence"] == "exact"
        )
        held = of_kernel(found, id_)
        assert held is not None
        assert held["memory"] == 512 * MIB
        assert held["frameworks"][0]["name"] == "torch"

        execute(line, "os.kill(os.getpid(), 9)")
        shim.state(driver="575.57.08")
        gone = until(pod, lambda g: of_kernel(g, id_) is None)
        assert gone["gpus"][0]["memory_own"] == 0


def test_a_driver_before_535_attributes_nothing_and_says_so(pod: live.Live, shim: Shim) -> None:
    with kernel(pod) as (id_, line):
        execute(line, HOLD)
        await_state(line, "idle")
        shim.state(driver="525.147.05", g0_pids=f"8041:{512 * MIB}")
        found = until(pod, lambda g: g["pid_mode"] == "host" and of_kernel(g, id_) is not None)
        held = of_kernel(found, id_)
        assert held is not None
        assert (held["memory"], held["confidence"]) == (None, "unknown")
        assert "numbers" in held["missing"]["memory"]
        assert found["gpus"][0]["memory_own"] is None


STRANGER = """
import os, sys, time
os.setuid(65534)
held = [open(name) for name in sys.argv[1:]]
pid = os.fork()
if pid:
    print(pid, flush=True)
    os._exit(0)
time.sleep(60)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start a process of another user")
def test_a_process_of_another_user_is_neither_listed_nor_ended(shim: Shim, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as open_to_all:
        devices = Path(open_to_all) / "dev"
        devices.mkdir()
        Path(open_to_all).chmod(0o755)
        names = [devices / name for name in ("nvidia0", "nvidia-uvm")]
        for name in names:
            name.touch()
        command = [sys.executable, "-c", STRANGER, *map(str, names)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout
            stranger = int(parent.stdout.readline())
            try:
                shim.state(driver="575.57.08", g0_pids=f"{stranger}:{512 * MIB}")
                with live.running(tmp_path, env=shim.env) as pod:
                    found = pod.get("status").json()["gpus"]["gpus"][0]
                    # Other tests may run kernels beside this one.
                    assert stranger not in [one["pid"] for one in found["processes"]]
                    assert found["memory_own"] is None
                    stat = Path(f"/proc/{stranger}/stat").read_text()
                    ticks = int(stat.rpartition(")")[2].split()[19])
                    refused = pod.post("gpu/end", {"pid": stranger, "start_ticks": ticks})
                assert refused.status_code == 403
                assert "another user" in refused.json()["message"]
                os.kill(stranger, 0)
            finally:
                os.kill(stranger, signal.SIGKILL)
