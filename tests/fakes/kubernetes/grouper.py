"""The life of a group snapshot and of its members.

UNVERIFIED: no recording of a real server holds a group. This does what the controllers of
external-snapshotter 8.6 are seen to do in their source: the claims are found by ``matchLabels``
alone and once; members carry the group as their owner, no label and no class; one of them cannot go
alone.

Rule: one transition at a time; None when there is nothing to do.
"""

import copy
import hashlib
from typing import TYPE_CHECKING, Any

from tests.fakes.kubernetes import admission, snapshotter, statuses
from tests.fakes.kubernetes.groups import API, CLASS, CONTENT, DEFAULT, GROUP
from tests.fakes.kubernetes.kinds import CLAIM, STORAGE_CLASS, VOLUME_SNAPSHOT
from tests.fakes.kubernetes.store import Object

if TYPE_CHECKING:
    from tests.fakes.kubernetes.controllers import Controllers

BOUND = "groupsnapshot.storage.kubernetes.io/volumegroupsnapshot-bound-protection"
IN_GROUP = "snapshot.storage.kubernetes.io/volumesnapshot-in-group-protection"
WHO = "snapshot-controller"


def move(run: "Controllers", group: Object) -> Object | None:
    """One transition of a group."""
    metadata, status = group["metadata"], group.get("status") or {}
    if "deletionTimestamp" in metadata:
        return _let_go(run, group)
    if status.get("readyToUse"):
        return None
    finalizers = metadata.setdefault("finalizers", [])
    if BOUND not in finalizers:
        finalizers.append(BOUND)
        return group
    chosen = _chosen(run, group)
    name = group["spec"].get("volumeGroupSnapshotClassName")
    if not name:
        return _default_class(run, group, chosen)
    found = run.world.store.get(CLASS, "", name)
    if found is None:
        text = f'volumegroupsnapshotclass.{API} "{name}" not found'
        text = f"failed to get group snapshot class with error {text}"
        return _failed(run, group, "GetGroupSnapshotClassFailed", text)
    bound = status.get("boundVolumeGroupSnapshotContentName")
    if not bound:
        return _content(run, group, chosen, found["driver"])
    if found["driver"] not in run.grouping:
        return None  # no sidecar that watches groups: nobody ever says a word
    failing = run.failing.get(metadata["name"])
    if failing:
        return _failed(run, group, "", failing.pop(0))
    return _members(run, group, run.world.store.get(CONTENT, "", bound) or {"spec": {"of": []}})


def _chosen(run: "Controllers", group: Object) -> list[Object]:
    wanted = group["spec"]["source"]["selector"].get("matchLabels") or {}
    held = run.world.store.all(CLAIM, group["metadata"]["namespace"])
    return [c for c in held if wanted.items() <= (c["metadata"].get("labels") or {}).items()]


def _default_class(run: "Controllers", group: Object, chosen: list[Object]) -> Object | None:
    reason = "SetDefaultGroupSnapshotClassFailed"
    start = "Failed to set default group snapshot class with error"
    if not chosen:
        labels = group["spec"]["source"]["selector"].get("matchLabels") or {}
        told = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        text = f"{start} label selector {told} for group snapshot not applied to any PVC"
        return _failed(run, group, reason, text)
    name = chosen[0]["spec"].get("storageClassName", "")
    driver = (run.world.store.get(STORAGE_CLASS, "", name) or {}).get("provisioner")
    fitting = [
        found["metadata"]["name"]
        for found in run.world.store.all(CLASS)
        if found["driver"] == driver
        and (found["metadata"].get("annotations") or {}).get(DEFAULT) == "true"
    ]
    if len(fitting) == 1:
        group["spec"]["volumeGroupSnapshotClassName"] = fitting[0]
        return group
    text = f"{len(fitting)} default snapshot classes were found"
    text = text if fitting else "cannot find default group snapshot class"
    return _failed(run, group, reason, f"{start} {text}")


def _content(run: "Controllers", group: Object, chosen: list[Object], driver: str) -> Object | None:
    for claim in chosen:
        if claim["status"].get("phase") != "Bound":
            text = (
                "failed to create group snapshot content with error failed to get input "
                f"parameters to create group snapshot {group['metadata']['name']}: "
                f'"the PVC {claim["metadata"]["name"]} is not yet bound to a PV, will not attempt '
                'to take a group snapshot"'
            )
            return _failed(run, group, "GroupSnapshotContentCreationFailed", text)
    name = f"groupsnapcontent-{group['metadata']['uid']}"
    made = {"kind": CONTENT.kind, "apiVersion": CONTENT.api_version, "metadata": {"name": name}}
    # A real content names volume handles; here the claims do. Later labels do not count.
    made["spec"] = {"driver": driver, "of": [one["metadata"]["name"] for one in chosen]}
    run.world.store.add(CONTENT, made, WHO)
    whose = f"{group['metadata']['namespace']}/{group['metadata']['name']}"
    text = f"Waiting for a group snapshot {whose} to be created by the CSI driver."
    run.event(group, False, "CreatingGroupSnapshot", text, WHO)
    status = {"boundVolumeGroupSnapshotContentName": name, "readyToUse": False}
    return group | {"status": status}


