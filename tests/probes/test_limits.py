"""Limits from recorded cgroup trees of every make, and from the machine that runs the tests."""

import os
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.model.limits import Pressure
from kfnb_ext.probes.limits import LimitsProbe
from tests.probes.conftest import Tree
from tests.probes.groups import (
    CGROUP_V1,
    CPU_STAT,
    CTR,
    GIB,
    LAPTOP_V2,
    MEMINFO,
    NO_LIMIT_V1,
    NODE_MEMORY,
    POD_V1,
    POD_V2,
    PRESSURE,
    SCOPE,
    SLICE,
    SWAPPING,
    THROTTLED,
    WAITS,
)

# 8 GiB of memory, and 10 GiB of memory and swap together.
MEMSW = {
    "memory/memory.memsw.limit_in_bytes": f"{10 * GIB}\n",
    "memory/memory.stat": POD_V1["memory/memory.stat"] + "total_swap 4096\n",
}
SINCE = ("cpu_usage_cores", "cpu_throttled_ratio")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def probe(tree: Tree, cgroup: dict[str, str], own: str, clock: Clock | None = None) -> LimitsProbe:
    proc = tree("proc", {**MEMINFO, "self/cgroup": own, "stat": "cpu  100 0 50 900 50 0 0 9 0 0\n"})
    return LimitsProbe(cgroup_root=tree("cgroup", cgroup), proc_root=proc, clock=clock or Clock())


@pytest.mark.parametrize(
    ("cgroup", "own", "version"), [(POD_V2, "0::/\n", 2), (POD_V1, CGROUP_V1, 1)]
)
def test_a_pod_reads_the_same_on_both_versions(
    tree: Tree, cgroup: dict[str, str], own: str, version: int
) -> None:
    found = probe(tree, cgroup, own).read()
    assert found.cgroup_version == version
    assert found.memory_limit == 8 * GIB
    assert found.memory_current == 3 * GIB
    assert found.memory_working_set == 2 * GIB
    assert found.memory_shm == 4096
    assert found.oom_kills == 2
    assert found.cpu_limit_cores == 2.5
    assert found.cpu_available_cores == len(os.sched_getaffinity(0))
    assert (found.processes, found.processes_limit) == (37, 1024)
    assert found.node_memory_total == NODE_MEMORY
    assert found.memory_peak == 5 * GIB
    assert set(found.missing) == {*SINCE, *(WAITS if version == 1 else ())}
    assert found.node_cpu_usage_cores is None


def test_pressure_is_a_share_of_time_and_what_an_old_kernel_does_not_count_is_unknown(
    tree: Tree,
) -> None:
    found = probe(tree, POD_V2, "0::/\n").read()
    assert found.memory_pressure == Pressure(
        some_10s=0.125, some_60s=0.03, full_10s=0.0125, full_60s=0.005
    )
    assert found.cpu_pressure == Pressure(some_10s=0.125, some_60s=0.03)


def test_the_pressure_of_the_whole_node_is_never_the_pods(tree: Tree) -> None:
    machine = {"unified/cgroup.controllers": "", "unified/memory.pressure": PRESSURE}
    found = probe(tree, {**POD_V1, **machine}, CGROUP_V1).read()
    assert found.memory_pressure is None
    assert "the node's" in found.missing["memory_pressure"]


def test_a_hybrid_gives_the_pressure_of_its_half_that_measures_it(tree: Tree) -> None:
    half = {"cgroup.type": "domain\n", "memory.pressure": PRESSURE}
    hybrid = {f"unified{CTR}/{name}": text for name, text in half.items()}
    own = CGROUP_V1.replace("0::/", f"0::{CTR}")
    found = probe(tree, {**POD_V1, **hybrid, "unified/cgroup.controllers": ""}, own).read()
    assert found.memory_pressure is not None
    assert found.memory_pressure.some_60s == 0.03


@pytest.mark.parametrize(("cgroup", "own"), [(POD_V2, "0::/\n"), (POD_V1, CGROUP_V1)])
def test_rates_are_taken_between_two_readings(
    tree: Tree, tmp_path: Path, cgroup: dict[str, str], own: str
) -> None:
    clock = Clock()
    limits = probe(tree, cgroup, own, clock)
    assert limits.read().cpu_usage_cores is None
    clock.now += 10
    root = tmp_path / "cgroup"
    if own == CGROUP_V1:
        (root / "cpu,cpuacct/cpuacct.usage").write_text("20000000000\n")
        (root / "cpu,cpuacct/cpu.stat").write_text("nr_periods 200\nnr_throttled 35\n")
    else:
        stat = CPU_STAT.format(usage=20_000_000) + THROTTLED.format(periods=200, throttled=35)
        (root / "cpu.stat").write_text(stat)
    found = limits.read()
    assert found.cpu_usage_cores == pytest.approx(1.5)
    assert found.cpu_throttled_ratio == pytest.approx(0.25)
    assert set(found.missing) == set(WAITS if own == CGROUP_V1 else ())
    clock.now += 10
    idle = limits.read()
    assert (idle.cpu_usage_cores, idle.cpu_throttled_ratio) == (0.0, 0.0)


