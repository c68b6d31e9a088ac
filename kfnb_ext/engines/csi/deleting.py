"""Deletes a set: all its objects, unless something still needs them.

The cluster deletes in its own time: an object stays until the storage has let go of it. A claim
that is still being made from a snapshot holds it for ever, so that is looked for first. The parts
of a group go with it: the cluster does not let one of them be deleted alone.

Rule: only the very objects that were looked at are deleted, by their uid; what is gone is gone.
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import happenings, joining, keys, listing, members
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.members import Member
from kfnb_ext.kube.client import address, failures

WITHIN = timedelta(minutes=2)  # how long somebody waits until it is gone
TRIES = 3
ENDED = ("done", "failed", "undone", "aborted", "cancelled", "confirmed")


def delete(context: Context, snapshot: str, progress: base.Progress) -> None:
    """Delete a set and wait until it is gone, or two minutes. Raises: NotFound, Conflict."""
    held = listing.held(context, snapshot)
    progress.phase("looking whether something needs it")
    _refuse(context, snapshot, held)
    progress.advance(0)
    for member in _each(held):
        progress.phase(f"deleting the snapshot of {member.volume.claim}")
        _gone(context, member)
    _until_gone(context, snapshot, held, progress)


def away(context: Context, snapshot: str) -> list[str]:
    """Delete whatever a failed create has made; the names of what could not be.

    Raises: ClusterError when it cannot be looked for.
    """
    left = []
    here = context.where()
    found = joining.objects(context, here.namespace, members.whose(here), snapshot, strict=True)
    for member in _each(map(members.read, found)):
        try:
            _gone(context, member)
        except failures.ClusterError:
            left.append(member.group or member.name)
    return left


def _each(held: Iterable[Member]) -> list[Member]:
    """One member for each object that is to be deleted: of a group any one stands for it."""
    return list({member.group_uid or member.uid: member for member in held}.values())


def _place(context: Context, member: Member) -> address.Address:
    """The object with which a member goes."""
    namespace = context.where().namespace
    groups = joining.place(context) if member.group else None
    if groups:
        return groups.at(namespace, member.group)
    return address.VOLUME_SNAPSHOTS.at(namespace, member.name)


def _gone(context: Context, member: Member) -> None:
    """Let one object be deleted. Raises: ClusterError."""
    place = _place(context, member)
    for attempt in range(1, TRIES + 1):
        try:
            context.client.delete(place, uid=member.group_uid or member.uid)
            return
        except failures.ClusterError as error:
            if error.reason == "not_found":
                return
            if error.reason == "stale" and not _same(context, member):
                return
            if attempt == TRIES or not (error.uncertain or error.reason == "stale"):
                raise
        context.sleep(context.every)


def _same(context: Context, member: Member) -> bool:
    """Whether the object of that name is still the one that was looked at."""
    try:
        found = context.client.get(_place(context, member)).body
        return bool(found["metadata"]["uid"] == (member.group_uid or member.uid))
    except failures.Missing:
        return False


def _until_gone(
    context: Context, snapshot: str, held: tuple[Member, ...], progress: base.Progress
) -> None:
    began = context.now()
    grouped = [member.uid for member in held if member.group and member.made]
    while True:
        try:
            left = listing.objects(context, snapshot)
            if grouped and not left:  # its parts outlive the group
                left = joining.lingering(context, context.where().namespace, grouped)
        except failures.ClusterError:
            left = [{}]  # not known: look again
        if not left or context.now() - began > WITHIN:
            return
        stay = [one for one in left if one and "deletionTimestamp" not in one["metadata"]]
        for member in _each(map(members.read, stay)):
            _gone(context, member)  # it was said to be gone, and is not
        progress.phase("the storage is deleting it" + _why(context, left))
        context.sleep(context.every)


def _why(context: Context, left: list[dict[str, Any]]) -> str:
    uid = next((one["metadata"]["uid"] for one in left if one), "")
    said = happenings.last(context, context.where().namespace, uid) if uid else ""
    return f"; {said}" if said else ""


def _refuse(context: Context, snapshot: str, held: tuple[Member, ...]) -> None:
    """Raises: Conflict when a claim or a restore still needs it."""
    names = {member.name for member in held}
    for claim in _pending(context):
        if _source(claim) in names:
            raise errors.Conflict(
                f"The claim {claim['metadata']['name']} is still being made from this snapshot: "
                "deleting it now would leave both hanging. Nothing was deleted.",
                "Wait until the claim is bound, or delete the claim first.",
            )
    if needed := _restore_that_needs(context, snapshot):
        raise errors.Conflict(
            f"The restore {needed} is under way and needs this snapshot. Nothing was deleted.",
            "Wait for the end of the restore.",
        )


def _pending(context: Context) -> list[dict[str, Any]]:
    place = address.CLAIMS.at(context.where().namespace)
    listed = context.client.list(place).body["items"]
    return [one for one in listed if (one.get("status") or {}).get("phase") != "Bound"]


def _source(claim: dict[str, Any]) -> str:
    spec = claim["spec"]
    source = spec.get("dataSourceRef") or spec.get("dataSource") or {}
    return str(source.get("name", "")) if source.get("kind") == "VolumeSnapshot" else ""


def _restore_that_needs(context: Context, snapshot: str) -> str:
    """The id of the restore under way whose journal names the snapshot; empty: none does."""
    here = context.where()
    if not here.notebook:
        return ""
    try:
        found = context.client.get(address.NOTEBOOKS.at(here.namespace, here.notebook)).body
    except (failures.Missing, failures.Refused):  # then no restore of ours can be under way
        return ""
    text = ((found["metadata"].get("annotations") or {}).get(keys.RESTORE)) or ""
    try:
        journal = json.loads(text) if text else {}
    except ValueError:
        return ""
    if not isinstance(journal, dict) or journal.get("phase") in ENDED or snapshot not in text:
        return ""
    return str(journal.get("id") or "of this notebook")
