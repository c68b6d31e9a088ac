"""Cuts all volumes of a set at one moment, by a VolumeGroupSnapshot.

The cluster finds the claims of a group by a label, so each gets one for the moment of the cut, with
the set's id as its value; one that somebody left is overwritten by the next.

Rule: a group that the cluster refuses, or that is not even cut in time, is taken away again whole,
and only then the volumes may be cut one after another. What is cut is waited for like any other.
"""

import contextlib
from datetime import timedelta
from typing import Any

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import deleting, grouping, keys, making, members, waiting
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.grouping import Way
from kfnb_ext.engines.csi.members import Cut, Volume
from kfnb_ext.kube.client import address, failures

PATIENCE = timedelta(minutes=2)  # until the storage must have cut the group, ready or not
LABEL = f"/metadata/labels/{keys.GROUP.replace('/', '~1')}"


class NotTogether(errors.EngineFailed):
    """There is no group, and nothing of one is left; the message says why, within a sentence."""


def tried(context: Context, cut: Cut, way: Way) -> Way:
    """Ask the cluster by a dry run; the way, or why it is none. Raises: ClusterError."""
    if way.place is None:
        return way
    try:
        making.tried(context, way.place.at(cut.namespace), grouping.body(cut, way))
    except errors.Unsupported:
        return Way()
    except (failures.Refused, failures.Invalid, failures.Missing) as error:
        return Way(why=grouping.bare(error))
    return way


def gathered(
    context: Context,
    cut: Cut,
    way: Way,
    begun: list[str],
    progress: base.Progress,
) -> list[dict[str, Any]]:
    """The volumes of the group, all ready; ``begun`` gets what may be there.

    Raises: NotTogether, and whatever a wait for a set raises.
    """
    assert way.place
    progress.phase(f"cutting {len(way.volumes)} volumes at one moment")
    try:
        _mark(context, cut, way.volumes)
        making.made(context, way.place.at(cut.namespace), grouping.body(cut, way), begun)
        wait = waiting.Wait(context, cut, len(way.volumes), progress)
        return wait.until_ready(cut_within=min(PATIENCE, context.settings.ready_within / 2))
    except waiting.NotReady as error:
        if not error.final or not _away(context, cut):
            raise
        begun.clear()
        raise NotTogether(members.bare(error.message)) from error
    except failures.ClusterError as error:
        if begun:  # nobody knows whether there is a group
            raise
        raise NotTogether(grouping.bare(error)) from error
    finally:
        _unmark(context, cut, way.volumes)


def _away(context: Context, cut: Cut) -> bool:
    try:
        return not deleting.away(context, cut.id)
    except errors.KfnbError:
        return False


def _mark(context: Context, cut: Cut, volumes: tuple[Volume, ...]) -> None:
    """Raises: ClusterError."""
    for volume in volumes:
        place = address.CLAIMS.at(cut.namespace, volume.claim)
        patch = {"metadata": {"uid": volume.uid, "labels": {keys.GROUP: cut.id}}}
        context.client.patch_merge(place, patch)


def _unmark(context: Context, cut: Cut, volumes: tuple[Volume, ...]) -> None:
    """Take the labels off again, where they are still those of this set."""
    steps = [{"op": "test", "path": LABEL, "value": cut.id}, {"op": "remove", "path": LABEL}]
    for volume in volumes:
        # One that stays chooses nothing any more: no other group has this set's id.
        with contextlib.suppress(failures.ClusterError):
            context.client.patch_json(address.CLAIMS.at(cut.namespace, volume.claim), steps)
