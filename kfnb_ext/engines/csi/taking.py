"""Takes a set of snapshots: chosen, tried out, flushed, cut, waited for.

Several volumes are cut at one moment where the cluster can, else one after another.

Rule: the names of the objects follow from the set's id alone, so nothing is ever made twice. What
cannot get ready is taken away again, or said to be left.
"""

import secrets
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import (
    affording,
    choosing,
    deleting,
    gathering,
    grouping,
    listing,
    making,
    members,
    syncing,
    waiting,
)
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.grouping import Way
from kfnb_ext.engines.csi.members import Cut, Volume
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model import cluster, snapshots

# Said where group snapshots are served: elsewhere it is so for every set.
APART = "Its volumes were cut one after another: {}."


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be taken. ``mounts``: only the claims mounted there; empty: all."""

    id: str
    name: str = ""
    reason: snapshots.SnapshotReason = "manual"
    note: str = ""
    mounts: tuple[str, ...] = ()


def identity(context: Context) -> str:
    """A new id: a name, a label's value, and in the order of time."""
    return f"{context.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def take(context: Context, order: Order, progress: base.Progress) -> snapshots.Snapshot:
    """Take it and wait until it is ready.

    Raises: ClusterError, Unsupported, Forbidden, NotReady, Cancelled.
    """
    allowed(context)
    try:
        here, chosen, cut, way = prepared(context, order, progress)
    except failures.ClusterError as error:
        raise _untouched(error) from None
    progress.advance(0)
    cut = _flushed(context, cut, here, _volumes(chosen), progress)
    return _taken(context, cut, chosen, way, progress)


def prepared(
    context: Context, order: Order, progress: base.Progress
) -> tuple[cluster.Place, choosing.Chosen, Cut, Way]:
    """All that is asked before anything is made. Raises: ClusterError, Unsupported."""
    progress.phase("looking at the volumes of this pod")
    context.forget()
    here = context.where()
    chosen = choosing.choose(context, here, order.mounts)
    cut = _cut(context, order, here, chosen)
    progress.phase("asking the cluster whether it would allow it")
    affording.afford(context, here.namespace, len(chosen.volumes))
    for volume, name in chosen.volumes:
        place = address.VOLUME_SNAPSHOTS.at(cut.namespace)
        making.tried(context, place, members.body(cut, volume, name))
    way = grouping.way(context, _volumes(chosen))
    return here, chosen, cut, gathering.tried(context, cut, way)


def _volumes(chosen: choosing.Chosen) -> tuple[Volume, ...]:
    return tuple(volume for volume, _ in chosen.volumes)


def _untouched(error: failures.ClusterError) -> failures.ClusterError:
    """The same failure: only questions were asked, whatever it says of a change."""
    error.message = f"{members.bare(error.message)} Nothing was changed."
    error.uncertain = False
    return error


def allowed(context: Context) -> None:
    """Raises: Forbidden where the site allows no change of the cluster."""
    if not context.settings.writes:
        raise errors.Forbidden(
            "The site allows no changes of the cluster, so no snapshots of volumes are taken or "
            "deleted. Nothing was changed.",
            "Ask the administrator (KFNB_CLUSTER_WRITES, KFNB_READ_ONLY).",
        )


def _cut(context: Context, order: Order, here: cluster.Place, chosen: choosing.Chosen) -> Cut:
    return Cut(
        id=order.id,
        namespace=here.namespace,
        notebook=members.whose(here),
        name=order.name,
        reason=order.reason,
        note=order.note,
        creator=context.creator,
        left_out=chosen.left_out,
        environment=context.environment(),
    )


def _flushed(
    context: Context,
    cut: Cut,
    here: cluster.Place,
    volumes: tuple[Volume, ...],
    progress: base.Progress,
) -> Cut:
    if not context.inside:
        said: tuple[str, ...] = (
            f"It was taken from outside the pod {here.pod}: what the pod had not yet written to "
            "its volumes may be missing.",
        )
        return msgspec.structs.replace(cut, warnings=said)
    said = ()
    if any(volume.workspace and not volume.read_only for volume in volumes):
        said += tuple(filter(None, [syncing.mark(context.workspace, cut.id, context.now())]))
        said += tuple(filter(None, [syncing.enclose(context.workspace, cut.environment)]))
    progress.phase("writing out what is still in memory")
    said += syncing.flush(volume.mount for volume in volumes if not volume.read_only)
    return msgspec.structs.replace(cut, warnings=said)


def _taken(
    context: Context, cut: Cut, chosen: choosing.Chosen, way: Way, progress: base.Progress
) -> snapshots.Snapshot:
    begun: list[str] = []
    try:
        made = _cut_all(context, cut, chosen, way, begun=begun, progress=progress)
    except waiting.NotReady as error:
        if not error.final:
            raise
        raise _with(error, _taken_away(context, cut, begun)) from error
    except (errors.Cancelled, failures.ClusterError) as error:
        raise _with(error, _taken_away(context, cut, begun)) from error
    return listing.of(context, made, cut.namespace)


def _cut_all(
    context: Context,
    cut: Cut,
    chosen: choosing.Chosen,
    way: Way,
    *,
    begun: list[str],
    progress: base.Progress,
) -> list[dict[str, Any]]:
    """At one moment, else one after another. Raises: NotReady, Cancelled, ClusterError."""
    why = way.why
    if way.place:
        try:
            return gathering.gathered(context, cut, way, begun, progress)
        except gathering.NotTogether as error:
            why = error.message
    if why:
        cut = msgspec.structs.replace(cut, warnings=(*cut.warnings, APART.format(why)))
    place = address.VOLUME_SNAPSHOTS.at(cut.namespace)
    for number, (volume, name) in enumerate(chosen.volumes, 1):
        progress.advance(0)
        progress.phase(f"cutting volume {number} of {len(chosen.volumes)}")
        making.made(context, place, members.body(cut, volume, name), begun)
    return waiting.Wait(context, cut, len(chosen.volumes), progress).until_ready()


def _taken_away(context: Context, cut: Cut, begun: list[str]) -> str:
    """Delete what was begun; a sentence that says how that went."""
    if not begun:
        return "Nothing was changed."
    try:
        left = deleting.away(context, cut.id)
    except errors.KfnbError:
        left = sorted(set(begun))
    if not left:
        return "What was begun is being taken away again."
    return (
        f"{', '.join(left)} could not be taken away: what is there of it is in the list, and can "
        "be deleted there."
    )


def _with(error: errors.KfnbError, said: str) -> errors.KfnbError:
    """The same failure, with what became of what it left."""
    kind = errors.Cancelled if isinstance(error, errors.Cancelled) else errors.EngineFailed
    return kind(f"{members.bare(error.message)} {said}", error.hint)
