"""What to do about each trouble: a sentence, and the exact patch of the Notebook to copy.

Rule: pure. Nothing here changes anything: a person applies the patch, with the notebook stopped.
A patch tests what it relies on, so that where our guess of a name is wrong it changes nothing.
"""

import msgspec

from kfnb_ext.model import patches
from kfnb_ext.model.advice import Advice, Known, Proposal, percent, proposal
from kfnb_ext.model.advising import limits as limits_
from kfnb_ext.model.levels import Levels
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.patches import sizes
from kfnb_ext.model.shm import Shm
from kfnb_ext.model.volumes import Volume, fullness

NOT_CLAIMS = ("container_layer", "empty_dir", "memory", "host")  # kinds that no claim stands behind
GIB = 1 << 30
OPTIONS = (
    "In a workspace of Notebooks 2.0 its kind's options set this: choose a larger one, or ask the "
    "administrator to add it to the WorkspaceKind."
)


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
        found += limits_.propose(limits, levels, known)
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
            proposal(
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
        proposal(
            id=f"volume_full {one.mount}",
            severity="error" if full >= levels.alarm else "warning",
            title=f"{one.mount} is {percent(full)} full of {what}",
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
            proposal(
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
            proposal(
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
            proposal(
                id="shm_full",
                severity="error" if share >= levels.alarm else "warning",
                title=f"/dev/shm is {percent(share)} full",
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
