"""The GPU probe through NVIDIA's real binding, over a fake driver compiled for the test."""

from typing import Any

import pytest

from tests.fakes.nvml.shim import Shim

READ = "from kfnb_ext.probes import gpu, nvml\n"

# A probe whose door has a clock of ours and the devices that the test makes.
PROBE = (
    READ
    + """
clock = Clock()
devices = Path(os.environ["FAKE_FOLDER"]) / "dev"
devices.mkdir()
(devices / "nvidia0").touch()
probe = gpu.GpuProbe(nvml.Door(device_root=devices, folders=(), clock=clock))
"""
)


# What the fake GPU, as most real ones, has no figure for, or is not asked at the first reading.
NEVER_ASKED = {"activity", "pcie_rx", "pcie_tx", "xid"}


def part(record: dict[str, Any], **figures: object) -> bool:
    """Whether the record has these figures."""
    assert {name: record[name] for name in figures} == figures
    return True


def test_two_gpus_are_read_field_by_field(shim: Shim) -> None:
    shim.state(gpus=2, g0_name="NVIDIA H200", g0_mig=0, g0_util=73, g0_total=150 << 30)
    found = shim.python(READ + "tell(gpu.read())")
    assert found["kind"] == "gpus"
    assert found["driver_version"] == "575.57.08"
    assert found["nvml_version"] == "12.575.57.08"
    assert part(
        found["gpus"][0],
        index=0,
        uuid="GPU-00000",
        name="NVIDIA H200",
        state="ok",
        memory_kind="dedicated",
        memory_total=150 << 30,
        memory_used=632291328,
        utilisation=0.73,
        temperature_c=41,
        power_milliwatts=71000,
        power_limit_milliwatts=700000,
        sm_clock_mhz=1980,
        throttling=[],
        ecc_uncorrected=0,
        mig_enabled=False,
    )
    assert set(found["gpus"][0]["missing"]) == NEVER_ASKED
    assert [g["uuid"] for g in found["gpus"]] == ["GPU-00000", "GPU-00001"]


def test_a_gpu_lost_between_two_readings_keeps_its_name_and_costs_only_its_own_figures(
    shim: Shim,
) -> None:
    shim.state(gpus=2)
    first, second = shim.python(
        PROBE + "a = probe.read(); state(gpus=2, lost_gpu=0); tell([a, probe.read()])"
    )
    lost, well = second["gpus"]
    assert (lost["uuid"], lost["name"]) == (first["gpus"][0]["uuid"], first["gpus"][0]["name"])
    assert lost["memory_used"] is None
    assert lost["utilisation"] is None
    assert "fell off its bus" in lost["missing"]["memory_used"]
    assert lost["state"] == "lost"
    assert well == first["gpus"][1]


def test_a_lost_gpu_that_comes_back_is_seen_after_the_back_off(shim: Shim) -> None:
    shim.state(lost_gpu=0)
    found = shim.python(
        PROBE
        + """
probe.read()
state()
for _ in range(5):
    probe.read()
early = len(Path(os.environ["FAKE_NVML_LOG"]).read_text().splitlines())
clock.now += 61
tell([early, probe.read()])
"""
    )
    assert found[0] == 1  # opened once; not reopened before the back-off is over
    assert shim.log == ["init", "shutdown", "init"]
    assert set(found[1]["gpus"][0]["missing"]) <= NEVER_ASKED


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (9, "no NVIDIA driver loaded"),
        (18, "was upgraded while this notebook ran"),
        (999, "lost access to its GPU"),
        (17, "lost the right to use its GPU"),
        (4, "does not show it to this pod"),
        (777, "error 777"),
    ],
)
def test_a_library_that_does_not_open_is_explained_and_tried_again_once_a_minute(
    shim: Shim, code: int, words: str
) -> None:
    shim.state(init_err=code)
    found = shim.python(
        PROBE
        + """
tells = [said(probe.read) for _ in range(4)]
state()
tells.append(said(probe.read))
clock.now += 61
tells.append(said(probe.read))
tell(tells)
"""
    )
    assert all(words in reading["message"] for reading in found[:5])
    assert found[5]["kind"] == "gpus"
    assert shim.log == ["refused", "init"]


