"""The notebook's pod while it restarts: is it there, on which claims, ready, or in trouble.

Rule: what is still on its way out is not the new pod. Trouble is only what does not pass by
itself, and the cluster's own words are kept; an event outlives its cause, so later ones count.
"""

import re
from datetime import datetime
from typing import Any

import msgspec

from kfnb_ext.engines.csi import happenings, target
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.model import snapshots

CRASHES = 3
MOUNTING = {
    "FailedMount": "its volume cannot be mounted",
    "FailedAttachVolume": "its volume cannot be attached to its node",
}
MOUNTED = {"Pulling", "Pulled", "Created", "Started"}  # the node does these with all volumes there
# What the provisioner goes on with by itself: it says so each time its patience with a driver
# ends, and a copy out of a snapshot may take many times that.
GOING_ON = re.compile(r"code = (?:Canceled|DeadlineExceeded|Unavailable|Aborted)\b")
# What a node says while it goes on by itself: the volume is slow to come (from another node, with
# many files whose group is set, from a storage that is busy), or something of the node's own is.
SLOW = re.compile(
    rf"{GOING_ON.pattern}|already exclusively attached|timed out waiting|context deadline exceeded"
    r"|failed to sync \S+ cache|not found in the list of registered CSI drivers"
)
LINGERING = {
    "NodeNotReady": "the node of the old pod does not answer",
    "ExceededGracePeriod": "the old pod did not end in its time",
    "FailedKillPod": "the old pod cannot be ended",
}
LONGEST = 300
Object = dict[str, Any]


class Pod(msgspec.Struct, frozen=True):
    """What is known of it."""

    uid: str
    going: bool
    ready: bool
    claims: tuple[str, ...]
    trouble: str = ""  # why it does not start, in the cluster's words
    passing: bool = False  # the trouble may pass by itself: only the deadline ends it


def look(client: Client, whose: Target) -> Pod | None:
    """The pod; None: there is none. Raises: ClusterError."""
    try:
        found = client.get(address.PODS.at(whose.namespace, whose.pod)).body
    except failures.Missing:
        return None
    going = "deletionTimestamp" in found["metadata"]
    ready = _condition(found, "Ready") == "True" and not going
    trouble, passing = ("", False) if ready or going else _trouble(client, whose.namespace, found)
    return Pod(found["metadata"]["uid"], going, ready, claims(found), trouble, passing)


def claims(found: Object) -> tuple[str, ...]:
    """The claims that a pod's object mounts."""
    volumes = (found.get("spec") or {}).get("volumes") or ()
    held = ((one.get("persistentVolumeClaim") or {}).get("claimName") for one in volumes)
    return tuple(name for name in held if name)


def on(pod: Pod, switches: tuple[snapshots.Switch, ...], side: target.Side) -> bool:
    """Whether it mounts that side of every switch, and nothing of the other."""
    other: target.Side = "new" if side == "old" else "old"
    here = all(getattr(one, side) in ("", *pod.claims) for one in switches)
    return here and not any(getattr(one, other) in pod.claims for one in switches)


def mounting(client: Client, namespace: str, claim: str) -> list[str]:
    """The pods that mount a claim and have not ended. Raises: ClusterError."""
    listed = client.list(address.PODS.at(namespace)).body["items"]
    return [
        one["metadata"]["name"]
        for one in listed
        if claim in claims(one) and (one.get("status") or {}).get("phase") not in ENDED
    ]


ENDED = ("Succeeded", "Failed")


def said(client: Client, namespace: str, uid: str) -> list[Object]:
    """The events of an object; none where they may not be read."""
    try:
        place = address.EVENTS.at(namespace)
        found: list[Object] = client.list(place, fields=f"involvedObject.uid={uid}").body["items"]
    except failures.ClusterError:
        return []
    return found


def _condition(found: Object, kind: str) -> str:
    conditions = (found.get("status") or {}).get("conditions") or ()
    return next((str(one["status"]) for one in conditions if one["type"] == kind), "")


def _trouble(client: Client, namespace: str, found: Object) -> tuple[str, bool]:
    """Why it does not start, and whether that may pass by itself."""
    status = found.get("status") or {}
    for one in status.get("containerStatuses") or ():
        waiting = (one.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") == "CrashLoopBackOff" and one.get("restartCount", 0) >= CRASHES:
            return f"its container crashes: {waiting.get('message', '')}"[:LONGEST], False
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return f"no node takes it: {condition.get('message', '')}"[:LONGEST], False
    for name in claims(found):
        words = failing(client, namespace, name)
        if words:
            return words, False
    return _mounting(said(client, namespace, found["metadata"]["uid"]))


def _mounting(events: list[Object]) -> tuple[str, bool]:
    """What stands against its volumes; what does not pass by itself before what may."""
    if any(event.get("reason") in MOUNTED for event in events):
        return "", False  # a volume may come late, from the node that had it before
    told = [
        (f"{meant}: {event.get('message', '')}"[:LONGEST], bool(SLOW.search(_message(event))))
        for event in events
        if (meant := MOUNTING.get(str(event.get("reason"))))
    ]
    return min(told, key=lambda one: one[1], default=("", False))


def _message(event: Object) -> str:
    return str(event.get("message") or "")


def lingering(client: Client, whose: Target) -> str:
    """Why the pod that is on its way out does not go, as far as its node said so; empty: it goes.

    Raises: ClusterError.
    """
    pod = look(client, whose)
    if pod is None or not pod.going:
        return ""
    for event in said(client, whose.namespace, pod.uid):
        if words := LINGERING.get(str(event.get("reason"))):
            return f"{words}: {event.get('message', '')}"[:LONGEST]
    return "the old pod has not ended"


def unmade(client: Client, whose: Target, found: Object, since: datetime) -> str:
    """Why there is no pod at all, as the Notebook's controller passes it on; empty: not said.

    A quota or a policy refuses it to the StatefulSet, which no reading of pods can tell.
    """
    events = said(client, whose.namespace, found["metadata"]["uid"])
    for event in sorted(events, key=happenings.when, reverse=True):
        if happenings.when(event)[0] < f"{since:%Y-%m-%dT%H:%M:%SZ}":
            break  # a Notebook keeps the events of its pods from before
        if event.get("reason") == "FailedCreate":
            return f"the cluster lets no pod be made: {event.get('message', '')}"[:LONGEST]
    return ""


def failing(client: Client, namespace: str, claim: str) -> str:
    """Why a claim does not get its volume, as far as it was said; empty: it has it, or may yet."""
    try:
        found = client.get(address.CLAIMS.at(namespace, claim)).body
    except failures.Missing:
        return f"the claim {claim} is gone"
    if (found.get("status") or {}).get("phase") == "Bound":
        return ""
    for event in said(client, namespace, found["metadata"]["uid"]):
        message = str(event.get("message") or "")
        if event.get("reason") == "ProvisioningFailed" and not GOING_ON.search(message):
            return f"the claim {claim} gets no volume: {message}"[:LONGEST]
    return ""