def test_counters_that_went_backward_start_anew(tree: Tree, tmp_path: Path) -> None:
    clock = Clock()
    limits = probe(tree, POD_V2, "0::/\n", clock)
    limits.read()
    clock.now += 10
    (tmp_path / "cgroup/cpu.stat").write_text(
        CPU_STAT.format(usage=10) + THROTTLED.format(periods=1, throttled=1)
    )
    found = limits.read()
    assert set(found.missing) == set(SINCE)


def test_no_limit_is_none_without_a_reason_and_nothing_is_throttled(tree: Tree) -> None:
    open_v2 = {"memory.max": "max\n", "cpu.max": "max 100000\n", "pids.max": "max\n"}
    found = probe(tree, {**POD_V2, **open_v2}, "0::/\n").read()
    assert (found.memory_limit, found.cpu_limit_cores, found.processes_limit) == (None, None, None)
    assert found.cpu_throttled_ratio == 0.0
    assert set(found.missing) == {"cpu_usage_cores"}


def test_no_limit_on_v1_is_its_largest_number_and_minus_one(tree: Tree) -> None:
    open_v1 = {
        "memory/memory.limit_in_bytes": NO_LIMIT_V1,
        "memory/memory.stat": f"hierarchical_memory_limit {NO_LIMIT_V1}total_inactive_file 0\n",
        "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "pids/pids.max": "max\n",
    }
    found = probe(tree, {**POD_V1, **open_v1}, CGROUP_V1).read()
    assert (found.memory_limit, found.cpu_limit_cores, found.processes_limit) == (None, None, None)
    assert set(found.missing) == {"cpu_usage_cores", "memory_shm", *WAITS}


def test_the_pods_limit_counts_although_a_container_on_v1_does_not_see_its_folder(
    tree: Tree,
) -> None:
    inside = {
        "memory/memory.limit_in_bytes": NO_LIMIT_V1,
        "memory/memory.stat": f"hierarchical_memory_limit {6 * GIB}\ntotal_inactive_file 0\n",
    }
    assert probe(tree, {**POD_V1, **inside}, CGROUP_V1).read().memory_limit == 6 * GIB


def test_a_limit_above_the_nodes_memory_ends_where_the_node_does(tree: Tree) -> None:
    found = probe(tree, {**POD_V2, "memory.max": f"{96 * GIB}\n"}, "0::/\n").read()
    assert (found.memory_limit, found.memory_limit_set) == (NODE_MEMORY, 96 * GIB)


def test_the_level_that_slows_down_is_the_lowest_that_counts_here(tree: Tree) -> None:
    levels = {f"{SCOPE}/memory.high": "max\n", f"{SLICE}/memory.high": f"{3 * GIB}\n"}
    found = probe(tree, {**LAPTOP_V2, **levels}, f"0::/{SCOPE}\n").read()
    assert (found.memory_limit, found.memory_high, found.memory_limit_set) == (
        4 * GIB,
        3 * GIB,
        None,
    )


def test_without_swap_on_the_node_none_is_used_whatever_is_allowed(tree: Tree) -> None:
    found = probe(tree, {**POD_V2, "memory.swap.max": "max\n"}, "0::/\n").read()
    assert (found.swap_used, found.swap_limit) == (0, 0)


@pytest.mark.parametrize(
    ("cgroup", "own", "used", "limit"),
    [
        (
            {**POD_V2, "memory.swap.current": "4096\n", "memory.swap.max": f"{GIB}\n"},
            "0::/\n",
            4096,
            GIB,
        ),
        (
            {**POD_V2, "memory.swap.current": "0\n", "memory.swap.max": "max\n"},
            "0::/\n",
            0,
            8 * GIB,
        ),
        ({**POD_V1, **MEMSW}, CGROUP_V1, 4096, 2 * GIB),
        ({n: t for n, t in POD_V1.items() if "memsw" not in n}, CGROUP_V1, None, None),
        ({n: t for n, t in POD_V2.items() if "swap" not in n}, "0::/\n", None, None),
    ],
)
def test_swap_is_counted_apart_also_where_v1_limits_it_together_with_the_memory(
    tree: Tree, cgroup: dict[str, str], own: str, used: int | None, limit: int | None
) -> None:
    proc = tree("proc", {**SWAPPING, "self/cgroup": own})
    found = LimitsProbe(cgroup_root=tree("cgroup", cgroup), proc_root=proc).read()
    assert (found.swap_used, found.swap_limit) == (used, limit)
    assert ("swap_limit" in found.missing) == (limit is None)


