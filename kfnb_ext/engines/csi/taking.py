"""Takes a set of snapshots: chosen, tried out, flushed, cut, waited for.

Rule: the names of the objects follow from the set's id alone. After an answer that did not come
the object is looked for, and what is there is taken for ours only by its set: so nothing is ever
made twice. What cannot get ready is taken away again, or said to be left.
"""

import secrets
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import choosing, deleting, keys, listing, members, syncing, waiting
from kfnb_ext.engines.csi import classes as snapshot_classes
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.members import Cut, Volume
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model import cluster, snapshots

STATES = (
    "Nothing was changed.",
    "Whether the change was made is not known.",
    "Everything is as it was before.",
)
TRIES = 3  # of one create whose answer did not come


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
        here, chosen, cut = prepared(context, order, progress)
    except failures.ClusterError as error:
        raise _untouched(error) from None
    progress.advance(0)
    cut = _flushed(context, cut, here, [volume for volume, _ in chosen.volumes], progress)
    bodies = [members.body(cut, volume, name) for volume, name in chosen.volumes]
    return _taken(context, cut, bodies, progress)


def prepared(
    context: Context, order: Order, progress: base.Progress
) -> tuple[cluster.Place, choosing.Chosen, Cut]:
    """All that is asked before anything is made. Raises: ClusterError, Unsupported."""
    progress.phase("looking at the volumes of this pod")
    context.forget()
    here = context.where()
    chosen = choosing.choose(context, here, order.mounts)
    cut = _cut(context, order, here, chosen)
    progress.phase("asking the cluster whether it would allow it")
    for volume, name in chosen.volumes:
        _tried(context, cut.namespace, members.body(cut, volume, name))
    return here, chosen, cut


def _untouched(error: failures.ClusterError) -> failures.ClusterError:
    """The same failure: only questions were asked, whatever it says of a change."""
    error.message = f"{_bare(error.message)} Nothing was changed."
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


def _tried(context: Context, namespace: str, body: dict[str, Any]) -> None:
    """A dry run: rights, quotas and the object itself. Raises: ClusterError, Unsupported."""
    for attempt in range(1, TRIES + 1):
        try:
            context.client.create(address.VOLUME_SNAPSHOTS.at(namespace), body, dry_run=True)
            return
        except failures.ClusterError as error:
            if error.reason == "not_served":
                raise snapshot_classes.unserved() from error
            if error.reason == "exists":  # this very order, asked for again
                return
            if attempt == TRIES or not error.uncertain:
                raise
        context.sleep(context.every)  # nothing is made by it: it can be asked again


def _flushed(
    context: Context,
    cut: Cut,
    here: cluster.Place,
    volumes: list[Volume],
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
    context: Context, cut: Cut, bodies: list[dict[str, Any]], progress: base.Progress
) -> snapshots.Snapshot:
    begun: list[str] = []
    try:
        for number, body in enumerate(bodies, 1):
            progress.advance(0)
            progress.phase(f"cutting volume {number} of {len(bodies)}")
            _made(context, cut, body, begun)
        made = waiting.Wait(context, cut, len(bodies), progress).until_ready()
    except waiting.NotReady as error:
        if not error.final:
            raise
        raise _with(error, _taken_away(context, cut, begun)) from error
    except (errors.Cancelled, failures.ClusterError) as error:
        raise _with(error, _taken_away(context, cut, begun)) from error
    return listing.of(context, made, cut.namespace)


def _made(context: Context, cut: Cut, body: dict[str, Any], begun: list[str]) -> None:
    """Make one object, exactly once; ``begun`` gets what may be there. Raises: ClusterError."""
    place = address.VOLUME_SNAPSHOTS.at(cut.namespace)
    for attempt in range(1, TRIES + 1):
        try:
            context.client.create(place, body)
            begun.append(body["metadata"]["name"])
            return
        except failures.ClusterError as error:
            if not (error.uncertain or error.reason == "exists"):
                raise
            begun.append(body["metadata"]["name"])
            if _is_there(context, cut, body):
                return
            if error.reason == "exists" or attempt == TRIES:
                raise
        context.sleep(context.every)


def _is_there(context: Context, cut: Cut, body: dict[str, Any]) -> bool:
    place = address.VOLUME_SNAPSHOTS.at(cut.namespace, body["metadata"]["name"])
    try:
        found = context.client.get(place).body
    except failures.Missing:
        return False
    return (found["metadata"].get("labels") or {}).get(keys.SET) == cut.id


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
    return kind(f"{_bare(error.message)} {said}", error.hint)


def _bare(message: str) -> str:
    """Without what it says of the state that things are in."""
    for words in STATES:
        message = message.replace(words, "").strip()
    return message
