"""Which claims of this pod a snapshot holds, and with which class each is cut.

Rule: what cannot be cut is left out with its reason; nothing is left out in silence. Where
nothing remains, or the site's own class fits no claim, it is refused before anything is made.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.csi import classes
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.members import Volume
from kfnb_ext.model import cluster, snapshots

LOST = "The claim {} is mounted by the pod, but the cluster does not have it."


class Chosen(NamedTuple):
    """What is cut, with the class of each (empty: the cluster's default), and what is not."""

    volumes: tuple[tuple[Volume, str], ...]
    left_out: tuple[snapshots.LeftOut, ...]


def choose(context: Context, here: cluster.Place, wanted: Sequence[str] = ()) -> Chosen:
    """The claims that this pod mounts, or those at the mounts ``wanted``.

    Raises: Unsupported, BadRequest, ClusterError.
    """
    known, named = classes.read(context.client), context.settings.snapshot_class
    if why := classes.misfit(known, (one.claim for one in here.mounted), named):
        raise errors.Unsupported(
            f"{why} Nothing was changed.", "Ask the administrator to correct the option."
        )
    volumes: list[tuple[Volume, str]] = []
    left = [snapshots.LeftOut(path=name, reason=LOST.format(name)) for name in here.lost]
    for mounted in _by_claim(here, wanted):
        claim = mounted[0].claim
        why = unfit(claim)
        picked = classes.pick(known, claim, named)
        if why or picked.why:
            path = mounted[0].mount
            left.append(snapshots.LeftOut(path=path, reason=why or picked.why))
        else:
            volumes.append((_volume(mounted), picked.name))
    if not volumes:
        raise _nothing(here, left)
    numbered = (
        (_numbered(volume, index, len(volumes)), name)
        for index, (volume, name) in enumerate(volumes)
    )
    return Chosen(tuple(numbered), tuple(left))


def unfit(claim: cluster.Claim) -> str:
    """Why a claim cannot be cut as it is; empty: it can."""
    if claim.going:
        return f"The claim {claim.name} is being deleted."
    if claim.phase != "Bound":
        return f"The claim {claim.name} is {claim.phase}, and not bound to a volume yet."
    if claim.volume_mode != "Filesystem":
        return f"The claim {claim.name} is a raw {claim.volume_mode} device, not a file system."
    return ""


def _by_claim(here: cluster.Place, wanted: Sequence[str]) -> list[tuple[cluster.Mounted, ...]]:
    """Each claim once, however often it is mounted; the workspace's comes first."""
    found: dict[str, list[cluster.Mounted]] = {}
    for one in here.mounted:
        if not wanted or one.mount in wanted:
            found.setdefault(one.claim.name, []).append(one)
    for mounted in found.values():
        mounted.sort(key=lambda one: (not one.workspace, one.sub_path, one.mount))
    groups = map(tuple, found.values())
    return sorted(groups, key=lambda mounted: not mounted[0].workspace)


def _volume(mounted: Sequence[cluster.Mounted]) -> Volume:
    first, claim = mounted[0], mounted[0].claim
    return Volume(
        volume=first.volume,
        mount=first.mount,
        claim=claim.name,
        uid=claim.uid,
        storage_class=claim.storage_class,
        driver=claim.driver,
        access_modes=claim.access_modes,
        volume_mode=claim.volume_mode,
        capacity=claim.capacity,
        request=claim.requested,
        workspace=first.workspace,
        read_only=all(one.read_only for one in mounted),
        mounts=tuple(one.mount for one in mounted),
    )


def _numbered(volume: Volume, index: int, of: int) -> Volume:
    return msgspec.structs.replace(volume, index=index, of=of)


def _nothing(here: cluster.Place, left: list[snapshots.LeftOut]) -> errors.KfnbError:
    if not left:
        return errors.Unsupported(
            f"The pod {here.pod} mounts no claim, so there is nothing to take a snapshot of. "
            "Nothing was changed.",
            "Folder snapshots work here all the same: `kfnb snapshot create`.",
        )
    why = " ".join(dict.fromkeys(one.reason for one in left))
    return errors.Unsupported(
        f"No volume of the pod {here.pod} can be cut. {why} Nothing was changed.",
        "Show this to the administrator. Folder snapshots work here all the same: "
        "`kfnb snapshot create`.",
    )