def test_a_container_that_lost_its_devices_is_told_to_restart_and_recovers(shim: Shim) -> None:
    found = shim.python(
        PROBE
        + """
probe.read()
state(call_err=999)
lost = said(probe.read)
state(call_err=999, init_err=999)
clock.now += 61
still = [said(probe.read), said(probe.read)]
state()
clock.now += 61
tell([lost, *still, probe.read()])
"""
    )
    assert all("lost access to its GPU" in reading["message"] for reading in found[:3])
    assert all("Stop the notebook" in reading["hint"] for reading in found[:3])
    assert set(found[3]["gpus"][0]["missing"]) <= NEVER_ASKED
    assert shim.log == ["init", "shutdown", "refused", "init"]


def test_no_gpu_granted_is_said_so(shim: Shim) -> None:
    shim.state(gpus=0)
    assert "no GPU" in shim.python(PROBE + "tell(said(probe.read))")["message"]


def test_a_library_in_the_image_without_a_device_is_no_gpu_and_not_a_broken_driver(
    shim: Shim,
) -> None:
    shim.state(init_err=9)
    code = PROBE + "(devices / 'nvidia0').unlink(); tell(said(probe.read))"
    assert shim.python(code)["message"] == "This pod has no GPU."


def test_without_device_and_library_nothing_of_nvidia_is_imported(shim: Shim) -> None:
    code = PROBE + "(devices / 'nvidia0').unlink(); a = said(probe.read)\n"
    found = shim.python(code + "tell([a, 'pynvml' in sys.modules])", loader_path=False)
    assert found[0]["message"] == "This pod has no GPU."
    assert found[1] is False


def test_a_device_without_the_library_names_the_path_to_set(shim: Shim) -> None:
    found = shim.python(PROBE + "tell(said(probe.read))", loader_path=False)
    assert "libnvidia-ml.so.1 is not found" in found["message"]
    assert "LD_LIBRARY_PATH" in found["hint"]


@pytest.mark.parametrize("device", ["nvhost-gpu", "nvmap", "kfd"])
def test_a_gpu_that_is_not_for_this_library_is_not_called_no_gpu(shim: Shim, device: str) -> None:
    # A Jetson has a /dev/nvidia0 too: its display.
    display = "pass" if device == "nvhost-gpu" else "(devices / 'nvidia0').unlink()"
    code = PROBE + f"{display}; (devices / {device!r}).touch(); tell(said(probe.read))"
    found = shim.python(code, loader_path=False)
    assert "none that NVIDIA's library NVML reads" in found["message"]
    assert "tegrastats" in found["hint"]


def test_a_library_without_a_driver_on_a_jetson_is_not_called_no_gpu(shim: Shim) -> None:
    shim.state(init_err=9)
    found = shim.python(PROBE + "(devices / 'nvgpu').mkdir(); tell(said(probe.read))")
    assert "a Jetson's" in found["message"]


def test_a_library_beside_the_loaders_path_is_found(shim: Shim) -> None:
    code = READ + "door = nvml.Door(folders=(os.environ['HIDDEN'],)); gpus = gpu.GpuProbe(door)\n"
    found = shim.python(code + "tell(said(gpus.read))", loader_path=False, HIDDEN=str(shim.library))
    assert found["kind"] == "gpus"


def test_another_packages_pynvml_is_named_and_not_called(shim: Shim) -> None:
    code = "import types; sys.modules['pynvml'] = types.ModuleType('pynvml')\n" + PROBE
    found = shim.python(code + "tell(said(probe.read))")
    assert "in place of NVIDIA's" in found["message"]
    assert "pip uninstall" in found["hint"]


def test_impossible_totals_of_a_hook_are_unknown_and_the_rest_is_read(shim: Shim) -> None:
    shim.state(gpus=2, g0_total=4192904278781722664, g1_used=90 << 30)
    found = shim.python(READ + "tell(gpu.read())")["gpus"]
    for gpu in found:
        assert gpu["memory_total"] is None
        assert gpu["memory_used"] is None
        assert "impossible" in gpu["missing"]["memory_used"]
        assert gpu["utilisation"] == 0.37


