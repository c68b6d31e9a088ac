"""MIG slices and what runs on them, through NVIDIA's real binding over the fake driver."""

from typing import Any

import pytest

from tests.fakes.nvml.shim import Shim
from tests.probes.gpu_pod import POD


def read(shim: Shim, code: str) -> Any:
    return shim.python(POD + code)


def test_slices_in_sparse_slots_are_all_read_and_the_parent_says_why_not(shim: Shim) -> None:
    sliced = {
        f"g0_s{slot}_{name}": value
        for slot in (3, 5)
        for name, value in (("profile", "1g.5gb"), ("total", 5 << 30), ("used", slot << 20))
    }
    shim.state(g0_mig=1, g0_mig_present="3,5", noperm_parent=1, **sliced)
    (one,) = read(shim, "tell(probe.read())")["gpus"]

    assert [s["slot"] for s in one["slices"]] == [3, 5]
    assert [s["profile"] for s in one["slices"]] == ["1g.5gb", "1g.5gb"]
    assert [s["memory_used"] for s in one["slices"]] == [3 << 20, 5 << 20]
    assert one["slices"][0]["multiprocessors"] == 16
    assert one["memory_used"] is None
    assert "does not show it" in one["missing"]["memory_used"]
    assert one["utilisation"] is None
    assert "no utilisation counter" in one["missing"]["utilisation"]
    assert one["temperature_c"] == 41  # of the board
    assert one["state"] == "ok"
    assert one["sharing"] == "mig"
    assert "no utilisation counter" in one["slices"][0]["missing"]["activity"]


def test_a_fault_in_one_slice_costs_that_one(shim: Shim) -> None:
    shim.state(g0_mig=1, g0_mig_slots=2, err_Attributes=13, err_GpuInstanceId=4)
    (one,) = read(shim, "tell(probe.read())")["gpus"]

    assert [s["memory_total"] for s in one["slices"]] == [10 << 30, 10 << 30]
    assert one["slices"][0]["gpu_instance"] is None
    assert one["slices"][0]["profile"] == "1g.10gb"  # out of the name


def test_activity_needs_two_readings_and_then_comes(shim: Shim) -> None:
    shim.state(gpm=1, gpm_sm=33, g0_mig=1, g0_mig_slots=2)
    first, early, second = read(
        shim,
        """
a = probe.read()
clock.now += 0.05
b = probe.read()
time.sleep(0.12)
tell([a, b, later(2)])
""",
    )
    for reading in (first, early):
        for one in reading["gpus"][0]["slices"]:
            assert one["activity"] is None
            assert "two readings" in one["missing"]["activity"]
    activity = second["gpus"][0]["slices"][1]["activity"]
    assert activity["sm"] == 0.33
    assert activity["tensor"] == 0.33
    assert activity["window_s"] == 2.05
    assert "activity" not in second["gpus"][0]["slices"][1]["missing"]


def test_readings_that_come_too_soon_never_reach_the_driver(shim: Shim) -> None:
    shim.state(gpm=1)
    # The fake answers them as the driver does, with an error.
    found = read(shim, "probe.read()\nfor _ in range(20): later(0.04)\ntell(probe.read())")
    assert "two readings" in found["gpus"][0]["missing"]["activity"]


def test_a_slice_that_was_cut_anew_is_never_compared_with_the_old_one(shim: Shim) -> None:
    shim.state(gpm=1, g0_mig=1, g0_mig_present="0")
    found = read(
        shim,
        """
probe.read(); time.sleep(0.12)
good = later(2)
state(**{"gpm": 1, "g0_mig": 1, "g0_mig_present": "0", "g0_s0_profile": "2g.20gb"})
time.sleep(0.12)
changed = later(11)
time.sleep(0.12)
tell([good, changed, later(2)])
""",
    )
    good, changed, after = (r["gpus"][0]["slices"][0] for r in found)
    assert good["activity"]["sm"] == 0.33
    assert changed["profile"] == "2g.20gb"
    assert changed["activity"] is None
    assert "cut anew" in changed["missing"]["activity"]
    assert after["activity"]["sm"] == 0.33


def test_losing_the_permission_amid_costs_the_activity_alone(shim: Shim) -> None:
    shim.state(gpm=1, g0_mig=1, g0_mig_slots=1)
    found = read(
        shim,
        """
probe.read(); time.sleep(0.12)
good = later(2)
state(gpm=1, g0_mig=1, g0_mig_slots=1, gpm_err=4)
tell([good, later(2)])
""",
    )
    good, refused = (r["gpus"][0]["slices"][0] for r in found)
    assert good["activity"]["sm"] == 0.33
    assert refused["activity"] is None
    assert "does not show it" in refused["missing"]["activity"]
    assert refused["memory_used"] == good["memory_used"]


def test_one_figure_of_the_activity_may_be_missing(shim: Shim) -> None:
    shim.state(**{"gpm": 1, "gpm.5": 1000})
    found = read(shim, "probe.read(); time.sleep(0.12); tell(later(2))")
    activity = found["gpus"][0]["activity"]
    assert activity["tensor"] is None
    assert activity["sm"] == 0.33


