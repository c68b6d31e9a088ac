"""GPUs through a real server over the fake driver: the status, /metrics, ending what is left."""

import itertools
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.nvml.shim import Shim, build
from tests.server import live

MIB = 1 << 20
SCENARIO = {
    "gpus": 2, "gpm": 1, "noperm_parent": 1, "g0_mig": 1, "g0_mig_present": "3,5",
    "g0_s3_profile": "1g.5gb", "g1_reserved": 600 * MIB, "g1_used": 20 << 30,
}  # fmt: skip

# A kernel by its command line, and what it leaves behind when it is killed.
LEFT = """
import os, sys, time
held = [open(name) for name in sys.argv[1].split(",")]
pid = os.fork()
if pid:
    print(pid, flush=True)
    os._exit(0)
time.sleep(120)
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Shim:
    library = build()
    if library is None:
        pytest.skip("NO C COMPILER: the fake NVIDIA driver cannot be built, GPUs are not tested")
    found = Shim(library, tmp_path_factory.mktemp("driver"))
    found.state(**SCENARIO)
    return found


@pytest.fixture(scope="module")
def pod(shim: Shim, tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Live]:
    with live.running(tmp_path_factory.mktemp("pod"), env=shim.env) as found:
        yield found


@pytest.fixture
def left(tmp_path: Path) -> Iterator[int]:
    """A process that holds a GPU and that a killed kernel has left behind."""
    devices = tmp_path / "dev"
    devices.mkdir()
    names = [devices / name for name in ("nvidia1", "nvidia-uvm")]
    for name in names:
        name.touch()
    command = [sys.executable, "-c", LEFT, ",".join(map(str, names)), "-f", "/k/kernel-77-ab.json"]
    env = {"JPY_PARENT_PID": "1", "JPY_SESSION_NAME": "gone.ipynb"}
    kernel = subprocess.Popen(
        command, env=env, start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    assert kernel.stdout
    pid = int(kernel.stdout.readline())
    kernel.wait()
    yield pid
    subprocess.run(["kill", "-9", str(pid)], check=False, stderr=subprocess.DEVNULL)
    kernel.stdout.close()


def status(pod: live.Live) -> dict[str, Any]:
    found: dict[str, Any] = pod.get("status").json()["gpus"]
    return found


def test_the_status_has_gpus_slices_and_why_not(pod: live.Live) -> None:
    found = pod.get("status").json()["gpus"]
    sliced, whole = found["gpus"]
    assert [one["profile"] for one in sliced["slices"]] == ["1g.5gb", "1g.10gb"]
    assert "does not show it" in sliced["missing"]["memory_used"]
    assert pod.lines("WARNING") == pod.lines("ERROR") == []  # none of that is a fault
    assert whole["memory_others"] == (20 << 30) - 600 * MIB
    assert whole["sharing"] == "time_sliced_or_shared"


def test_the_history_has_slices_under_their_own_ids(pod: live.Live) -> None:
    points = pod.get("status", since=0).json()["gpu_history"]
    assert "MIG-00000-3" in points[-1]["memory_used"]
    assert "GPU-00001" in points[-1]["utilisation"]


def test_a_poll_brings_every_reading_since_the_one_before_it(pod: live.Live, shim: Shim) -> None:
    """As the sidebar asks: each 5.5 s, while the driver is read each 2 s."""
    brief, told, since = 70 << 30, [], 0
    try:
        for look in range(4):
            answer = pod.get("status", since=since).json()
            told += answer["gpu_history"]
            since = answer["seq"]
            if look == 2:  # a peak that comes and goes between two polls
                time.sleep(0.6)
                shim.state(**SCENARIO | {"g1_used": brief})
                time.sleep(3.0)
                shim.state(**SCENARIO)
                time.sleep(2.4)
            elif look < 2:
                time.sleep(5.5)
    finally:
        shim.state(**SCENARIO)
    times = [datetime.fromisoformat(point["taken"].replace("Z", "+00:00")) for point in told]
    apart = sorted((b - a).total_seconds() for a, b in itertools.pairwise(times) if b > a)
    assert apart[len(apart) // 2] < 3.0
    assert brief in [point["memory_used"]["GPU-00001"] for point in told]


def test_activity_of_slices_comes_with_the_second_reading(pod: live.Live) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        one = pod.get("status").json()["gpus"]["gpus"][0]["slices"][0]
        if one["activity"]:
            assert one["activity"]["sm"] == 0.33
            return
        time.sleep(0.5)
    raise AssertionError(one)


def test_figures_are_on_the_servers_own_metrics(pod: live.Live) -> None:
    pod.get("status")
    text = pod.client.get("metrics").text
    used = 'kfnb_gpu_memory_used_bytes{gpu="0",mig="1g.5gb",uuid="MIG-00000-3"}'
    assert re.search(re.escape(used) + r" 1\.2582912e\+07", text)
    assert 'kfnb_gpu_utilisation_ratio{gpu="1",mig="",uuid="GPU-00001"} 0.37' in text
    # What is not known is left out, never 0.
    assert 'kfnb_gpu_memory_used_bytes{gpu="0",mig="",' not in text
    assert "kfnb_status_age_seconds" in text
    assert pod.stranger.get("metrics").status_code == 403


def test_a_scrape_reads_nothing(pod: live.Live, shim: Shim) -> None:
    time.sleep(16)  # until nobody looks
    pod.client.get("metrics")
    before = shim.calls
    for _ in range(20):
        pod.client.get("metrics")
    assert shim.calls == before


def test_readings_do_not_grow_with_the_number_of_browsers(pod: live.Live, shim: Shim) -> None:
    # Long enough for what is slow to be asked in both: it is asked each ten seconds.
    span = 20.0

    def rate(browsers: int) -> float:
        before, end = shim.calls, time.monotonic() + span

        def look() -> None:
            with httpx.Client(base_url=pod.address, headers=pod.client.headers) as client:
                while time.monotonic() < end:
                    client.get("kfnb/v1/status")
                    time.sleep(0.4)

        looking = [threading.Thread(target=look) for _ in range(browsers)]
        for one in looking:
            one.start()
        for one in looking:
            one.join()
        return (shim.calls - before) / span

    one, eight = rate(1), rate(8)
    assert eight <= one * 1.5


def test_what_a_kernel_left_behind_is_shown_and_ended(pod: live.Live, left: int) -> None:
    deadline = time.monotonic() + 25
    found = None
    while time.monotonic() < deadline and not found:
        for one in pod.get("status").json()["gpus"]["gpus"]:
            found = next((p for p in one["processes"] if p["pid"] == left), found)
        time.sleep(0.5)
    assert found
    assert (found["holder"], found["name"], found["can_end"]) == ("orphan", "gone.ipynb", True)

    wrong = pod.post("gpu/end", {"pid": left, "start_ticks": 1})
    assert wrong.status_code == 404
    server = pod.post("gpu/end", {"pid": pod.process.pid, "start_ticks": 1})
    assert server.status_code == 404

    ended = pod.post("gpu/end", {"pid": left, "start_ticks": found["start_ticks"]})
    assert ended.status_code == 200, ended.text
    assert ended.json()["ended"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"init_err": 18}, "was upgraded while this notebook ran"),
        ({"init_err": 9}, "no NVIDIA driver loaded|has no GPU"),
        ({"init_err": 4}, "does not show it"),
        ({"call_err": 999}, "lost access to its GPU"),
        ({"gpus": 0}, "This pod has no GPU"),
    ],
)
def test_a_driver_in_trouble_costs_the_gpus_alone(
    shim: Shim, tmp_path: Path, state: dict[str, int], words: str
) -> None:
    shim.state(**state)
    try:
        with live.running(tmp_path, env=shim.env) as pod:
            found = pod.get("status").json()
            assert found["gpus"]["kind"] == "unavailable"
            assert re.search(words, found["gpus"]["reason"])
            assert found["limits"]["kind"] == "limits"
            assert found["volumes"]["kind"] == "volumes"
            assert "kfnb_gpu" not in pod.client.get("metrics").text
            assert pod.lines("WARNING") == pod.lines("ERROR") == []
    finally:
        shim.state(**SCENARIO)


def test_a_slow_driver_delays_nothing_but_the_gpus(tmp_path: Path, shim: Shim) -> None:
    shim.state(gpus=8, delay_us=50_000)  # 1.3 s for a fast reading, 7 s for a full one
    stop = threading.Event()

    def look(pod: live.Live) -> None:
        with httpx.Client(base_url=pod.address, headers=pod.client.headers, timeout=60) as client:
            while not stop.is_set():
                client.get("kfnb/v1/status")
                stop.wait(1.0)

    try:
        with live.running(tmp_path, env=shim.env) as pod:
            looking = [threading.Thread(target=look, args=(pod,)) for _ in range(5)]
            for one in looking:
                one.start()
            times = []
            end = time.monotonic() + 12
            while time.monotonic() < end:
                began = time.perf_counter()
                pod.client.get("api/status")
                times.append(time.perf_counter() - began)
                time.sleep(0.02)
            found = pod.get("status").json()["gpus"]
            stop.set()
            for one in looking:
                one.join()
            assert found["kind"] == "gpus", found
            assert len(found["gpus"]) == 8
            times.sort()
            assert times[len(times) // 2] < 0.05
            assert times[-1] < 1.0  # a reading on the loop would take longer than this
    finally:
        shim.state(**SCENARIO)


def test_the_site_can_switch_the_metrics_off(tmp_path: Path, shim: Shim) -> None:
    with live.running(tmp_path, env=shim.env | {"KFNB_METRICS": "0"}) as pod:
        assert pod.get("status").status_code == 200
        assert "kfnb_status_age" not in pod.client.get("metrics").text
