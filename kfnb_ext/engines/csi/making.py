"""Makes the objects of a set: each is tried out first, and none is made twice.

Rule: a name follows from the set's id. After an answer that did not come the object is looked for,
and what is there is taken for ours only by its set.
"""

from typing import Any

from kfnb_ext.engines.csi import classes, keys
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.kube.client import failures
from kfnb_ext.kube.client.address import Address

TRIES = 3  # of one create whose answer did not come


def tried(context: Context, place: Address, body: dict[str, Any]) -> None:
    """A dry run: rights, quotas and the object itself. Raises: ClusterError, Unsupported."""
    for attempt in range(1, TRIES + 1):
        try:
            context.client.create(place, body, dry_run=True)
            return
        except failures.ClusterError as error:
            if error.reason == "not_served":
                raise classes.unserved() from error
            if error.reason == "exists":  # this very order, asked for again
                return
            if attempt == TRIES or not error.uncertain:
                raise
        context.sleep(context.every)  # nothing is made by it: it can be asked again


def made(context: Context, place: Address, body: dict[str, Any], begun: list[str]) -> None:
    """Make one object, exactly once; ``begun`` gets what may be there. Raises: ClusterError."""
    for attempt in range(1, TRIES + 1):
        try:
            context.client.create(place, body)
            begun.append(body["metadata"]["name"])
            return
        except failures.ClusterError as error:
            if not (error.uncertain or error.reason == "exists"):
                raise
            begun.append(body["metadata"]["name"])
            if _is_there(context, place, body):
                return
            if error.reason == "exists" or attempt == TRIES:
                raise
        context.sleep(context.every)


def _is_there(context: Context, place: Address, body: dict[str, Any]) -> bool:
    metadata = body["metadata"]
    try:
        found = context.client.get(place.at(metadata["namespace"], metadata["name"])).body
    except failures.Missing:
        return False
    return bool(
        (found["metadata"].get("labels") or {}).get(keys.SET) == metadata["labels"][keys.SET]
    )