def test_what_one_gpu_does_not_report_is_unknown_with_the_reason(shim: Shim) -> None:
    shim.state(err_PowerUsage=3, err_UtilizationRates=4, err_Temperature=999)
    found = shim.python(READ + "tell(gpu.read())")["gpus"][0]
    assert found["power_milliwatts"] is None
    assert found["utilisation"] is None
    assert found["temperature_c"] is None
    silent = {"power_milliwatts", "utilisation", "temperature_c"}
    assert set(found["missing"]) == silent | NEVER_ASKED
    assert found["memory_total"] == 80 << 30


def test_one_question_that_always_fails_is_no_lost_gpu_and_nothing_is_opened_again(
    shim: Shim,
) -> None:
    shim.state(err_PowerUsage=999, err_Temperature=17)
    found = shim.python(PROBE + "a = probe.read(); clock.now += 61; tell([a, probe.read()])")
    for reading in found:
        assert reading["gpus"][0]["state"] == "ok"
        assert "lost access" in reading["gpus"][0]["missing"]["power_milliwatts"]
    assert shim.log == ["init"]


def test_one_gpu_of_two_that_was_taken_away_is_looked_for_anew(shim: Shim) -> None:
    shim.state(gpus=2)
    found = shim.python(
        PROBE
        + """
probe.read()
state(**{"gpus": 2, "0.err.Handle": 999})
clock.now += 61
taken = probe.read()
state(gpus=2)
clock.now += 61
tell([taken, probe.read()])
"""
    )
    taken, back = found
    assert [one["state"] for one in taken["gpus"]] == ["error", "ok"]
    assert "lost access to its GPU" in taken["gpus"][0]["missing"]["memory_used"]
    assert [one["state"] for one in back["gpus"]] == ["ok", "ok"]
    assert shim.log == ["init", "shutdown", "init"]


def test_an_older_driver_answers_the_older_question_about_memory(shim: Shim) -> None:
    shim.state(err_MemoryInfo_v2=13)
    assert shim.python(READ + "tell(gpu.read())")["gpus"][0]["memory_total"] == 80 << 30


def test_a_sliced_gpu_is_known_as_such(shim: Shim) -> None:
    shim.state(g0_mig=1, err_MemoryInfo=4, err_MemoryInfo_v2=4, err_UtilizationRates=3)
    found = shim.python(READ + "tell(gpu.read())")["gpus"][0]
    assert found["mig_enabled"] is True
    assert "MIG slice" in found["missing"]["memory_used"]


def test_a_forked_child_opens_the_library_for_itself(shim: Shim) -> None:
    found = shim.python(
        PROBE
        + """
probe.read()
out, into = os.pipe()
if os.fork() == 0:
    os.write(into, msgspec.json.encode(said(probe.read)))
    os._exit(0)
os.wait()
tell([msgspec.json.decode(os.read(out, 65536)), probe.read()])
"""
    )
    child, parent = (one["gpus"][0] for one in found)
    assert {**child, "missing": {}} == {**parent, "missing": {}}
    assert shim.log == ["init", "init"]


def test_a_library_that_somebody_else_closed_is_opened_again_at_once(shim: Shim) -> None:
    code = "probe.read(); import pynvml; pynvml.nvmlShutdown(); tell(said(probe.read))"
    assert shim.python(PROBE + code)["kind"] == "gpus"


def test_a_driver_that_hangs_holds_one_caller_only(shim: Shim) -> None:
    found = shim.python(
        PROBE
        + """
import threading
probe.read()
state(delay_us=2_500_000)
threading.Thread(target=lambda: said(probe.read), daemon=True).start()
time.sleep(0.2)
began = time.monotonic()
a = said(probe.read)
tell([a, time.monotonic() - began])
sys.stdout.flush()
os._exit(0)
"""
    )
    assert "has not answered" in found[0]["message"]
    assert found[1] < 2


@pytest.mark.gpu
def test_a_real_gpu_is_read() -> None:
    from kfnb_ext.probes import gpu

    found = gpu.read()
    assert found.gpus
    assert all(g.memory_total for g in found.gpus if not g.mig_enabled)
