"""Whether a larger claim brought the room: some drivers make the volume, and leave the file
system on it as small as in the snapshot.

Rule: only the file system itself can tell, in the pod that mounts it; what it does not tell is not
claimed.
"""

import os
from functools import partial

from kfnb_ext.engines.csi import late, patience
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.growth import Growth
from kfnb_ext.engines.csi.journal import Journal
from kfnb_ext.kube import claims
from kfnb_ext.model import quantities
from kfnb_ext.model.reading import Unavailable

GIB = 1 << 30
Seen = int | Unavailable | None  # the bytes of a file system; why they are not known; not from here

GREW = "The growth worked"  # so begins what is told of one that brought the room


def measure(context: Context, mount: str) -> Seen:
    """The bytes of the file system mounted there in this pod; None: it cannot be seen from here."""
    if not (context.inside and mount):
        return None
    silent: Seen = Unavailable(reason=f"it did not answer within {patience.LOOK:g} s")
    return patience.within(patience.LOOK, mount, partial(_total, mount), silent)


def _total(mount: str) -> Seen:
    try:
        seen = os.statvfs(mount)
    except OSError:
        return None
    return seen.f_blocks * seen.f_frsize


def told(context: Context, running: Journal) -> str:
    """How a growth ended, for a person; empty: it was none."""
    if running.growth is None:
        return ""
    new, old = running.switches[0].new, running.switches[0].old
    if running.undo_of:
        return (
            f"The restore was taken back: the notebook is on {new} as it was left. What was "
            f"written since is on {old} alone, which is kept; Undo goes back to it."
        )
    now = measure(context, running.growth.mount)
    return f"{said(running.growth, new, now)} {left(running.growth, old)}"


def said(growth: Growth, claim: str, now: Seen) -> str:
    """Whether the file system has grown."""
    size = quantities.said(growth.size)
    if isinstance(now, Unavailable):
        return (
            f"The notebook is on the claim {claim} of {size}, but how large its file system at "
            f"{growth.mount} is by now is not known: {now.reason}. `kfnb volumes` shows it once "
            "it answers; ask the administrator if it does not."
        )
    if now is None or growth.had is None:
        return (
            f"The growth worked: the notebook is on the claim {claim} of {size}. How large its "
            "file system is cannot be seen from here: `kfnb volumes` in the notebook shows it."
        )
    if now > growth.had:
        return (
            f"{GREW}: the notebook is on the claim {claim} of {size}, and its file system at "
            f"{growth.mount} has {now / GIB:.1f} GiB."
        )
    if growth.had >= growth.size:
        where = claims.unbounded(growth.mount, now)
        return f"{GREW}: the notebook is on the claim {claim} of {size}. {where}"
    return (
        f"The notebook is on the claim {claim} of {size}, but its file system at {growth.mount} "
        f"still has {now / GIB:.1f} GiB: the driver does not enlarge it when a claim is made "
        "from a snapshot. Its files are all there; ask the administrator to enlarge it, or undo."
    )


def left(growth: Growth, old: str) -> str:
    """What is on the old claim alone."""
    since = f" since {growth.cut:%Y-%m-%d %H:%M:%S} UTC" if growth.cut else " since the cut"
    return (
        f"The old claim {old} is kept; Undo goes back to it. What was written{since}, until the "
        f"restart, is on it alone.{late.told(growth.late, old)}"
    )
