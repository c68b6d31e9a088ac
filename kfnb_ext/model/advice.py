"""What to do about each trouble: a sentence, and the exact patch of the Notebook to copy.

Rule: pure. Nothing here changes anything: a person applies the patch, with the notebook stopped.
A patch tests what it relies on, so that where our guess of a name is wrong it changes nothing.
"""

from typing import Literal, NamedTuple

import msgspec

from kfnb_ext.model import patches
from kfnb_ext.model.levels import Levels
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.patches import sizes
from kfnb_ext.model.reading import Record
from kfnb_ext.model.shm import Shm
from kfnb_ext.model.volumes import Volume, fullness

Severity = Literal["info", "warning", "error"]
Section = Literal["limits", "shm", "volumes"]
NOT_CLAIMS = ("container_layer", "empty_dir", "memory", "host")  # kinds that no claim stands behind
GIB = 1 << 30
OPTIONS = (
    "In a workspace of Notebooks 2.0 its kind's options set this: choose a larger one, or ask the "
    "administrator to add it to the WorkspaceKind."
)
WAITS = 0.10  # share of time in which work waited: from here on it is felt
NEAR_HIGH = 0.97  # share of memory.high: at it the kernel takes back, so it is hardly passed
HELD_BACK = 0.25  # share of periods throttled


