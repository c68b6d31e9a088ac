"""Whose the memory is, by the driver's three stages and by device files, with real processes."""

from typing import Any

from tests.fakes.nvml.shim import Shim, build
from tests.probes.gpu_pod import POD

MIB = 1 << 20


def read(shim: Shim, code: str) -> Any:
    return shim.python(POD + code)


def test_memory_and_work_are_the_kernels_with_a_recent_driver(shim: Shim) -> None:
    found = read(
        shim,
        f"""
(pid,) = kernel("train.ipynb")
state(driver="575.57.08", g0_pids=f"{{pid}}:{512 * MIB}", g0_utilpid=f"{{pid}}:64")
tell([pid, probe.read()])
""",
    )
    pid, reading = found
    (one,) = reading["gpus"]
    (process,) = one["processes"]
    assert process["pid"] == pid
    assert process["memory"] == 512 * MIB
    assert process["confidence"] == "exact"
    assert process["utilisation"] == 0.64
    assert (process["holder"], process["name"]) == ("kernel", "train.ipynb")
    assert process["source"] == "11111111-aaaa"
    assert process["visible_devices"] == "0"
    assert not process["can_end"]
    assert one["memory_own"] == 512 * MIB
    assert reading["pid_mode"] == "namespaced"


def test_a_process_that_is_listed_twice_counts_once(shim: Shim) -> None:
    reading = read(
        shim,
        f"""
(pid,) = kernel("a.ipynb")
state(g0_pids=f"{{pid}}:{512 * MIB},{{pid}}:{512 * MIB}")
tell(probe.read())
""",
    )
    assert reading["gpus"][0]["memory_own"] == 512 * MIB
    assert len(reading["gpus"][0]["processes"]) == 1


def test_a_driver_before_535_names_the_nodes_processes_and_none_is_believed(shim: Shim) -> None:
    reading = read(
        shim,
        f"""
(pid,) = kernel("a.ipynb")
state(driver="525.147.05", g0_pids=f"{{pid}}:{512 * MIB},8041:{MIB}", g0_utilpid=f"{{pid}}:9")
tell(probe.read())
""",
    )
    (one,) = reading["gpus"]
    (process,) = one["processes"]
    assert reading["pid_mode"] == "host"
    assert process["memory"] is None  # it keeps the GPU open: that is all that is known
    assert process["utilisation"] is None
    assert "numbers" in process["missing"]["memory"]
    assert one["memory_own"] is None
    assert one["memory_others"] is None


def test_a_driver_of_the_550s_tells_who_but_not_how_much(shim: Shim) -> None:
    reading = read(
        shim,
        f"""
(pid,) = kernel("a.ipynb")
state(driver="550.163.01", g0_pids=f"{{pid}}:0", g0_utilpid=f"{{pid}}:50")
zero = probe.read()
# Even a figure is not believed: it is that of another pod's process with this number.
state(driver="550.163.01", g0_pids=f"{{pid}}:{512 * MIB}", g0_utilpid=f"{{pid}}:50")
tell([zero, later(11)])
""",
    )
    for one in reading:
        (process,) = one["gpus"][0]["processes"]
        assert one["pid_mode"] == "namespaced"
        assert process["holder"] == "kernel"
        assert process["memory"] is None
        assert "565" in process["missing"]["memory"]
        assert process["utilisation"] is None
        assert "570.86" in process["missing"]["utilisation"]
        assert one["gpus"][0]["memory_own"] is None


def test_work_under_a_foreign_number_is_nobodys_below_570(shim: Shim) -> None:
    reading = read(
        shim,
        f"""
(pid,) = kernel("a.ipynb")
state(driver="565.77", g0_pids=f"{{pid}}:{MIB}", g0_utilpid=f"{{pid}}:50")
old = probe.read()
state(driver="570.86.15", g0_pids=f"{{pid}}:{MIB}", g0_utilpid=f"{{pid}}:50")
tell([old, later(11)])
""",
    )
    assert [r["gpus"][0]["processes"][0]["utilisation"] for r in reading] == [None, 0.5]
    assert [r["gpus"][0]["processes"][0]["memory"] for r in reading] == [MIB, MIB]