def test_slices_that_went_and_came_are_seen_at_the_next_slow_look(shim: Shim) -> None:
    shim.state(g0_mig=1, g0_mig_present="1,2")
    found = read(
        shim,
        """
a = probe.read()
state(g0_mig=1, g0_mig_present="2,4")
tell([a, later(2), later(11)])
""",
    )
    first, gone, then = found
    assert [s["slot"] for s in first["gpus"][0]["slices"]] == [1, 2]
    assert gone["gpus"][0]["slices"][0]["memory_used"] is None  # its handle is void
    assert gone["gpus"][0]["slices"][1]["memory_used"] is not None
    assert [s["slot"] for s in then["gpus"][0]["slices"]] == [2, 4]


def test_with_two_slices_it_is_said_that_cuda_uses_one(shim: Shim) -> None:
    shim.state(g0_mig=1, g0_mig_slots=2)
    assert "only one of these slices" in read(shim, "tell(probe.read())")["notes"][0]


def test_unified_memory_is_the_pods_limit_and_never_the_nodes(shim: Shim) -> None:
    shim.state(uma=1)
    found = read(
        shim,
        """
(proc / "self").joinpath("cgroup").write_text("0::/\\n")
(folder / "cgroup").mkdir()
(folder / "cgroup/cgroup.controllers").write_text("memory\\n")
(folder / "cgroup/memory.max").write_text(str(16 << 30) + "\\n")
(folder / "cgroup/memory.current").write_text("1\\n")
tell(probe.read())
""",
    )["gpus"][0]
    assert found["memory_kind"] == "unified"
    assert found["memory_total"] == 16 << 30
    assert found["memory_used"] is None
    assert found["utilisation"] == 0.37
    assert "used of all of it is not known" in found["missing"]["memory_others"]


@pytest.mark.parametrize("state", [{"lost_gpu": 0}, {"err_MemoryInfo": 999, "g0_mig": 1}])
def test_other_refusals_are_not_taken_for_unified_memory(shim: Shim, state: dict[str, int]) -> None:
    shim.state(gpus=2, **state)
    assert read(shim, "tell(probe.read())")["gpus"][0]["memory_kind"] is None


def test_a_gpu_in_the_processors_address_space_is_coherent(shim: Shim) -> None:
    # There, what a process has taken stays taken when it has ended: it is not that of others.
    shim.state(addressing=2, g0_used=40 << 30)
    one = read(shim, "tell(probe.read())")["gpus"][0]
    assert one["memory_kind"] == "coherent"
    assert (one["memory_used"], one["memory_others"]) == (40 << 30, None)
    assert one["sharing"] == "unknown"
    assert "stays taken" in one["missing"]["memory_others"]


def test_what_holds_the_clocks_back_is_said_in_words(shim: Shim) -> None:
    shim.state(g0_throttle=1 | 4 | 32)
    found = read(shim, "tell(probe.read())")["gpus"][0]
    assert found["throttling"] == ["power limit reached", "too hot"]


def test_an_error_of_the_driver_is_kept_with_its_time(shim: Shim) -> None:
    found = read(
        shim,
        """
probe.read()
quiet = later(11)
state(g0_xid=79)
told = later(11)
state(g0_xid=79, err_RegisterEvents=4)
tell([quiet, told, later(11)])
""",
    )
    quiet, told, after = (r["gpus"][0] for r in found)
    assert (quiet["xid"], "xid" in quiet["missing"]) == (None, False)
    assert told["xid"] == after["xid"] == 79
    assert told["xid_at"] == after["xid_at"]


def test_not_being_allowed_to_listen_for_errors_is_said(shim: Shim) -> None:
    shim.state(err_RegisterEvents=4)
    found = read(shim, "probe.read(); tell(later(11))")["gpus"][0]
    assert found["xid"] is None
    assert "does not show it" in found["missing"]["xid"]
    assert found["memory_used"] == 632291328


def test_one_gpu_that_tells_of_no_errors_leaves_those_of_the_others(shim: Shim) -> None:
    vgpu = {"gpus": 2, "0.err.RegisterEvents": 3}
    shim.state(**vgpu)
    code = f"probe.read(); a = later(11); state(**{vgpu | {'1.xid': 79}}); tell([a, later(11)])"
    quiet, after = read(shim, code)
    without, told = after["gpus"]
    assert "xid" not in quiet["gpus"][1]["missing"]
    assert (without["xid"], told["xid"]) == (None, 79)
    assert "does not report it" in without["missing"]["xid"]
    assert "xid" not in told["missing"]


def test_pcie_is_asked_only_when_asked_for(shim: Shim) -> None:
    found = read(shim, "tell([probe.read(), probe.read(pcie=True)])")
    assert found[0]["gpus"][0]["pcie_rx"] is None
    assert "20 ms" in found[0]["gpus"][0]["missing"]["pcie_rx"]
    assert found[1]["gpus"][0]["pcie_rx"] == 1024 * 1000


def test_what_is_slow_to_ask_is_asked_every_ten_seconds(shim: Shim) -> None:
    shim.state(g0_temp=40, g0_util=10)
    found = read(
        shim,
        "probe.read(); state(g0_temp=50, g0_util=20); tell([later(2), later(2), later(7)])",
    )
    assert [r["gpus"][0]["temperature_c"] for r in found] == [40, 40, 50]
    assert [r["gpus"][0]["utilisation"] for r in found] == [0.2, 0.2, 0.2]


@pytest.mark.gpu
def test_a_real_hopper_measures_its_activity() -> None:
    import time

    from kfnb_ext.probes import gpu

    probe = gpu.GpuProbe()
    probe.read()
    time.sleep(1.2)
    (one, *_) = probe.read().gpus
    assert one.activity is not None or one.missing["activity"]