def test_on_a_laptop_our_own_cgroup_is_used_and_the_tightest_limit_above_counts(
    tree: Tree,
) -> None:
    found = probe(tree, LAPTOP_V2, f"0::/{SCOPE}\n").read()
    assert found.memory_current == GIB
    assert found.memory_working_set == GIB - 1000
    assert found.memory_limit == 4 * GIB
    assert found.cpu_limit_cores == 1.5
    assert (found.processes, found.processes_limit) == (12, 500)


def test_a_controller_that_is_not_switched_on_here_is_read_where_it_is(tree: Tree) -> None:
    leaf = {n: t for n, t in LAPTOP_V2.items() if not n.startswith(f"{SCOPE}/memory.")}
    assert probe(tree, leaf, f"0::/{SCOPE}\n").read().memory_current == 3 * GIB


@pytest.mark.parametrize("own", ["0::/../../elsewhere\n", "0::/kubepods.slice/gone.scope\n"])
def test_a_path_that_the_container_does_not_see_is_not_followed(tree: Tree, own: str) -> None:
    assert probe(tree, POD_V2, own).read().memory_limit == 8 * GIB


def test_a_hybrid_is_read_controller_by_controller(tree: Tree) -> None:
    hybrid = {n: t for n, t in POD_V1.items() if not n.startswith("pids/")}
    unified = {"unified/cgroup.controllers": "pids\n", "unified/cgroup.type": "domain\n"}
    pids = {"unified/pids.current": "5\n", "unified/pids.max": "max\n"}
    own = CGROUP_V1.replace(f"12:pids:{CTR}\n", "")
    found = probe(tree, {**hybrid, **unified, **pids}, own).read()
    assert found.cgroup_version == 1
    assert found.memory_limit == 8 * GIB
    assert found.processes == 5


@pytest.mark.parametrize("version", [1, 2])
def test_the_machines_own_root_is_never_taken_for_the_pod(tree: Tree, version: int) -> None:
    clock = Clock()
    if version == 1:
        root = {**POD_V1, **{f"{c}/release_agent": "" for c in ("memory", "cpu,cpuacct", "pids")}}
        limits = probe(tree, root, "4:memory:/\n3:cpu,cpuacct:/\n2:pids:/\n", clock)
    else:
        root = {"cgroup.controllers": "cpu memory pids\n", "cpu.stat": CPU_STAT.format(usage=5)}
        limits = probe(tree, root, "0::/\n", clock)
    limits.read()
    clock.now += 10
    found = limits.read()
    for field in ("memory_current", "memory_working_set", "cpu_usage_cores", "processes"):
        assert getattr(found, field) is None
        assert "the node's" in found.missing[field]
    assert found.node_memory_total == NODE_MEMORY
    assert found.node_cpu_usage_cores == 0.0


def test_the_nodes_cpu_stands_apart_where_we_have_no_cgroup_of_our_own(
    tree: Tree, tmp_path: Path
) -> None:
    clock = Clock()
    root = {"cgroup.controllers": "cpu memory pids\n", "cpu.stat": CPU_STAT.format(usage=5)}
    limits = probe(tree, root, "0::/\n", clock)
    limits.read()
    clock.now += 10
    ticks = os.sysconf("SC_CLK_TCK")
    # 12 s of work, 5 s idle, 100 s stolen by the neighbours of this virtual machine.
    line = f"cpu  {100 + 9 * ticks} 0 {50 + 3 * ticks} {900 + 5 * ticks} 50 0 0 {9 + 100 * ticks}\n"
    (tmp_path / "proc/stat").write_text(line)
    assert limits.read().node_cpu_usage_cores == pytest.approx(1.2)


def test_a_machine_without_cgroups_says_so(tree: Tree) -> None:
    with pytest.raises(errors.Unsupported, match="no cgroups"):
        LimitsProbe(cgroup_root=tree("cgroup", {}), proc_root=tree("proc", {})).read()


def test_an_empty_machine_has_no_figure_of_zero(tree: Tree) -> None:
    found = probe(tree, {"cgroup.controllers": "\n", "cgroup.type": "domain\n"}, "0::/\n").read()
    for field in ("memory_current", "memory_working_set", "oom_kills", "cpu_usage_cores"):
        assert getattr(found, field) is None
        assert field in found.missing


def test_this_machine_gives_figures_that_can_be_true() -> None:
    limits = LimitsProbe()
    limits.read()
    found = limits.read()
    assert found.cpu_available_cores >= 1
    assert found.node_memory_total
    for field in found.missing:
        assert getattr(found, field) is None
    if found.memory_working_set is not None:
        assert 0 < found.memory_working_set <= found.node_memory_total
        assert found.memory_current is not None
        assert found.memory_working_set <= found.memory_current