def test_a_number_whose_process_has_no_gpu_open_is_not_ours(shim: Shim) -> None:
    reading = read(
        shim,
        f"""
(pid,) = kernel("a.ipynb", files=("nvidia0", "nvidiactl"))
state(g0_pids=f"{{pid}}:{512 * MIB}")
tell(probe.read())
""",
    )
    assert reading["gpus"][0]["processes"] == []
    assert reading["pid_mode"] == "host"
    assert reading["gpus"][0]["memory_own"] is None


def test_on_a_shared_gpu_what_is_ours_is_told_from_the_others(shim: Shim) -> None:
    reading = read(
        shim,
        f"""
(pid,) = kernel("a.ipynb")
def now(used):
    state(g0_total={80 << 30}, g0_used=used, g0_reserved={600 * MIB}, g0_util=90,
          g0_pids=f"{{pid}}:{2 << 30}", g0_utilpid=f"{{pid}}:0")
    return later(11)
from kfnb_ext.model.activity import ActivityPolicy
from kfnb_ext.services import progress
alone = now({(2 << 30) + 600 * MIB})
shared = now({20 << 30})
share = progress.gpu_work(shared, ActivityPolicy()).share
tell([alone, shared, now({(2 << 30) + 600 * MIB}), share])
""",
    )
    alone, shared, after = (r["gpus"][0] for r in reading[:3])
    assert (alone["sharing"], alone["memory_others"]) == ("exclusive", 0)
    assert shared["sharing"] == "time_sliced_or_shared"
    assert shared["memory_own"] == 2 << 30
    assert shared["memory_others"] == (18 << 30) - 600 * MIB
    assert after["sharing"] == "time_sliced_or_shared"  # whoever shared it may come again
    assert reading[3] == 0.0  # 90 % of the device is not ours


def test_an_older_driver_that_tells_no_reserve_tells_no_others(shim: Shim) -> None:
    shim.library = build("libnvidia-ml.so.1", "OLD") or shim.library
    one = read(shim, "tell(probe.read())")["gpus"][0]
    assert one["memory_total"] == 80 << 30
    assert one["memory_others"] is None
    assert "keeps for itself" in one["missing"]["memory_others"]


def test_processes_of_an_older_library_are_read_by_the_older_question(shim: Shim) -> None:
    shim.library = build("libnvidia-ml.so.1", "OLD") or shim.library
    reading = read(
        shim,
        f"(pid,) = kernel('a.ipynb'); state(g0_pids=f'{{pid}}:{MIB}'); tell(probe.read())",
    )
    assert reading["gpus"][0]["memory_own"] == MIB


def test_a_worker_that_inherited_the_files_holds_nothing_of_its_own(shim: Shim) -> None:
    reading = read(
        shim,
        f"""
pid, worker = kernel("a.ipynb", "fork")
state(g0_pids=f"{{pid}}:{MIB}")
tell([pid, probe.read()])
""",
    )
    assert [p["pid"] for p in reading[1]["gpus"][0]["processes"]] == [reading[0]]
    assert reading[1]["gpus"][0]["memory_own"] == MIB


def test_what_a_killed_kernel_left_behind_is_an_orphan_that_may_be_ended(shim: Shim) -> None:
    left, reading = read(
        shim,
        """
(left,) = kernel("a.ipynb", "fork", "die")
tell([left, probe.read()])
""",
    )
    (process,) = reading["gpus"][0]["processes"]
    assert process["pid"] == left
    assert process["holder"] == "orphan"
    assert process["name"] == "a.ipynb"
    assert process["can_end"]
    assert process["memory"] is None
    assert reading["gpus"][0]["memory_own"] is None


