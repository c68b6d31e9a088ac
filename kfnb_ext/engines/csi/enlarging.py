"""A larger claim where the class lets none grow: a snapshot of it, a larger claim made from that,
and the Notebook on the larger one.

It is a restore whose safety snapshot is its source: the same journal, the same guardian, the same
way back. What a restore means to lose a growth means to keep, so it says what was written too late.

Rule: the claim that was there is never touched; only the Notebook's word for it changes.
"""

from functools import partial

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import (
    aborting,
    beginning,
    intending,
    late,
    listing,
    members,
    planning,
    restoring,
    room,
    taking,
)
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.growth import Growth
from kfnb_ext.engines.csi.intending import Intent
from kfnb_ext.engines.csi.members import Cut, Member, Volume
from kfnb_ext.model import quantities, snapshots

LATE = (
    "The larger claim holds the files as they are when the snapshot is cut. What is written after "
    "that, until the notebook restarts, is on the old claim alone: let nothing write meanwhile."
)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which claim, how many bytes, and whether to go on where no guardian can roll it back."""

    claim: str
    size: int
    unguarded: bool = False


def plan(context: Context, wish: Wish) -> snapshots.RestorePlan:
    """What it would do; changes nothing. Raises: Unsupported, Forbidden, ClusterError."""
    found = planning.weigh(context, _intent(context, wish, planning.TRIAL, base.SILENT)[1])
    return msgspec.structs.replace(found, findings=(*found.findings, LATE))


def enlarge(
    context: Context, wish: Wish, identity: str, progress: base.Progress
) -> snapshots.Restore:
    """Do it. Raises: as plan; Conflict, EngineFailed, Cancelled."""
    order, intent = _intent(context, wish, identity, progress)
    weighed = planning.weigh(context, intent)
    planning.refuse(weighed, unguarded=wish.unguarded, what="growth", look="grow CLAIM SIZE")
    with aborting.at_work(identity):
        first = beginning.begun(context, intent, "safety")
        run = restoring.Run(context, intent.target, first, progress)
        run.guarded(partial(_prepared, run, order, intent))
        return run.through(guard=weighed.guardian)


def _intent(
    context: Context, wish: Wish, identity: str, progress: base.Progress
) -> tuple[taking.Order, Intent]:
    """What is cut first, and what follows on it. Raises: Unsupported, ClusterError."""
    taking.allowed(context)
    context.forget()
    plain = intending.of_notebook(context, identity, f"{identity}-before")
    mounts = _mounts(plain, wish.claim)
    order = taking.Order(
        id=plain.snapshot,
        name=f"before {wish.claim} became {quantities.said(wish.size)}",
        reason="before_growth",
        mounts=mounts,
    )
    _, chosen, cut, _ = taking.prepared(context, order, progress)
    member = _to_be(context, cut, *chosen.volumes[0])
    mount = member.volume.mount
    seen = room.measure(context, mount)
    growth = Growth(size=wish.size, mount=mount, had=seen if isinstance(seen, int) else None)
    whole = msgspec.structs.replace(plain, held=(member,), growth=growth)
    return order, _named(intending.in_place(context, whole), wish.claim)


def _mounts(plain: Intent, claim: str) -> tuple[str, ...]:
    """Where it is mounted. Raises: Unsupported where no larger one can take its place."""
    held = [one for one in plain.here.mounted if one.claim.name == claim]
    if not held:
        raise errors.Unsupported(
            f"The claim {claim} is not mounted in this notebook, so nothing here can be put on a "
            "larger one. Nothing was changed.",
            "Grow it from a notebook that mounts it.",
        )
    if not held[0].claim.storage_class:
        raise errors.Unsupported(
            f"The claim {claim} is of no storage class: its volume was made by hand, and the "
            "cluster cannot make a larger one. Nothing was changed.",
            "Ask the administrator for a larger volume.",
        )
    return tuple(one.mount for one in held)


def _named(intent: Intent, claim: str) -> Intent:
    if intent.claims and {one.old for one in intent.switches} == {claim}:
        return intent
    raise errors.Unsupported(
        f"The {intent.target.called} does not name the claim {claim}, though its pod mounts it: "
        "something else added it to the pod. Nothing was changed.",
        "Ask who runs the cluster: a PodDefault, perhaps.",
    )


def _to_be(context: Context, cut: Cut, volume: Volume, of_class: str) -> Member:
    """The snapshot as it will be."""
    return Member(
        name=members.name(cut, volume.index),
        uid="",
        set=cut.id,
        created=context.now(),
        deleting=False,
        touched=True,
        ready=True,
        cut=None,
        size=None,
        error="",
        snapshot_class=of_class,
        volume=volume,
    )


def _prepared(run: restoring.Run, order: taking.Order, intent: Intent) -> None:
    """safety and provision. Raises: what the cluster refuses."""
    context, growth = run.context, run.journal.growth
    if run.journal.phase == "safety" and growth:
        run.progress.phase("taking the snapshot that the larger claim is made from")
        # By the clock that stamps the files, and before the cut: rather one file too many.
        growth = msgspec.structs.replace(growth, cut=context.local())
        taken = taking.take(context, order, run.progress)
        member = _cut(context, taken.id)
        mark = intending.marked(context, member, taken.id)
        run.move("saved", safety=taken.id, mark=mark, growth=growth)
    # How much it needs at least is known only now.
    member = _cut(context, order.id)
    claims = tuple(msgspec.structs.replace(one, member=member) for one in intent.claims)
    whole = msgspec.structs.replace(intent, held=(member,), claims=claims)
    restoring.provision(run, whole, partial(_seen, run))


def _seen(run: restoring.Run) -> dict[str, object]:
    """What was written after the cut, as far as it is seen now, for the journal."""
    growth = run.journal.growth
    assert growth is not None
    found = late.written(run.context, growth.mount, growth.cut) if growth.cut else None
    return {"growth": msgspec.structs.replace(growth, late=found)}


def _cut(context: Context, of_set: str) -> Member:
    found = listing.held(context, of_set)
    if len(found) != 1:
        raise errors.EngineFailed(
            f"The snapshot {of_set} holds {len(found)} volumes, and not the one. "
            "Nothing was changed.",
            "Look at it in the list of snapshots, then try again.",
        )
    return found[0]