def _members(run: "Controllers", group: Object, content: Object) -> Object | None:
    metadata = group["metadata"]
    held = {one["spec"]["source"]["persistentVolumeClaimName"]: one for one in of(run, group)}
    for claim in content["spec"]["of"]:
        if claim not in held and not _make(run, group, claim):
            return None
    if not all((one.get("status") or {}).get("readyToUse") for one in held.values()):
        return None
    if not set(content["spec"]["of"]) <= set(held):
        return None  # made a moment ago
    group["status"].pop("error", None)
    whose = f"GroupSnapshot {metadata['namespace']}/{metadata['name']}"
    text = f"{whose} was successfully created by the CSI driver."
    run.event(group, False, "GroupSnapshotCreated", text, WHO)
    run.event(group, False, "GroupSnapshotReady", f"{whose} is ready to use.", WHO)
    group["status"] |= {"creationTime": run.world.store.now(), "readyToUse": True}
    return group


def _make(run: "Controllers", group: Object, claim: str) -> bool:
    metadata = group["metadata"]
    tail = hashlib.sha256(f"{metadata['uid']}{claim}".encode()).hexdigest()
    owner = {"apiVersion": GROUP.api_version, "kind": GROUP.kind, "controller": True}
    owner |= {"name": metadata["name"], "uid": metadata["uid"]}
    made = {"kind": VOLUME_SNAPSHOT.kind, "apiVersion": VOLUME_SNAPSHOT.api_version}
    made["metadata"] = {
        "name": f"snapshot-{tail}",
        "namespace": metadata["namespace"],
        "ownerReferences": [owner],
        "finalizers": [IN_GROUP],
    }
    made["spec"] = {"source": {"persistentVolumeClaimName": claim}}
    try:
        admission.check(run.world, VOLUME_SNAPSHOT, made)
    except statuses.Failure:
        return False  # it is tried again, and the group says nothing of it
    run.world.store.add(VOLUME_SNAPSHOT, made, WHO)
    return True


def of(run: "Controllers", group: Object) -> list[Object]:
    """The members of a group."""
    return [
        one
        for one in run.world.store.all(VOLUME_SNAPSHOT, group["metadata"]["namespace"])
        if _owner(one) == group["metadata"]["uid"]
    ]


def _owner(snapshot: Object) -> str:
    owners = snapshot["metadata"].get("ownerReferences") or ()
    return next((one["uid"] for one in owners if one["kind"] == GROUP.kind), "")


def member(run: "Controllers", snapshot: Object) -> Object | None:
    """One transition of a VolumeSnapshot that a group has."""
    metadata, status = snapshot["metadata"], snapshot.get("status") or {}
    owner = metadata["ownerReferences"][0]
    group = run.world.store.get(GROUP, metadata["namespace"], owner["name"])
    there = group is not None and group["metadata"]["uid"] == owner["uid"]
    if "deletionTimestamp" in metadata:
        if there:
            space = metadata["namespace"]
            text = (
                f"deletion of the individual volume snapshot {space}/{metadata['name']} is not "
                f"allowed as it belongs to group snapshot {space}/{owner['name']}. Deleting the "
                "group snapshot will trigger the deletion of all the individual volume snapshots "
                "that are part of the group."
            )
            run.event(snapshot, True, "SnapshotDeletePending", text, WHO)
            return None
        return snapshotter.release(run, snapshot)
    if status.get("readyToUse"):
        return None
    if "boundVolumeSnapshotContentName" not in status:
        return snapshotter.content(run, snapshot, "of-the-group")
    failing = run.failing.get(snapshot["spec"]["source"]["persistentVolumeClaimName"])
    if failing:
        return snapshotter.failed(run, snapshot, "", failing.pop(0))
    done = snapshotter.taken(run, snapshot)
    if done:
        done["status"]["volumeGroupSnapshotName"] = owner["name"]
    return done


def is_member(snapshot: Object) -> bool:
    """Whether a group has it."""
    return bool(_owner(snapshot))


def _failed(run: "Controllers", group: Object, reason: str, text: str) -> Object | None:
    """Tell an error, once; without a reason it comes from the content, whose events are its own."""
    status: dict[str, Any] = group.setdefault("status", {})
    if (status.get("error") or {}).get("message") == text:
        return None
    if reason:
        run.event(group, True, reason, text, WHO)
    status["error"] = {"message": text, "time": run.world.store.now()}
    return group


def _let_go(run: "Controllers", group: Object) -> Object | None:
    metadata = group["metadata"]
    members = of(run, group)
    space = metadata["namespace"]
    names = [one["metadata"]["name"] for one in members]
    held = next((one for one in names if snapshotter.restoring(run, space, one)), "")
    if held:
        text = (
            f"Snapshot {space}/{held} belonging to VolumeGroupSnapshot {space}/{metadata['name']} "
            "is being used to restore a PVC"
        )
        run.event(group, True, "SnapshotDeletePending", text, WHO)
        return None
    name = (group.get("status") or {}).get("boundVolumeGroupSnapshotContentName", "")
    content = run.world.store.get(CONTENT, "", name)
    if content:
        run.world.store.remove(CONTENT, content)
    for before in members:
        if "deletionTimestamp" not in before["metadata"]:
            after = copy.deepcopy(before)
            after["metadata"]["deletionTimestamp"] = run.world.store.now()
            run.write(VOLUME_SNAPSHOT, after, before)
    metadata["finalizers"] = []
    return group
