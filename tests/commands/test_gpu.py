"""``kfnb gpu`` as a process over the fake driver, and its text."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kfnb_ext.model import gpu
from kfnb_ext.text import gpu as text
from kfnb_ext.text import units
from tests.commands.shell import kfnb
from tests.fakes.nvml.shim import Shim, build

NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
MIB = 1 << 20

LEFT = """
import os, sys, time
held = [open(name) for name in sys.argv[1].split(",")]
pid = os.fork()
if pid:
    print(pid, flush=True)
    os._exit(0)
time.sleep(60)
"""


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    library = build()
    if library is None:
        pytest.skip("NO C COMPILER: the fake NVIDIA driver cannot be built, GPUs are not tested")
    (tmp_path / "driver").mkdir()
    return Shim(library, tmp_path / "driver")


@pytest.fixture
def left(tmp_path: Path) -> Iterator[int]:
    """What a killed kernel has left behind."""
    (tmp_path / "dev").mkdir()
    names = [tmp_path / "dev" / name for name in ("nvidia0", "nvidia-uvm")]
    for name in names:
        name.touch()
    words = ["-c", LEFT, ",".join(map(str, names)), "-f", "/k/kernel-5-ab.json"]
    env = {"JPY_PARENT_PID": "1", "JPY_SESSION_NAME": "gone.ipynb"}
    kernel = subprocess.Popen(
        [sys.executable, *words], env=env, start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    assert kernel.stdout
    pid = int(kernel.stdout.readline())
    kernel.wait()
    yield pid
    subprocess.run(["kill", "-9", str(pid)], check=False, stderr=subprocess.DEVNULL)
    kernel.stdout.close()


def test_gpus_and_slices_are_a_table_and_what_is_unknown_says_why(shim: Shim) -> None:
    shim.state(gpm=1, g0_mig=1, g0_mig_present="3,5", noperm_parent=1, g0_s3_profile="1g.5gb")
    said = kfnb("gpu", env=os.environ | shim.env).stdout
    assert "slice 1g.5gb in slot 3, 16 SMs" in said
    assert " 33 %" in said  # a second reading was waited for
    assert "1) The driver does not show it to this pod." in said
    assert "no utilisation counter" in said
    assert "driver 575.57.08" in said


def test_a_gpu_without_memory_of_its_own_has_what_the_pod_may_use(shim: Shim) -> None:
    shim.state(uma=1)
    record = json.loads(kfnb("gpu", "--json", env=os.environ | shim.env).stdout)["gpus"][0]
    assert record["memory_kind"] == "unified"
    most = units.size(record["memory_total"])
    assert f"? 1) of {most}" in kfnb("gpu", env=os.environ | shim.env).stdout
    assert f"has none of its own) of {most}" in kfnb("status", env=os.environ | shim.env).stdout


def test_the_record_is_that_of_the_status(shim: Shim) -> None:
    found = json.loads(kfnb("gpu", "--json", "--pcie", env=os.environ | shim.env).stdout)
    assert found["kind"] == "gpus"
    assert found["gpus"][0]["pcie_rx"] == 1024 * 1000


def test_without_a_gpu_it_says_so_and_what_to_do(shim: Shim) -> None:
    shim.state(gpus=0)
    failed = kfnb("gpu", status=1, env=os.environ | shim.env)
    assert failed.stderr.splitlines()[0] == "This pod has no GPU."
    assert "granted when the notebook is created" in failed.stderr


def test_a_driver_that_takes_its_time_is_waited_for(shim: Shim) -> None:
    shim.state(us_Handle=3_500_000)
    began = time.monotonic()
    assert "NVIDIA Fake 80GB" in kfnb("gpu", env=os.environ | shim.env).stdout
    assert time.monotonic() - began > 3.5


def test_what_is_nobodys_is_named_and_ended_only_when_confirmed(shim: Shim, left: int) -> None:
    env = os.environ | shim.env
    said = kfnb("gpu", env=env).stdout
    assert "gone.ipynb (nobody's)" in said
    assert f"kfnb gpu --end {left}" in said

    refused = kfnb("gpu", "--end", str(left), status=2, env=env)
    assert "needs a confirmation" in refused.stderr
    os.kill(left, 0)

    assert "It has ended." in kfnb("gpu", "--end", str(left), "--yes", env=env).stdout
    again = kfnb("gpu", "--end", str(left), "--yes", status=1, env=env)
    assert "Nothing was ended" in again.stderr


def test_a_process_of_somebody_is_not_ended(shim: Shim) -> None:
    refused = kfnb("gpu", "--end", str(os.getpid()), "--yes", status=1, env=os.environ | shim.env)
    assert "belongs to nobody" in refused.stderr


def test_a_site_that_forbids_changes_forbids_this_too(shim: Shim, left: int) -> None:
    env = os.environ | shim.env | {"KFNB_READ_ONLY": "1"}
    refused = kfnb("gpu", "--end", str(left), "--yes", status=1, env=env)
    assert "forbids every change" in refused.stderr
    os.kill(left, 0)


def test_holders_have_their_memory_its_confidence_and_how_long_it_was_idle() -> None:
    holder = gpu.GpuHolder(
        kind="kernel", source="k", name="train\x1b.ipynb", pids=(7,), memory=5 * MIB,
        confidence="lower_bound", utilisation=None, frameworks=(), visible_devices=None,
        idle_since=NOON - timedelta(hours=3), missing={"utilisation": "Not in a pod."},
    )  # fmt: skip
    one = gpu.Gpu(
        index=0, uuid="u", name="H200", memory_total=None, memory_used=None, utilisation=0.0,
        temperature_c=None, power_milliwatts=None, mig_enabled=False, throttling=("too hot",),
        xid=79, xid_at=NOON, ecc_uncorrected=2, missing={"memory_used": "Not in a pod."},
    )  # fmt: skip
    reading = gpu.Gpus(driver_version=None, nvml_version=None, gpus=(one,), holders=(holder,))
    said = text.text(reading, NOON)
    assert "train\\x1b.ipynb" in said
    assert "≥ 5.0 MiB" in said
    assert "3 h" in said
    assert "too hot" in said
    assert "2 memory errors not corrected" in said
    assert "error 79 (Xid)" in said
    # One reason, one number, wherever it is met.
    assert said.count("? 1)") == 2
    assert said.count("1) Not in a pod.") == 1
