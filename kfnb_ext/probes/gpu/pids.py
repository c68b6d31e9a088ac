"""The driver's own lists of processes, and how far they can be believed.

Rule: what drivers do with process numbers in a pod came in three stages (open-gpu-kernel-modules,
all tags to 595): lists of the pod's own numbers since 535.113.01, their memory since 565.57.01,
their work since 570.86.15. An older figure may be another pod's, and is not shown at all.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

from kfnb_ext.model.gpu import GpuProcess
from kfnb_ext.probes.gpu.asking import OLDER, Asked
from kfnb_ext.probes.nvml import NvmlError, said

LISTS, MEMORY, WORK = (535, 113, 1), (565, 57, 1), (570, 86, 15)
INITIAL = "pid:[4026531836]"  # PROC_PID_INIT_INO: this process lives with the node's numbers


class Own(NamedTuple):
    """What of one GPU or slice is this pod's."""

    processes: tuple[GpuProcess, ...]
    memory: int | None
    others: int | None
    missing: dict[str, str]


NOBODY = Own((), None, None, {})
Listed = dict[int, int | None]  # pid -> bytes; None: the driver does not say


class Stage(NamedTuple):
    """What can be believed."""

    lists: bool
    memory: bool
    work: bool


def stage(driver: str | None, proc_root: Path) -> Stage:
    """What this driver tells a process in this place."""
    if node_numbers(proc_root):
        return Stage(True, True, True)
    version = tuple(int(part) for part in re.findall(r"\d+", driver or "")[:3])
    return Stage(version >= LISTS, version >= MEMORY, version >= WORK)


def node_numbers(proc_root: Path) -> bool:
    """Whether processes here have the same numbers as on the node."""
    try:
        return os.readlink(proc_root / "self/ns/pid") == INITIAL
    except OSError:
        return False


def listed(ask: Asked) -> Listed:
    """The processes that the driver lists. One that is listed twice counts once, with its most."""
    found: Listed = {}
    for version in ("_v3", "_v2"):
        try:
            got = ask.door.call(f"nvmlDeviceGetComputeRunningProcesses{version}", ask.handle)
        except NvmlError as error:
            if error.code in OLDER and version == "_v3":
                continue
            ask.note(error, "processes")
            return found
        for one in got:
            # 0 is never a measured zero: a context alone takes hundreds of MiB.
            most = max(found.get(one.pid) or 0, one.usedGpuMemory or 0)
            found[one.pid] = most or None
        break
    return found


def work(ask: Asked, since: int) -> tuple[dict[int, float], int]:
    """The share of the GPU's time that each process took since ``since``, and until when."""
    try:
        samples = ask.door.call("nvmlDeviceGetProcessUtilization", ask.handle, since)
    except NvmlError as error:
        if error.code != said.NOT_FOUND:  # nothing was measured since
            ask.note(error, "process_utilisation")
        return {}, since
    found: dict[int, float] = {}
    for one in samples:
        if one.smUtil <= 100:
            found[one.pid] = max(found.get(one.pid, 0.0), one.smUtil / 100)
            since = max(since, one.timeStamp)
    return found, since
