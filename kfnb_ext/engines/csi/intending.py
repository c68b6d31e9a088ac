"""What a restore would do, worked out from the snapshot and the Notebook as both are now.

Rule: reads only. All names follow from the restore's id, so that a second try means the same.
"""

import posixpath
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.csi import keys, listing, members, provisioning, syncing, target
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.growth import Growth
from kfnb_ext.engines.csi.members import Member
from kfnb_ext.engines.csi.provisioning import Wanted
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.model import cluster, snapshots

LONGEST_NAME = 45  # of a new notebook that we name: its pods and services add to it
SYSTEM = {"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "opt", "proc", "root", "run"}
SYSTEM |= {"sbin", "sys", "tmp", "usr", "var"}
Object = dict[str, Any]


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A restore before its first step."""

    id: str
    way: snapshots.RestoreWay
    snapshot: str
    target: Target
    here: cluster.Place
    found: Object  # the Notebook as it was read
    held: tuple[Member, ...] = ()
    switches: tuple[snapshots.Switch, ...] = ()
    claims: tuple[Wanted, ...] = ()
    mark: str = ""
    container: str = ""
    undo_of: str = ""
    name: str = ""  # of the new notebook
    growth: Growth | None = None  # its claims are to be larger
    notes: tuple[str, ...] = ()  # sentences that a person should read first


def intend(context: Context, request: snapshots.RestoreRequest, identity: str) -> Intent:
    """Work it out. Raises: NotFound, Unsupported, BadRequest, ClusterError."""
    plain = of_notebook(context, identity, request.snapshot)
    held = listing.held(context, request.snapshot)
    plain = msgspec.structs.replace(plain, way=request.way, held=held)
    if request.way == "data_volume":
        return _data_volume(context, plain, request.mount)
    if request.way == "new_notebook":
        return _new_notebook(context, plain, request.name)
    return in_place(context, plain)


def of_notebook(context: Context, identity: str, snapshot: str) -> Intent:
    """The Notebook as it is, and nothing intended yet. Raises: Unsupported, ClusterError."""
    here = context.where()
    if not here.notebook:
        raise errors.Unsupported(
            "This pod belongs to no Notebook, so its volumes cannot be exchanged. "
            "Nothing was changed.",
            "Make a claim from the VolumeSnapshot by hand; `kfnb snapshot list` names it.",
        )
    whose = target.of(here)
    return Intent(
        id=identity,
        way="in_place",
        snapshot=snapshot,
        target=whose,
        here=here,
        found=whose.read(context.client),
        container=here.container,
    )


def in_place(context: Context, plain: Intent) -> Intent:
    """Its volumes become those that ``plain`` holds. Raises: ClusterError."""
    spots, switches = target.spots(plain.found), list[snapshots.Switch]()
    wanted, notes, mark = list[Wanted](), list[str](), ""
    for member in plain.held:
        spot = spots.get(member.volume.volume)
        if spot is None:
            notes.append(
                f"The volume {member.volume.volume} ({member.volume.mount}) is not mounted in "
                "this notebook any more: it stays out."
            )
            continue
        new = provisioning.name(spot.claim, plain.id)
        one = _wanted(context, plain, member, new, replaces=spot.claim)
        wanted.append(one)
        for volume, other in spots.items():  # a claim may be mounted twice
            if other.claim == spot.claim:
                mount = member.volume.mount if volume == member.volume.volume else ""
                switches.append(
                    snapshots.Switch(volume=volume, mount=mount, old=spot.claim, new=new)
                )
        if plain.growth is None:  # its cut is still to be made
            mark = mark or marked(context, member, plain.snapshot)
    return msgspec.structs.replace(
        plain, switches=tuple(switches), claims=tuple(wanted), mark=mark, notes=tuple(notes)
    )


def marked(context: Context, member: Member, snapshot: str) -> str:
    """What the mark of the restored volume must say; empty: it is not there, or left none."""
    if member.volume.read_only or not member.volume.workspace:
        return ""
    told = listing.one(context, snapshot).warnings
    unmarked = any(syncing.MARK in one or "outside the pod" in one for one in told)
    return "" if unmarked else snapshot


def _data_volume(context: Context, plain: Intent, mount: str) -> Intent:
    member = next((one for one in plain.held if one.volume.workspace), plain.held[0])
    home = next((one.mount for one in plain.here.mounted if one.workspace), "/home/jovyan")
    place = posixpath.normpath(mount or f"{home}/restored-{plain.snapshot}")
    _mountable(plain.here, mount or place, place)
    new = provisioning.name(member.volume.claim or plain.here.notebook, plain.id)
    volume = f"restored-{plain.id}"
    if plain.target.kind == "workspaces":
        volume = (
            f"{target.DATA}{sum(one.startswith(target.DATA) for one in target.spots(plain.found))}"
        )
    switch = snapshots.Switch(volume=volume, mount=place, old="", new=new)
    notes: tuple[str, ...] = ()
    if len(plain.held) > 1:
        notes = (f"Of the snapshot's volumes only {member.volume.mount} is mounted.",)
    wanted = _wanted(context, plain, member, new, replaces="")
    return msgspec.structs.replace(plain, switches=(switch,), claims=(wanted,), notes=notes)


def _mountable(here: cluster.Place, given: str, place: str) -> None:
    """Raises: BadRequest where nothing may be mounted."""
    if not given.startswith("/") or place != given.rstrip("/") or place.startswith("//"):
        why = "it must be a whole path without `..`"
    elif place == "/" or place.split("/")[1] in SYSTEM:
        why = "the system's own files are there"
    elif ":" in place:
        why = "a mount's path holds no colon"
    else:
        over = [one.mount for one in here.mounted if _covers(place, one.mount)]
        why = f"the volume at {over[0]} would be hidden" if over else ""
    if why:
        raise errors.BadRequest(
            f"Nothing can be mounted at {given[:100]}: {why}. Nothing was changed.",
            "Choose a path such as /home/jovyan/restored.",
        )


def _covers(place: str, mount: str) -> bool:
    return mount == place or mount.startswith(f"{place}/")


def _new_notebook(context: Context, plain: Intent, name: str) -> Intent:
    if plain.target.kind == "workspaces":
        raise errors.Unsupported(
            "A new Workspace of Kubeflow 2.0 cannot be made from a snapshot yet. "
            "Nothing was changed.",
            "Restore it in place, or as a data volume.",
        )
    name = name or f"{plain.here.notebook[: LONGEST_NAME - 7].strip('-')}-{plain.id[-6:]}"
    spots, wanted, switches = target.spots(plain.found), list[Wanted](), list[snapshots.Switch]()
    for member in plain.held:
        spot = spots.get(member.volume.volume)
        if spot is None:
            continue
        base = spot.claim if not spot.claim.startswith(plain.here.notebook) else (
            name + spot.claim[len(plain.here.notebook) :]
        )  # fmt: skip
        new = provisioning.name(base, plain.id)
        wanted.append(_wanted(context, plain, member, new, replaces="", like=spot.claim))
        switches.append(
            snapshots.Switch(
                volume=member.volume.volume, mount=member.volume.mount, old=spot.claim, new=new
            )
        )
    covered = {one.volume for one in switches}
    notes = [
        f"The volume at {one.mount} is not in the snapshot: the new notebook does without it."
        for one in plain.here.mounted
        if one.volume not in covered
    ]
    return msgspec.structs.replace(
        plain, switches=tuple(switches), claims=tuple(wanted), name=name, notes=tuple(notes)
    )


def _wanted(
    context: Context, plain: Intent, member: Member, new: str, *, replaces: str, like: str = ""
) -> Wanted:
    source = _like(context, plain, member, replaces or like)
    return Wanted(
        name=new,
        volume=member.volume.volume,
        mount=member.volume.mount,
        member=member,
        source=source,
        replaces=replaces,
        least=plain.growth.size if plain.growth else None,
    )


def _like(context: Context, plain: Intent, member: Member, claim: str) -> Object:
    """The claim that is to be like it: the present one, of the class that the cut is of."""
    whose = members.Volume(
        **{**msgspec.structs.asdict(member.volume), "claim": claim or member.volume.claim}
    )
    as_now = msgspec.structs.replace(member, volume=whose)
    source = provisioning.source(context, plain.target.namespace, as_now)
    if member.volume.storage_class:
        source["spec"]["storageClassName"] = member.volume.storage_class
    return source


def claim(intent: Intent, wanted: Wanted) -> Object:
    """The claim to create. Raises: Conflict where its size is not known."""
    if wanted.size is None:
        raise errors.Conflict(
            f"How large the claim for {wanted.mount} has to be is not known. Nothing was changed.",
            "Wait until the snapshot is ready.",
        )
    whose = intent.name or intent.target.name
    body = provisioning.body(wanted, intent.target.namespace, whose, intent.id)
    if intent.name:  # so that this notebook lists it once the other one is gone
        body["metadata"]["annotations"][keys.MAKER] = intent.target.name
    return body