class Advice(Record, frozen=True, kw_only=True):
    """One trouble, and the way out."""

    id: str  # "shm_small", "volume_full /home/jovyan"
    severity: Severity
    title: str
    text: str
    patch: str = ""  # YAML, with the command that applies it; empty: none helps
    section: Section


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the notebook itself; empty: not known."""

    namespace: str = ""
    notebook: str = ""
    spec: patches.Spec | None = None  # the Notebook's, as the cluster has it
    claims: dict[str, patches.Spec] = {}  # those of its volumes, by name, as the cluster has them
    workspace: bool = False  # of Notebooks 2.0: there is no Notebook to patch


class Proposal(NamedTuple):
    """An advice with its patch as operations; None: none helps."""

    advice: Advice
    patch: patches.Patch | None


def advise(
    limits: Limits | None,
    shm: Shm | None,
    volumes: tuple[Volume, ...],
    levels: Levels,
    known: Known,
) -> tuple[Advice, ...]:
    """All advice for these readings, the worst first; None: a reading that could not be had."""
    return tuple(one.advice for one in propose(limits, shm, volumes, levels, known))


def propose(
    limits: Limits | None,
    shm: Shm | None,
    volumes: tuple[Volume, ...],
    levels: Levels,
    known: Known,
) -> tuple[Proposal, ...]:
    """The same, each with the patch that it shows."""
    found: list[Proposal] = []
    for one in volumes:
        found += _volume(one, levels, known)
    if shm:
        found += _shm(shm, limits, levels, known)
    if limits:
        found += _limits(limits, levels, known)
    if known.workspace:
        found = [_of_workspace(one) for one in found]
    order = ("error", "warning", "info")
    return tuple(sorted(found, key=lambda one: order.index(one.advice.severity)))


def _of_workspace(one: Proposal) -> Proposal:
    """What a Notebook's patch would do, the options of a workspace's kind decide."""
    if one.patch is None or one.patch.kind != "notebook":
        return one
    text = f"{one.advice.text} {OPTIONS}"
    return Proposal(msgspec.structs.replace(one.advice, text=text, patch=""), None)


def _volume(one: Volume, levels: Levels, known: Known) -> list[Proposal]:
    found = []
    if one.kind == "container_layer" and (one.is_workspace or one.holds_home):
        what = "the workspace" if one.is_workspace else "the home"
        point = "/home/jovyan" if one.mount == "/" else one.mount
        found.append(
            _advice(
                id=f"not_kept {one.mount}",
                severity="error",
                title=f"Everything in {what} is lost at a restart",
                text=f"No volume is mounted there: {what} lies on the container's own layer. "
                "Copy what you want to keep to a volume, and have one mounted.",
                patch=patches.home(known, known.spec, point),
                section="volumes",
            )
        )
    full = fullness(one)
    if full is None or full < levels.warning or not (one.is_workspace or one.claim):
        return found
    inodes = one.inodes_total and one.inodes_free is not None
    few = inodes and 1 - (one.inodes_free or 0) / (one.inodes_total or 1) >= full
    what = "files (inodes)" if few else "bytes"
    found.append(
        _advice(
            id=f"volume_full {one.mount}",
            severity="error" if full >= levels.alarm else "warning",
            title=f"{one.mount} is {_percent(full)} full of {what}",
            text="A full volume keeps Jupyter from saving and from starting. Delete what you can "
            "spare (what fills it is shown with it), or ask for a larger claim.",
            patch=_claim(one, known),
            section="volumes",
        )
    )
    return found


def _claim(one: Volume, known: Known) -> patches.Patch | None:
    """A larger claim, where the volume's figures are the claim's own."""
    if one.scope == "shared" or not one.total or one.kind in NOT_CLAIMS:
        return None
    name = one.claim or ""
    return patches.claim(known, name, known.claims.get(name), sizes.larger(one.total))


def _shm(shm: Shm, limits: Limits | None, levels: Levels, known: Known) -> list[Proposal]:
    found = []
    limit = limits.memory_limit if limits else None
    if shm.origin == "runtime_default":
        found.append(
            _advice(
                id="shm_small",
                severity="warning" if shm.used / max(shm.total, 1) >= levels.warning else "info",
                title="/dev/shm has the runtime's default size",
                text="Data loaders with workers and NCCL share memory through it; when it is full "
                "they die of a bus error. A memory volume makes it larger; it counts against the "
                "memory limit.",
                patch=patches.shm(known, known.spec, sizes.for_shm(limit)),
                section="shm",
            )
        )
    elif shm.origin == "empty_dir_unbounded" and limit:
        found.append(
            _advice(
                id="shm_unbounded",
                severity="info",
                title="/dev/shm may take all of the memory limit",
                text="It has no size of its own and counts against the memory: filling it has the "
                "pod killed, and what lies in it outlives the container, so that it is killed "
                "again. A size limit turns that into an error of the program.",
                patch=patches.shm(known, known.spec, sizes.for_shm(limit), mounted=True),
                section="shm",
            )
        )
    share = shm.used / shm.total if shm.total else 0.0
    if share >= levels.warning and shm.origin != "runtime_default":
        found.append(
            _advice(
                id="shm_full",
                severity="error" if share >= levels.alarm else "warning",
                title=f"/dev/shm is {_percent(share)} full",
                text="Whoever writes next dies of a bus error. End what holds it, or use fewer "
                "workers or a smaller prefetch_factor.",
                patch=_more_shm(shm, limit, known),
                section="shm",
            )
        )
    return found


def _more_shm(shm: Shm, limit: int | None, known: Known) -> patches.Patch | None:
    """More of /dev/shm, and as much more memory: one counts against the other."""
    if shm.origin not in ("empty_dir", "empty_dir_unbounded"):
        return None
    size = sizes.larger(shm.total)
    more = patches.shm(known, known.spec, size, mounted=True)
    if not limit:
        return more
    memory = patches.memory(known, known.spec, -(-(limit + size - shm.total) // GIB) * GIB)
    return memory if shm.origin == "empty_dir_unbounded" else patches.both(more, memory)


def for_need(need: int, shm: Shm, known: Known) -> patches.Patch:
    """A /dev/shm into which so many bytes fit, in whole GiB."""
    mounted = shm.origin in ("empty_dir", "empty_dir_unbounded")
    return patches.shm(known, known.spec, -(-need // GIB) * GIB, mounted=mounted)


def _limits(limits: Limits, levels: Levels, known: Known) -> list[Proposal]:
    found = []
    used, limit = limits.memory_working_set, limits.memory_limit
    share = used / limit if used is not None and limit else 0.0
    if limit and (share >= levels.warning or limits.kills):
        took = f" It took the kernel of {limits.kills[0].name}." if limits.kills else ""
        found.append(
            _advice(
                id="memory_full",
                severity="error" if limits.kills or share >= levels.alarm else "warning",
                title=f"{_percent(share)} of the memory limit is in use",
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
            _advice(
                id="cpu_throttled",
                severity="info",
                title=f"The CPU limit held work back in {_percent(throttled)} of the time",
                text="Programs that start a thread for each core of the node wait for each other. "
                f"Set OMP_NUM_THREADS={max(1, round(limits.cpu_limit_cores))}, or ask for more.",
                patch=patches.cpu(known, known.spec, limits.cpu_limit_cores * 2),
                section="limits",
            )
        )
    waits = limits.memory_pressure
    if waits and waits.some_60s >= WAITS:
        found.append(
            _advice(
                id="memory_pressure",
                severity="warning",
                title=f"Work waited for memory in {_percent(waits.some_60s)} of the last minute",
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
        _advice(
            id="memory_slowed",
            severity="warning",
            title=f"The pod is slowed down: {_percent(used / high)} of its level is in use",
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


def _advice(
    *, id: str, severity: Severity, title: str, text: str, section: Section,
    patch: patches.Patch | None = None,
) -> Proposal:  # fmt: skip
    """Advice with its patch, or with the reason why there is none."""
    if patch and patch.refused:
        text = f"{text} {patch.refused}"
    made = Advice(id=id, severity=severity, title=title, text=text, section=section,
                  patch=patch.yaml if patch else "")  # fmt: skip
    return Proposal(made, patch)


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
