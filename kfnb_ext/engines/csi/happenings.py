"""What the controllers say of an object, in plain words.

Rule: events are found by the object's uid: by its name those of an earlier one would come too.
"""

from typing import Any

from kfnb_ext.engines.csi.context import Context
from kfnb_ext.kube.client import address, failures

LONGEST = 300  # characters of the cluster's own words
WORDS = {
    "CreatingSnapshot": "the storage is cutting it",
    "SnapshotCreated": "it is cut, and being made ready",
    "SnapshotReady": "it is ready",
    "SetDefaultSnapshotClassFailed": "the cluster finds no default snapshot class",
    "GetSnapshotClassFailed": "the snapshot class cannot be read",
    "SnapshotContentCreationFailed": "the cluster cannot begin to cut it",
    "SnapshotContentMissing": "what the storage has of it is missing",
    "SnapshotMisbound": "it belongs to another snapshot's data",
    "SnapshotCreationFailed": "the storage failed to cut it",
    "SnapshotContentCheckandUpdateFailed": "the storage does not tell how far it is",
    "SnapshotDeletePending": "a claim is still being made from it",
    "SnapshotDeleteError": "the storage failed to delete it",
    "SnapshotFinalizerError": "the cluster cannot protect it",
}
TELLING = ("SnapshotContentCreationFailed", "SnapshotCreationFailed", "SnapshotDeleteError")


def last(context: Context, namespace: str, uid: str) -> str:
    """The last that was said of an object; empty: nothing, or it cannot be read."""
    place = address.EVENTS.at(namespace)
    try:
        found = context.client.list(place, fields=f"involvedObject.uid={uid}").body["items"]
    except failures.ClusterError:  # a nicety: the object itself tells the rest
        return ""
    if not found:
        return ""
    newest = max(found, key=_when)
    reason, message = str(newest.get("reason") or ""), str(newest.get("message") or "")
    words = WORDS.get(reason, reason)
    return f"{words}: {shorten(message)}" if reason in TELLING or reason not in WORDS else words


def shorten(text: str) -> str:
    """The cluster's own words, cut to what a person reads, without a full stop."""
    plain = " ".join(text.split()).rstrip(".")
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + " …"


def _when(event: dict[str, Any]) -> tuple[str, str]:
    """Times are whole seconds; an event's name ends in the nanoseconds of its first time."""
    times = ("lastTimestamp", "eventTime", "firstTimestamp")  # a scheduler's have only the 2nd
    when = next((str(event[key]) for key in times if event.get(key)), "")
    return when, str(event["metadata"]["name"])