def test_a_job_whose_terminal_was_closed_is_an_orphan_and_one_with_a_session_is_not(
    shim: Shim,
) -> None:
    reading = read(
        shim,
        f"""
(left,) = process("fork", "die")
(service,) = process()
state(g0_pids=f"{{left}}:{MIB},{{service}}:{2 * MIB}")
tell(probe.read())
""",
    )
    kinds = [(p["holder"], p["can_end"]) for p in reading["gpus"][0]["processes"]]
    assert kinds == [("pod", False), ("orphan", True)]


def test_a_slices_processes_are_the_slices_own(shim: Shim) -> None:
    reading = read(
        shim,
        f"""
(pid,) = kernel("a.ipynb")
state(g0_mig=1, g0_mig_present="3,5", noperm_parent=1, g0_s5_pids=f"{{pid}}:{MIB}")
tell(probe.read())
""",
    )
    (one,) = reading["gpus"]
    empty, held = one["slices"]
    assert (empty["memory_own"], empty["processes"]) == (0, [])
    assert held["memory_own"] == MIB
    assert held["processes"][0]["name"] == "a.ipynb"
    assert one["processes"] == []


def test_who_may_see_the_whole_gpu_counts_a_slices_process_once(shim: Shim) -> None:
    reading = read(
        shim,
        f"""
from kfnb_ext.services.gpu import holding
(pid,) = kernel("a.ipynb")
state(g0_mig=1, g0_mig_present="3", g0_s3_pids=f"{{pid}}:{MIB}", g0_pids=f"{{pid}}:{MIB}",
      g0_used={900 * MIB})
tell(holding.merge(probe.read(), {{}}))
""",
    )
    (one,) = reading["gpus"]
    assert (one["processes"], one["memory_own"]) == ([], MIB)
    assert one["memory_others"] == 899 * MIB
    assert one["slices"][0]["memory_own"] == MIB
    (holder,) = reading["holders"]
    assert holder["memory"] == MIB


def test_without_the_drivers_list_the_device_files_tell_who(shim: Shim) -> None:
    """As in a virtual machine with a part of a GPU (vGPU), with a recent driver."""
    reading = read(
        shim,
        """
(pid,) = kernel("a.ipynb")
state(err_ComputeRunningProcesses=3)
tell([pid, probe.read()])
""",
    )
    pid, (one,) = reading[0], reading[1]["gpus"]
    (process,) = one["processes"]
    assert (process["pid"], process["name"], process["memory"]) == (pid, "a.ipynb", None)
    assert one["memory_own"] is None
    assert "does not report it" in one["missing"]["memory_own"]


def test_a_slice_whose_processes_are_not_listed_is_not_called_empty(shim: Shim) -> None:
    shim.state(g0_mig=1, g0_mig_slots=1, err_ComputeRunningProcesses=4)
    (one,) = read(shim, "kernel('a.ipynb'); tell(probe.read())")["gpus"]
    assert one["slices"][0]["memory_own"] is None
    assert "does not show it" in one["slices"][0]["missing"]["memory_own"]
    assert [p["name"] for p in one["processes"]] == ["a.ipynb"]


def test_processes_of_two_gpus_are_told_apart_by_their_device_nodes(shim: Shim) -> None:
    reading = read(
        shim,
        """
kernel("a.ipynb", files=("nvidia1", "nvidia-uvm"))
state(gpus=2, driver="525.147.05", g0_minor=0, g1_minor=1)
tell(probe.read())
""",
    )
    assert [len(one["processes"]) for one in reading["gpus"]] == [0, 1]
    assert reading["pid_mode"] == "none"
    assert reading["gpus"][0]["memory_own"] == 0


def test_a_sharing_daemon_is_named(shim: Shim) -> None:
    reading = shim.python(POD + "tell(probe.read())", CUDA_MPS_PIPE_DIRECTORY="/mps")
    assert reading["gpus"][0]["sharing"] == "mps"
