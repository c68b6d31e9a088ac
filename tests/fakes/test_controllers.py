"""The controllers of the fake move objects through the states that recorded watches show."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes import recordings
from tests.fakes.kubernetes import Cluster
from tests.fakes.kubernetes.api import answer
from tests.fakes.kubernetes.kinds import CLAIM, VOLUME_SNAPSHOT
from tests.fakes.kubernetes.wire import Request

SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1/namespaces/alice/volumesnapshots"
CLAIMS = "/api/v1/namespaces/alice/persistentvolumeclaims"


@pytest.fixture
def cluster() -> Cluster:
    running = Cluster()
    for name in ("storageclass_list_200", "volumesnapshotclass_list_200"):
        for version in recordings.told(name):
            running.world.seed(version.object)
    return running


def ask(cluster: Cluster, method: str, path: str, body: Any = None, media: str = "") -> Any:
    """Ask past the wire."""
    headers = {"authorization": "Bearer admin-token"}
    if media:
        headers["content-type"] = media
    payload = json.dumps(body).encode() if body is not None else b""
    response = answer(cluster.world, Request(method, path, {}, headers, payload))
    assert response.status < 300, response.body
    return response.body


def seen(cluster: Cluster, kind: Any, name: str) -> list[Any]:
    """What a watch would have shown of one object."""
    history = [c for c in cluster.world.store.history if c.key[1:] == (kind.plural, "alice", name)]
    return [shape(change.what, change.object) for change in history]


def recorded(name: str) -> list[Any]:
    """What the recorded watch shows."""
    events = recordings.load(name)["response"]["stream"]
    return [shape(e["type"], e["object"]) for e in events if e["type"] != "BOOKMARK"]


def shape(what: str, found: Any) -> Any:
    """One event, without times, versions and ids."""
    metadata, uid = found["metadata"], found["metadata"]["uid"]
    text = repr(
        {
            "annotations": sorted((metadata.get("annotations") or {}).items()),
            "finalizers": metadata.get("finalizers") or [],
            "spec": sorted(found["spec"].items()),
            "status": sorted((found.get("status") or {}).items()),
        }
    )
    for stamp in {metadata["creationTimestamp"], *_stamps(found.get("status") or {})}:
        text = text.replace(stamp, "TIME")
    return what, text.replace(uid, "UID")


def _stamps(status: Any) -> Iterator[str]:
    if "creationTime" in status:
        yield status["creationTime"]
    for condition in status.get("conditions") or ():
        yield condition["lastTransitionTime"]


def made(cluster: Cluster, name: str) -> None:
    """Make what a recorded request made, and let the controllers work."""
    request = recordings.load(name)["request"]
    ask(cluster, "POST", request["path"].partition("?")[0], request["body"])
    cluster.controllers.settle()


def test_a_claim_is_bound_as_recorded(cluster: Cluster):
    made(cluster, "pvc_create_201")

    assert seen(cluster, CLAIM, "home") == recorded("pvc_watch_create_to_bound_200")


def test_a_snapshot_gets_ready_as_recorded(cluster: Cluster):
    made(cluster, "pvc_create_201")
    made(cluster, "volumesnapshot_create_201")

    assert seen(cluster, VOLUME_SNAPSHOT, "snap-a") == recorded("volumesnapshot_watch_to_ready_200")


def test_a_restored_claim_is_bound_as_recorded(cluster: Cluster):
    made(cluster, "pvc_create_201")
    made(cluster, "volumesnapshot_create_201")
    made(cluster, "pvc_create_restore_201")

    assert seen(cluster, CLAIM, "restore-a") == recorded("pvc_watch_restore_to_bound_200")


def test_a_claim_grows_up_to_the_node_as_recorded(cluster: Cluster):
    made(cluster, "pvc_create_201")
    before = len(seen(cluster, CLAIM, "home"))
    request = recordings.load("pvc_expand_patch_200")["request"]

    ask(cluster, "PATCH", request["path"], request["body"], "application/merge-patch+json")
    cluster.controllers.settle()

    assert seen(cluster, CLAIM, "home")[before:] == recorded("pvc_watch_expand_200")


def test_a_claim_that_waits_for_a_pod_is_bound_as_recorded(cluster: Cluster):
    made(cluster, "pvc_create_201")
    made(cluster, "volumesnapshot_create_201")
    spec = recordings.load("pvc_get_wffc_bound_200")["response"]["body"]["spec"]
    spec = {key: value for key, value in spec.items() if key not in ("volumeName", "dataSourceRef")}
    spec["dataSource"] = spec["dataSource"] | {"name": "snap-a"}
    metadata = {"name": "wffc", "namespace": "alice"}
    whole = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
    ask(cluster, "POST", CLAIMS, whole | {"spec": spec})
    cluster.controllers.settle()
    before = len(seen(cluster, CLAIM, "wffc"))

    volume = {"name": "w", "persistentVolumeClaim": {"claimName": "wffc"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user", "namespace": "alice"}}
    cluster.world.seed(pod | {"spec": {"volumes": [volume]}})
    cluster.controllers.settle()

    wanted = recorded("pvc_watch_wffc_consumer_to_bound_200")
    assert before == 1
    assert str(seen(cluster, CLAIM, "wffc")[before:]) == str(wanted).replace("snap-d", "snap-a")


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("snap-nocls", "volumesnapshot_get_error_class_missing_200"),
        ("snap-nopvc", "volumesnapshot_get_error_pvc_missing_200"),
        ("snap-pending", "volumesnapshot_get_error_pvc_not_bound_200"),
        ("snap-wrongdrv", "volumesnapshot_get_class_of_other_driver_never_ready_200"),
        ("snap-defcls", "volumesnapshot_get_default_class_filled_200"),
    ],
)
def test_a_snapshot_that_is_made_wrongly_ends_as_recorded(cluster: Cluster, name: str, about: str):
    wanted = recordings.load(about)["response"]["body"]
    made(cluster, "pvc_create_201")
    made(cluster, "pvc_create_wffc_201")
    spec = dict(wanted["spec"])
    if name == "snap-defcls":
        del spec["volumeSnapshotClassName"]
    metadata = {"name": name, "namespace": "alice"}
    whole = {"apiVersion": VOLUME_SNAPSHOT.api_version, "kind": "VolumeSnapshot"}
    ask(cluster, "POST", SNAPSHOTS, whole | {"metadata": metadata, "spec": spec})
    cluster.controllers.settle()

    found = cluster.world.read("volumesnapshots", "alice", name)

    assert found
    assert found["metadata"]["generation"] == wanted["metadata"]["generation"]
    assert told(found) == told(wanted)


def told(found: Any) -> Any:
    """The status and who holds the object, without times and ids."""
    status = dict(found["status"])
    status.pop("creationTime", None)
    bound = status.pop("boundVolumeSnapshotContentName", None)
    if "error" in status:
        status["error"] = status["error"]["message"]
    return status, bool(bound), found["metadata"].get("finalizers") or []


def test_a_driver_that_fails_and_recovers_leaves_no_error(cluster: Cluster):
    cluster.controllers.failing["snap-a"] = ["the driver is away"]
    made(cluster, "pvc_create_201")
    made(cluster, "volumesnapshot_create_201")

    found = cluster.world.read("volumesnapshots", "alice", "snap-a")

    assert found
    assert found["status"]["readyToUse"] is True
    assert "error" not in found["status"]


def test_a_snapshot_stays_while_a_pending_claim_restores_from_it(cluster: Cluster):
    made(cluster, "pvc_create_201")
    made(cluster, "volumesnapshot_create_201")
    cluster.controllers.held.add("restore-a")
    made(cluster, "pvc_create_restore_201")
    ask(cluster, "DELETE", f"{SNAPSHOTS}/snap-a")
    cluster.controllers.step()
    assert cluster.world.read("volumesnapshots", "alice", "snap-a")

    ask(cluster, "DELETE", f"{CLAIMS}/restore-a")
    cluster.controllers.held.clear()
    cluster.controllers.settle()

    assert cluster.world.read("volumesnapshots", "alice", "snap-a") is None


def test_a_claim_in_use_stays_until_its_pod_is_gone(cluster: Cluster):
    made(cluster, "pvc_create_201")
    volume = {"name": "home", "persistentVolumeClaim": {"claimName": "home"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "demo-0", "namespace": "alice"}}
    cluster.world.seed(pod | {"spec": {"volumes": [volume]}, "status": {"phase": "Running"}})

    ask(cluster, "DELETE", f"{CLAIMS}/home")
    cluster.controllers.settle()
    assert cluster.world.read("persistentvolumeclaims", "alice", "home")

    ask(cluster, "DELETE", "/api/v1/namespaces/alice/pods/demo-0")
    cluster.controllers.settle()

    assert cluster.world.read("persistentvolumeclaims", "alice", "home") is None
