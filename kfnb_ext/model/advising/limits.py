"""What to do about the pod's own limits of memory and CPU."""

from kfnb_ext.model import patches
from kfnb_ext.model.advice import Known, Proposal, percent, proposal
from kfnb_ext.model.levels import Levels
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.patches import sizes

WAITS = 0.10  # share of time in which work waited: from here on it is felt
NEAR_HIGH = 0.97  # share of memory.high: at it the kernel takes back, so it is hardly passed
HELD_BACK = 0.25  # share of periods throttled


def propose(limits: Limits, levels: Levels, known: Known) -> list[Proposal]:
    """All advice on the limits."""
    found = []
    used, limit = limits.memory_working_set, limits.memory_limit
    share = used / limit if used is not None and limit else 0.0
    if limit and (share >= levels.warning or limits.kills):
        took = f" It took the kernel of {limits.kills[0].name}." if limits.kills else ""
        found.append(
            proposal(
                id="memory_full",
                severity="error" if limits.kills or share >= levels.alarm else "warning",
                title=f"{percent(share)} of the memory limit is in use",
                text="At the limit the system kills the process that uses most."
                + took
                + " Restart kernels that you no longer need, load less at once, or ask for more.",
                patch=_more_memory(limits, known),
                section="limits",
            )
        )
    found += _slowed(limits, known)
    throttled = limits.cpu_throttled_ratio
    if throttled is not None and throttled >= HELD_BACK and limits.cpu_limit_cores:
        found.append(
            proposal(
                id="cpu_throttled",
                severity="info",
                title=f"The CPU limit held work back in {percent(throttled)} of the time",
                text="Programs that start a thread for each core of the node wait for each other. "
                f"Set OMP_NUM_THREADS={max(1, round(limits.cpu_limit_cores))}, or ask for more.",
                patch=patches.cpu(known, known.spec, limits.cpu_limit_cores * 2),
                section="limits",
            )
        )
    waits = limits.memory_pressure
    if waits and waits.some_60s >= WAITS:
        found.append(
            proposal(
                id="memory_pressure",
                severity="warning",
                title=f"Work waited for memory in {percent(waits.some_60s)} of the last minute",
                text="The pod is close to its limit, so pages are read again and again. It gets "
                "slow before anything is killed.",
                section="limits",
            )
        )
    return found


def _slowed(limits: Limits, known: Known) -> list[Proposal]:
    used, high = limits.memory_working_set, limits.memory_high
    if high is None or used is None or used < NEAR_HIGH * high:
        return []
    return [
        proposal(
            id="memory_slowed",
            severity="warning",
            title=f"The pod is slowed down: {percent(used / high)} of its level is in use",
            text="Above this level (memory.high) the system takes memory back all the time and "
            "makes whoever asks for more wait; nothing is killed. Restart kernels that you no "
            "longer need, or ask for more: the level rises with the limit.",
            patch=_more_memory(limits, known),
            section="limits",
        )
    ]


def _more_memory(limits: Limits, known: Known) -> patches.Patch | None:
    """A larger limit; none where the node has no more, whatever the limit."""
    if limits.memory_limit is None or limits.memory_limit_set is not None:
        return None
    return patches.memory(known, known.spec, sizes.larger(limits.memory_limit))
