"""What the controllers say of an object, in plain words.

Rule: events are found by the object's uid: by its name those of an earlier one would come too.
"""

from typing import Any

from kfnb_ext.engines.csi.context import Context
from kfnb_ext.kube.client import address, failures

LONGEST = 300  # characters of the cluster's own words
# What external-snapshotter 8.6 says of a snapshot; of a group the same, with `Group` in the word.
# What the driver's sidecar says lies with the content, out of sight: its error is in the status.
WORDS = {
    "CreatingSnapshot": "the storage is cutting it",
    "SnapshotCreated": "it is cut, and being made ready",
    "SnapshotReady": "it is ready",
    "SetDefaultSnapshotClassFailed": "the cluster finds no default snapshot class",
    "GetSnapshotClassFailed": "the snapshot class cannot be read",
    "SnapshotValidationError": "the cluster does not accept it",
    "SnapshotContentCreationFailed": "the cluster cannot begin to cut it",
    "CreateSnapshotContentFailed": "the cluster cannot begin to cut it",
    "SnapshotPVCSourceMissing": "it names no claim",
    "SnapshotContentMissing": "what the storage has of it is missing",
    "SnapshotBindFailed": "it cannot be tied to what the storage has of it",
    "SnapshotMisbound": "it belongs to another snapshot's data",
    "SnapshotContentMisbound": "it belongs to another snapshot's data",
    "SnapshotContentMismatch": "it belongs to another snapshot's data",
    "SnapshotHandleSet": "it belongs to another snapshot's data",
    "SnapshotStatusUpdateFailed": "the cluster could not note how far it is",
    "SnapshotDeletePending": "something still needs it",
    "SnapshotDeleteError": "the storage failed to delete it",
    "SnapshotContentObjectDeleteError": "the cluster failed to delete what the storage has of it",
    "SnapshotFinalizerError": "the cluster cannot protect it",
    "ErrorPVCFinalizer": "the cluster cannot let go of its claim",
}
TELLING = (
    "SnapshotContentCreationFailed",
    "CreateSnapshotContentFailed",
    "SnapshotValidationError",
    "SnapshotBindFailed",
    "SnapshotDeletePending",
    "SnapshotDeleteError",
)


def last(context: Context, namespace: str, uid: str) -> str:
    """The last that was said of an object; empty: nothing, or it cannot be read."""
    place = address.EVENTS.at(namespace)
    try:
        found = context.client.list(place, fields=f"involvedObject.uid={uid}").body["items"]
    except failures.ClusterError:  # a nicety: the object itself tells the rest
        return ""
    if not found:
        return ""
    newest = max(found, key=when)
    reason, message = str(newest.get("reason") or ""), str(newest.get("message") or "")
    plain = reason.replace("Group", "", 1)
    words = WORDS.get(plain, reason)
    return f"{words}: {shorten(message)}" if plain in TELLING or plain not in WORDS else words


def shorten(text: str) -> str:
    """The cluster's own words, cut to what a person reads, without a full stop."""
    plain = " ".join(text.split()).rstrip(".")
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + " …"


def when(event: dict[str, Any]) -> tuple[str, str]:
    """When it was said last, to be compared.

    Times are whole seconds; an event's name ends in the nanoseconds of its first time.
    """
    keys = ("lastTimestamp", "eventTime", "firstTimestamp")  # a scheduler's have only the 2nd
    told = next((str(event[key]) for key in keys if event.get(key)), "")
    return told, str(event["metadata"]["name"])
