"""Memory, CPU and processes of our own cgroup, against its limits.

Rule: never the node's figures under the pod's name; a figure that cannot be had is None with its
reason. Rates come from two readings, so nothing here sleeps.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kfnb_ext import errors
from kfnb_ext.model.limits import Limits, Pressure
from kfnb_ext.probes import cgroup, processes

ROOT_CGROUP = "This process lives in the machine's root cgroup: the figure would be the node's."
NO_CONTROLLER = "This machine does not count it for a cgroup."
NO_MEMINFO = "/proc/meminfo cannot be read."
NO_PRESSURE = "This machine measures no pressure for a cgroup (it needs cgroup v2 and PSI)."
FIRST_LOOK = "It is a rate: the next reading has it."

PRESSURES = ("memory", "cpu", "io")
Figures = dict[str, Any]  # field -> value; a str says why there is none


class LimitsProbe:
    """Reads the cgroup. It remembers the last counters, so use one object for all readings."""

    def __init__(
        self,
        *,
        cgroup_root: Path = cgroup.CGROUP,
        proc_root: Path = processes.PROC,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cgroup_root = Path(cgroup_root)
        self._proc_root = Path(proc_root)
        self._clock = clock
        self._last: dict[str, tuple[float, float]] = {}
        self._files = cgroup.Files()  # of the reading that is under way

    def read(self) -> Limits:
        """One reading. Raises: Unsupported where there are no cgroups (macOS, some sandboxes)."""
        self._files = cgroup.Files()
        memory, cpu, pids = (self._find(name) for name in ("memory", "cpu", "pids"))
        if memory is None and cpu is None:
            raise errors.Unsupported(
                "This machine has no cgroups, so no limits of memory and CPU can be read.",
                "In a container on Linux they are at /sys/fs/cgroup.",
            )
        figures: Figures = {
            **_memory(memory, self._proc_root),
            **self._cpu(cpu),
            **_pids(pids),
            **self._pressures(),
            "node_memory_total": cgroup.node_memory(self._proc_root, self._files) or NO_MEMINFO,
        }
        known: Figures = {k: None if isinstance(v, str) else v for k, v in figures.items()}
        return Limits(
            cgroup_version=(memory or cpu).version,  # type: ignore[union-attr] # one is there
            cpu_available_cores=_available_cores(),
            missing={k: v for k, v in figures.items() if isinstance(v, str)},
            **known,
        )

    def _find(self, controller: str) -> cgroup.Group | None:
        return cgroup.find(controller, self._cgroup_root, self._proc_root, self._files)

    def _pressures(self) -> Figures:
        # v1 has none; a hybrid's v2 half has no controllers, but measures pressure all the same.
        group = cgroup.unified(self._cgroup_root, self._proc_root, self._files)
        if group is None or group.is_machine:
            reason = ROOT_CGROUP if group else NO_PRESSURE
            return {f"{name}_pressure": reason for name in PRESSURES}
        texts = {name: group.files.text(f"{group.levels[0]}/{name}.pressure") for name in PRESSURES}
        return {f"{name}_pressure": pressure(text) or NO_PRESSURE for name, text in texts.items()}

    def _cpu(self, group: cgroup.Group | None) -> Figures:
        quota = cgroup.cpu_quota(group) if group else None
        figures: Figures = {"cpu_limit_cores": quota[0] if quota else None}
        # In v1 the limit and the account are two controllers, often mounted as one.
        account = self._find("cpuacct") if group and group.version == 1 else group
        if account is None or account.is_machine:
            reason = ROOT_CGROUP if account else NO_CONTROLLER
            node = self._rate("node", _node_cpu_seconds(self._proc_root, self._files))
            figures |= {"cpu_usage_cores": reason, "node_cpu_usage_cores": node}
        else:
            figures["cpu_usage_cores"] = self._rate("cpu", _cpu_seconds(account))
        figures["cpu_throttled_ratio"] = self._throttled(group, quota)
        return figures

    def _rate(self, name: str, seconds: float | None) -> float | str:
        """CPU seconds per second since the last reading."""
        if seconds is None:
            return NO_CONTROLLER
        now = self._clock()
        then, before = self._last.get(name, (now, seconds))
        self._last[name] = (now, seconds)
        # Counters go backward when the process was moved to another cgroup.
        return (seconds - before) / (now - then) if now > then and seconds >= before else FIRST_LOOK

    def _throttled(
        self, group: cgroup.Group | None, quota: tuple[float, str] | None
    ) -> float | str:
        if group is None or quota is None:
            return 0.0  # without a quota nothing is ever throttled: this zero is known
        text = group.files.text(f"{quota[1]}/cpu.stat")
        periods, throttled = (cgroup.entry(text, k) for k in ("nr_periods", "nr_throttled"))
        if periods is None or throttled is None:
            return NO_CONTROLLER
        seen = self._last.get("throttled")
        self._last["throttled"] = (periods, throttled)
        if seen is None or periods < seen[0] or throttled < seen[1]:
            return FIRST_LOOK
        # No period at all: nothing ran, so nothing was held back.
        return min((throttled - seen[1]) / max(periods - seen[0], 1), 1.0)


def _memory(group: cgroup.Group | None, proc_root: Path) -> Figures:
    names = (
        *("memory_current", "memory_working_set", "memory_shm", "oom_kills", "memory_peak"),
        *("swap_used", "swap_limit"),
    )
    if group is None or group.is_machine:
        reason = ROOT_CGROUP if group else NO_CONTROLLER
        return {"memory_limit": None, **dict.fromkeys(names, reason)}
    v2 = group.version == 2
    current = group.number("memory.current" if v2 else "memory.usage_in_bytes")
    stat = group.read("memory.stat")  # once: the kernel adds it up over all CPUs at each read
    inactive = cgroup.entry(stat, "inactive_file" if v2 else "total_inactive_file")
    shm = cgroup.entry(stat, "shmem" if v2 else "total_shmem")
    kills = group.entry("memory.events" if v2 else "memory.oom_control", "oom_kill")
    # As the kubelet counts it (cAdvisor, setMemoryStats): never below zero.
    working = max(current - inactive, 0) if current is not None and inactive is not None else None
    peak = group.number("memory.peak" if v2 else "memory.max_usage_in_bytes")
    swaps = cgroup.swap_limit(group, proc_root)
    # Where nothing can be swapped out, nothing is: also where the kernel does not count it.
    swap = (cgroup.swap_used(group, stat) if swaps != 0 else 0, swaps)
    found = dict(zip(names, (current, working, shm, kills, peak, *swap), strict=True))
    said: Figures = {k: NO_CONTROLLER if v is None else v for k, v in found.items()}
    limit, bound = cgroup.memory_limit(group), cgroup.memory_bound(group, proc_root)
    return {
        "memory_limit": bound,
        "memory_limit_set": limit if limit != bound else None,
        "memory_high": cgroup.memory_high(group),
        **said,
    }


def pressure(said: str | None) -> Pressure | None:
    """PSI, as the kernel writes it: "some avg10=1.53 avg60=0.87 avg300=0.50 total=1234"."""
    shares: dict[str, float] = {}
    for line in (said or "").splitlines():
        kind, *fields = line.split()
        for name, _, percent in (field.partition("=") for field in fields):
            if name in ("avg10", "avg60"):
                shares[f"{kind}_{name[3:]}s"] = float(percent) / 100
    return Pressure(**shares) if {"some_10s", "some_60s"} <= set(shares) else None


def oom_kills(cgroup_root: Path = cgroup.CGROUP, proc_root: Path = processes.PROC) -> int | None:
    """The counter of OOM kills in our own cgroup alone: cheap enough to ask every few seconds."""
    group = cgroup.find("memory", cgroup_root, proc_root)
    if group is None or group.is_machine:
        return None
    return group.entry("memory.events" if group.version == 2 else "memory.oom_control", "oom_kill")


def _pids(group: cgroup.Group | None) -> Figures:
    if group is None or group.is_machine:
        reason = ROOT_CGROUP if group else NO_CONTROLLER
        return {"processes": reason, "processes_limit": None}
    current, limit = group.number("pids.current"), group.tightest("pids.max", cgroup.limit)
    return {
        "processes": NO_CONTROLLER if current is None else current,
        "processes_limit": int(limit[0]) if limit else None,
    }


def _cpu_seconds(group: cgroup.Group) -> float | None:
    if group.version == 2:
        usage = group.entry("cpu.stat", "usage_usec")
        return None if usage is None else usage / 1e6
    usage = group.number("cpuacct.usage")
    return None if usage is None else usage / 1e9


def _node_cpu_seconds(proc_root: Path, files: cgroup.Files) -> float | None:
    # user nice system idle iowait irq softirq steal ...: all that is neither idle nor stolen.
    first = (files.text(f"{proc_root}/stat") or "").partition("\n")[0].split()
    if len(first) < 8:
        return None
    ticks = [int(n) for n in first[1:8]]
    return (sum(ticks) - ticks[3] - ticks[4]) / processes.TICKS_PER_SECOND


def _available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
