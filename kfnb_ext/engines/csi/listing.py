"""The sets that there are: read from the cluster by their labels, put into our words.

Rule: one request, one more where group snapshots are served, and one more where there is a group of
ours; a set of which a part is missing or does not get ready is listed, never hidden.
"""

from datetime import timezone
from typing import Any

from kfnb_ext import errors
from kfnb_ext.engines.csi import joining, keys, members
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.members import Member
from kfnb_ext.model import snapshots

REASONS = {"manual", "before_restore", "before_undo", "before_growth", "schedule"}


def every(context: Context) -> tuple[snapshots.Snapshot, ...]:
    """All sets of this notebook, newest first. Raises: ClusterError, Unsupported."""
    sets: dict[str, list[dict[str, Any]]] = {}
    for found in objects(context):
        sets.setdefault(members.read(found).set, []).append(found)
    namespace = context.where().namespace if sets else ""
    listed = [of(context, one, namespace) for one in sets.values()]
    return tuple(sorted(listed, key=lambda one: (one.created, one.id), reverse=True))


def one(context: Context, snapshot: str) -> snapshots.Snapshot:
    """One set. Raises: NotFound, ClusterError."""
    return of(context, parts(context, snapshot), context.where().namespace)


def held(context: Context, snapshot: str) -> tuple[Member, ...]:
    """The objects of one set, in the order of its volumes. Raises: NotFound, ClusterError."""
    found = map(members.read, parts(context, snapshot))
    return tuple(sorted(found, key=lambda member: (member.volume.index, member.name)))


def environment(context: Context, snapshot: str) -> bytes:
    """What its files ran in, as its annotations have it. Raises: NotFound, ClusterError."""
    noted = (one["metadata"].get("annotations") or {} for one in parts(context, snapshot))
    return next((text.encode() for one in noted if (text := one.get(keys.ENVIRONMENT, ""))), b"")


def parts(context: Context, snapshot: str) -> list[dict[str, Any]]:
    """The objects of one set as they are. Raises: NotFound, ClusterError."""
    found = [one for one in objects(context) if members.read(one).set == snapshot]
    if not found:
        raise errors.NotFound(
            f"There is no snapshot {snapshot[:100]!r} in the cluster.",
            "List the snapshots to see their ids.",
        )
    return found


def objects(context: Context, of_set: str = "") -> list[dict[str, Any]]:
    """Our VolumeSnapshots of this notebook. Raises: ClusterError, Unsupported."""
    here = context.where()
    return joining.objects(context, here.namespace, members.whose(here), of_set)


def of(context: Context, found: list[dict[str, Any]], namespace: str) -> snapshots.Snapshot:
    """One set from its objects. Asks nothing."""
    held = sorted(map(members.read, found), key=lambda member: member.volume.index)
    first = min(found, key=lambda one: str(one["metadata"]["name"]))
    annotations = first["metadata"].get("annotations") or {}
    labels = first["metadata"].get("labels") or {}
    reason = labels.get(keys.REASON, "")
    left = members.left_out(annotations)
    state, why = judged(context, held)
    of_all = max(member.volume.of for member in held)
    return snapshots.Snapshot(
        id=held[0].set,
        engine="csi",
        name=annotations.get(keys.NAME, ""),
        created=min(member.created for member in held).astimezone(timezone.utc),
        reason=reason if reason in REASONS else "manual",
        complete=not left and len(held) >= of_all,
        files=None,
        bytes_total=None,
        bytes_added=None,
        excluded=(),
        left_out=left,
        left_out_count=len(left),
        durable=True,
        place=f"{_objects(held)} in the namespace {namespace}",
        state=state,
        error=why,
        note=annotations.get(keys.NOTE, ""),
        volumes=tuple(map(_told, held)),
        together=len(held) < 2 or all(member.group for member in held),
        warnings=members.warnings(annotations),
    )


def judged(context: Context, held: list[Member]) -> tuple[snapshots.SnapshotState, str]:
    """In which state a set is, and why it is not ready."""
    of_all = max(member.volume.of for member in held)
    if any(member.deleting for member in held):
        return "deleting", "The cluster is deleting it."
    old = context.now() - max(member.created for member in held) > context.settings.ready_within
    if len(held) < of_all:
        why = f"Only {len(held)} of its {of_all} volumes are there: {_names(held)}."
        return ("failed", f"{why} Delete it.") if old else ("pending", why)
    waiting = [member for member in held if not member.ready]
    if not waiting:
        return "ready", ""
    why = "; ".join(f"{one.volume.claim}: {one.error}" for one in waiting if one.error)
    if old:
        minutes = context.settings.ready_within.total_seconds() / 60
        silent = f"It is not ready after {minutes:g} min; the cluster may still go on trying."
        return "failed", why or silent
    return "pending", why


def _objects(held: list[Member]) -> str:
    if held[0].group:
        return f"{members.GROUP} {held[0].group}"
    return f"VolumeSnapshot {', '.join(one.name for one in held)}"


def _names(held: list[Member]) -> str:
    return ", ".join(member.volume.claim for member in held)


def _told(member: Member) -> snapshots.SnapshotVolume:
    return snapshots.SnapshotVolume(
        claim=member.volume.claim,
        mount=member.volume.mount,
        object=member.name if member.made else "",
        ready=member.ready,
        size=member.size,
        error=member.error,
    )
