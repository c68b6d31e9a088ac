"""What the cluster says of pods, claims and snapshots, and what a person reads of it.

Messages without a recording are those of the kubelet's and the attach controller's own source.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from kfnb_ext.engines.csi import happenings, pods
from tests.engines import csi_pod, csi_restart
from tests.fakes import kubernetes, recordings
from tests.fakes.kubernetes import Cluster

SCHEDULING = (
    "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient nvidia.com/gpu. no new claims to "
    "deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
)
MISSING = '0/1 nodes are available: persistentvolumeclaim "nosuchpvc" not found. not found'
ATTACH = 'Multi-Attach error for volume "pvc-ff1f84fc" Volume is already used by pod(s) viewer'
MOUNT = (
    'MountVolume.SetUp failed for volume "pvc-ff1f84fc" : rpc error: code = Internal desc = '
    "mount failed: exit status 32"
)
LOST = "Node is not ready"
GRACE = "Container runtime did not kill the pod within specified grace period."


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster() as made:
        csi_pod.seed(made, {"/home/jovyan": "demo-home"})
        yield made


def pod(cluster: Cluster) -> dict[str, Any]:
    found = cluster.world.read("pods", "alice", "demo-0")
    assert found
    return found


def say(cluster: Cluster, about: dict[str, Any], reason: str, message: str) -> None:
    with cluster.world.store.lock:
        cluster.controllers.event(about, True, reason, message, "kubelet")


def seen(cluster: Cluster, folder: Path) -> pods.Pod:
    found = pods.look(csi_pod.door(cluster, folder, csi_pod.Time()), csi_restart.WHOSE)
    assert found
    return found


@pytest.mark.parametrize(
    ("reason", "message", "words"),
    [
        ("FailedMount", MOUNT, f"its volume cannot be mounted: {MOUNT}"),
        ("FailedAttachVolume", ATTACH, f"its volume cannot be attached to its node: {ATTACH}"),
        ("Scheduled", "Successfully assigned alice/demo-0 to fake-node", ""),
        ("SuccessfulAttachVolume", "AttachVolume.Attach succeeded for volume", ""),
        ("Pulling", "Pulling image", ""),
        ("ExceededGracePeriod", GRACE, ""),  # that is said of the old pod, and is no trouble
    ],
)
def test_an_event_of_the_pod_is_trouble_or_is_none(cluster, tmp_path, reason, message, words):
    say(cluster, pod(cluster), reason, message)
    assert seen(cluster, tmp_path).trouble == words


@pytest.mark.parametrize("code", ["DeadlineExceeded", "Aborted", "Unavailable", "Canceled"])
def test_what_the_provisioner_goes_on_with_is_no_trouble(cluster, tmp_path, code):
    claim = csi_pod.claim("demo-home")
    claim["status"] = {"phase": "Pending"}
    cluster.world.seed(claim)
    claim = cluster.world.read("persistentvolumeclaims", "alice", "demo-home")
    message = f"failed to provision volume: rpc error: code = {code} desc = still copying"
    say(cluster, claim, "ProvisioningFailed", message)
    assert seen(cluster, tmp_path).trouble == ""


def test_a_volume_that_came_late_is_no_trouble_any_more(cluster, tmp_path):
    say(cluster, pod(cluster), "FailedAttachVolume", ATTACH)
    say(cluster, pod(cluster), "Pulled", "Container image already present on machine")
    assert seen(cluster, tmp_path).trouble == ""


@pytest.mark.parametrize("message", [SCHEDULING, MISSING])
def test_a_pod_that_no_node_takes_says_why(cluster, tmp_path, message):
    found = pod(cluster)
    unmet = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    found["status"] = {"phase": "Pending", "conditions": [unmet | {"message": message}]}
    cluster.world.seed(found)
    assert seen(cluster, tmp_path).trouble == f"no node takes it: {message}"


def test_a_container_that_crashes_is_trouble_from_the_third_time_on(cluster, tmp_path):
    for count, words in ((2, ""), (3, "its container crashes: back-off 20s restarting")):
        found = pod(cluster)
        waiting = {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting"}
        one = {"name": "demo", "state": {"waiting": waiting}, "restartCount": count}
        found["status"] = {"phase": "Running", "containerStatuses": [one]}
        cluster.world.seed(found)
        assert seen(cluster, tmp_path).trouble == words


@pytest.mark.parametrize(
    "name",
    ["pvc_events_restore_missing_200", "pvc_events_restore_small_200",
     "pvc_events_unknown_storageclass_200"],
)  # fmt: skip
def test_a_claim_that_gets_no_volume_is_told_in_the_recorded_words(cluster, tmp_path, name):
    said = {one["reason"]: one["message"] for one in events(name)}
    claim = csi_pod.claim("demo-home")
    claim["status"] = {"phase": "Pending"}
    cluster.world.seed(claim)
    claim = cluster.world.read("persistentvolumeclaims", "alice", "demo-home")
    for reason, message in said.items():
        say(cluster, claim, reason, message)
    words = f"the claim demo-home gets no volume: {said['ProvisioningFailed']}"
    assert seen(cluster, tmp_path).trouble == words[: pods.LONGEST]


AGAIN = (
    "Unable to attach or mount volumes: unmounted volumes=[home], unattached volumes=[], failed to "
    "process volumes=[]: context deadline exceeded"
)
ABORTED = (
    'MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = Aborted desc = an '
    "operation with the given Volume ID pvc-1 already exists"
)
ELSEWHERE = (
    'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node and '
    "can't be attached to another"
)
CACHE = (
    'MountVolume.SetUp failed for volume "kube-api-access-x" : failed to sync configmap cache: '
    "timed out waiting for the condition"
)
REGISTERED = (
    'MountVolume.MountDevice failed for volume "pvc-1" : kubernetes.io/csi: attacher.MountDevice '
    "failed to create newCsiDriverClient: driver name hostpath.csi.k8s.io not found in the list of "
    "registered CSI drivers"
)


@pytest.mark.parametrize(
    ("reason", "message", "passing"),
    [
        ("FailedMount", AGAIN, True),
        ("FailedMount", ABORTED, True),
        ("FailedMount", CACHE, True),
        ("FailedMount", REGISTERED, True),
        ("FailedAttachVolume", ELSEWHERE, True),
        ("FailedAttachVolume", ATTACH, False),
        ("FailedMount", MOUNT, False),
    ],
)
def test_what_passes_by_itself_is_told_apart_from_what_does_not(
    cluster, tmp_path, reason, message, passing
):
    say(cluster, pod(cluster), reason, message)
    found = seen(cluster, tmp_path)
    assert message[:100] in found.trouble
    assert found.passing is passing


def test_what_does_not_pass_is_told_before_what_may(cluster, tmp_path):
    say(cluster, pod(cluster), "FailedMount", AGAIN)
    say(cluster, pod(cluster), "FailedMount", MOUNT)
    say(cluster, pod(cluster), "FailedMount", AGAIN)
    found = seen(cluster, tmp_path)
    assert MOUNT in found.trouble
    assert not found.passing


@pytest.mark.parametrize("name", ["pvc_events_no_provisioner_200", "pvc_events_wffc_waiting_200"])
def test_a_claim_that_only_waits_is_no_trouble(cluster, tmp_path, name):
    claim = csi_pod.claim("demo-home")
    claim["status"] = {"phase": "Pending"}
    cluster.world.seed(claim)
    claim = cluster.world.read("persistentvolumeclaims", "alice", "demo-home")
    for one in events(name):
        say(cluster, claim, one["reason"], one["message"])
    assert seen(cluster, tmp_path).trouble == ""


@pytest.mark.parametrize(
    ("reason", "message", "words"),
    [
        ("ExceededGracePeriod", GRACE, f"the old pod did not end in its time: {GRACE}"),
        ("NodeNotReady", LOST, f"the node of the old pod does not answer: {LOST}"),
        ("FailedKillPod", "error killing pod", "the old pod cannot be ended: error killing pod"),
        ("Killing", "Stopping container demo", "the old pod has not ended"),
    ],
)
def test_an_old_pod_that_does_not_go_is_named(cluster, tmp_path, reason, message, words):
    door = csi_pod.door(cluster, tmp_path, csi_pod.Time())
    assert pods.lingering(door, csi_restart.WHOSE) == ""
    found = pod(cluster)
    found["metadata"]["deletionTimestamp"] = "2026-11-25T12:00:00Z"
    cluster.world.seed(found)
    say(cluster, pod(cluster), reason, message)
    assert pods.lingering(door, csi_restart.WHOSE) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ready", "it is ready"),
        ("delete_pending", "something still needs it: Snapshot is being used to restore a PVC"),
        ("class_of_other_driver", "the storage is cutting it"),
        ("error_class_missing", "the snapshot class cannot be read"),
        ("error_pvc_not_bound", "the cluster cannot begin to cut it: Failed to create snapshot"),
        ("error_pvc_missing", "the cluster cannot begin to cut it: Failed to create snapshot"),
    ],
)
def test_the_last_word_over_a_snapshot_is_told_in_plain_words(cluster, tmp_path, name, words):
    told = events(f"volumesnapshot_events_{name}_200")
    cluster.world.seed(kubernetes.notebook())
    for one in told:
        one["metadata"] = {"name": one["metadata"]["name"], "namespace": "alice"}
        cluster.world.seed(one | {"apiVersion": "v1", "kind": "Event"})
    context = csi_pod.context(
        csi_pod.door(cluster, tmp_path, csi_pod.Time()), tmp_path, csi_pod.Time()
    )
    uid = told[0]["involvedObject"]["uid"]
    assert happenings.last(context, "alice", uid).startswith(words)
    assert happenings.last(context, "alice", "another") == ""


@pytest.mark.parametrize(
    ("reason", "message", "words"),
    [
        (
            "CreateSnapshotContentFailed",
            "Error creating volume snapshot content object for snapshot alice/a: no.",
            "the cluster cannot begin to cut it: Error creating volume snapshot content object",
        ),
        (
            "SetDefaultGroupSnapshotClassFailed",
            "Failed to set default group snapshot class with error none",
            "the cluster finds no default snapshot class",
        ),
        ("CreatingGroupSnapshot", "Waiting for a group snapshot", "the storage is cutting it"),
        (
            "SnapshotDeletePending",
            "deletion of the individual volume snapshot alice/a is not allowed",
            "something still needs it: deletion of the individual volume snapshot alice/a is",
        ),
        ("SomethingNew", "that nobody knows", "SomethingNew: that nobody knows"),
    ],
)
def test_what_was_not_recorded_is_told_by_the_words_of_its_source(
    cluster, tmp_path, reason, message, words
):
    about = cluster.world.read("persistentvolumeclaims", "alice", "demo-home")
    say(cluster, about, reason, message)
    time = csi_pod.Time()
    context = csi_pod.context(csi_pod.door(cluster, tmp_path, time), tmp_path, time)
    assert happenings.last(context, "alice", about["metadata"]["uid"]).startswith(words)


def test_a_pod_that_nobody_may_make_is_told_by_what_the_controller_passes_on(cluster, tmp_path):
    door = csi_pod.door(cluster, tmp_path, csi_pod.Time())
    notebook = cluster.world.read("notebooks", "alice", "demo")
    before = datetime.now(timezone.utc) - timedelta(minutes=5)
    assert pods.unmade(door, csi_restart.WHOSE, notebook, before) == ""
    text = (
        "Reissued from statefulset/demo: Create Pod demo-0 in StatefulSet demo failed error: pods "
        '"demo-0" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
    )
    say(cluster, notebook, "FailedCreate", text)
    told = pods.unmade(door, csi_restart.WHOSE, notebook, before)
    assert told == f"the cluster lets no pod be made: {text}"
    later = before + timedelta(minutes=10)
    assert pods.unmade(door, csi_restart.WHOSE, notebook, later) == ""


def events(name: str) -> list[dict[str, Any]]:
    """The events of a recorded list."""
    return [dict(one.object) for one in recordings.told(name)]
