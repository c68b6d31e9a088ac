"""The fake API server answers every recording of a real one as the real one did.

All 228 are replayed; none is left out. What a reading shows (an object, the events of one, a
recorded change of somebody else in a watch) is put into the store first, since nobody else can
know it: there the answer's form, selection and order are compared. What a request makes, changes
or is refused is computed by the fake from the state before it. `throttled_429` and the seven
`storage_down_*` need a switch: load and etcd are not simulated.

Compared are status, reason, content type, the headers `Retry-After` and `Warning`, and the whole
body: its message to the letter, its objects but for new uids and, in the core's kinds, the
bookkeeping of managedFields (their lists are merged by key there, which is not told apart here).
"""

import copy
import http.client
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fakes import recordings
from tests.fakes.kubernetes import Cluster, faults
from tests.fakes.kubernetes.kinds import VOLUME_SNAPSHOT, Registry

TOKENS = {"default-editor": "editor-token", "admin": "admin-token", "custom": "no-such-token"}
# From this moment on an administrator had given the rights on snapshots and on classes.
RIGHTS_GIVEN = datetime(2026, 11, 20, 22, 53, 57, tzinfo=timezone.utc)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


def test_every_recording_is_replayed():
    listed = (recordings.FOLDER / "INDEX.md").read_text().splitlines()
    named = {line.split("|")[1].strip() for line in listed if line.startswith("| ")}

    assert named - {"file"} == set(recordings.names())
    assert len(recordings.names()) == 228


@pytest.mark.parametrize("name", recordings.names())
def test_a_recorded_request_is_answered_as_it_was(name: str, cluster: Cluster):
    recording = recordings.load(name)
    prepare(cluster, name)

    answer = ask(cluster, recording["request"], recording["identity"])

    assert answer == expected(recording)


def prepare(cluster: Cluster, name: str) -> None:
    """Make the world as it was before the request."""
    world = cluster.world
    for version in recordings.world(name):
        world.seed(version.object)
    made = recordings.date(name)
    if made:
        world.clock = lambda: made
    if made and made >= RIGHTS_GIVEN:
        world.rights.allow("snapshot.storage.k8s.io", "volumesnapshots", "*")
        world.rights.allow("snapshot.storage.k8s.io", "volumesnapshotclasses", "*", cluster=True)
        world.rights.allow("storage.k8s.io", "storageclasses", "*", cluster=True)
    world.storage_down = name.startswith("storage_down")
    if name in SWITCHES:
        SWITCHES[name](cluster)
    world.store.revision = recordings.revision(name)
    played(cluster, name)


def played(cluster: Cluster, name: str) -> None:
    """What others did while a watch was open: it is in the history when the watch opens."""
    recording = recordings.load(name)
    query = recordings.api_query(recording)
    begun = query.get("resourceVersion", "").isdecimal()
    for event in recording["response"].get("stream") or ():
        if event.get("type") not in ("ADDED", "MODIFIED", "DELETED"):
            continue
        kind = Registry().of(event["object"]["apiVersion"], event["object"]["kind"])
        assert kind
        if begun:
            with cluster.world.store.lock:
                cluster.world.store.play(kind, event["type"], event["object"])
        else:
            cluster.world.store.seed(kind, event["object"])


def _another_notebook(cluster: Cluster, name: str = "unrecorded", **more: str) -> None:
    metadata = {"name": name, "namespace": "alice", **more}
    one = {"apiVersion": "kubeflow.org/v1", "kind": "Notebook", "metadata": metadata, "spec": {}}
    cluster.world.seed(one)


def _demo5(cluster: Cluster) -> None:
    _another_notebook(
        cluster, "demo5", uid="e6b0ad82-aafa-46d5-94e7-dd3ae615ddad", resourceVersion="572"
    )


def _doomed(cluster: Cluster) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "doomed"}}
    cluster.world.seed(space | {"status": {"phase": "Terminating"}})


def _pod(cluster: Cluster) -> None:
    pod = recordings.load("pod_get_200")["response"]["body"]
    cluster.world.seed(pod)
    cluster.world.seed({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "fake-node"}})


def _claim_that_cannot_grow(cluster: Cluster) -> None:
    claim = copy.deepcopy(recordings.load("pvc_get_bound_200")["response"]["body"])
    claim["metadata"] |= {"name": "noexp", "uid": "another"}
    claim["spec"]["storageClassName"] = "csi-hostpath-noexpand"
    cluster.world.seed(claim)


def _claim_made_anew(cluster: Cluster) -> None:
    uid = "ff1f84fc-e155-4e6e-965f-a6623527d09a"  # as its events call it
    claim = copy.deepcopy(recordings.load("pvc_get_bound_200")["response"]["body"])
    claim["metadata"] |= {"uid": uid, "creationTimestamp": "2026-11-20T22:59:07Z"}
    del claim["metadata"]["labels"]
    claim["spec"]["volumeName"] = f"pvc-{uid}"
    cluster.world.seed(claim)


def _snapshot_gone(cluster: Cluster) -> None:
    with cluster.world.store.lock:
        found = cluster.world.store.get(VOLUME_SNAPSHOT, "alice", "snap-a")
        assert found
        cluster.world.store.remove(VOLUME_SNAPSHOT, found)


def _claim_grown(cluster: Cluster) -> None:
    claim = cluster.world.read("persistentvolumeclaims", "alice", "home")
    assert claim
    claim["spec"]["resources"]["requests"]["storage"] = "2Gi"
    cluster.world.seed(claim)


# What no recording tells of the moment before.
SWITCHES: dict[str, Callable[[Cluster], None]] = {
    "notebook_create_over_count_quota_403": _another_notebook,  # it says that three are there
    "pvc_shrink_422": _claim_grown,  # the next recording shows what it asked for
    "notebook_delete_200": _demo5,
    "notebook_delete_dryrun_200": _demo5,
    "notebook_delete_precondition_rv_409": _demo5,
    "notebook_delete_precondition_uid_409": _demo5,
    "pod_log_no_kubelet": _pod,
    "pvc_create_namespace_terminating_403": _doomed,
    "pvc_expand_patch_200": _claim_made_anew,
    "pvc_expand_forbidden_403": _claim_that_cannot_grow,
    "volumesnapshot_get_after_delete_404": _snapshot_gone,
    "crd_missing_list_404": lambda cluster: cluster.world.registry.remove("poddefaults"),
    "throttled_429": lambda cluster: cluster.faults.next(faults.throttled()),
    "notebook_watch_expired_410": lambda cluster: setattr(cluster.world.store, "oldest", 288),
}


def ask(cluster: Cluster, request: dict[str, Any], identity: str) -> dict[str, Any]:
    """Send the request as it was sent; the answer."""
    body = request["body"]
    if body == "{... 4 MB ...}":
        body = json.dumps({"data": {"big": "x" * 4_000_000}})
    text = json.dumps(body).replace("x * 300000", "x" * 300_000)
    payload = body if isinstance(body, str) else None if body is None else text
    headers = {k: v for k, v in request["headers"].items() if k != "Content-Length"}
    if identity != "none":
        headers["Authorization"] = f"Bearer {TOKENS[identity]}"
    connection = http.client.HTTPConnection(urlsplit(cluster.url).netloc, timeout=10)
    try:
        connection.request(request["method"], request["path"], payload, headers)
        answer = connection.getresponse()
        return told(answer.status, answer.reason, dict(answer.getheaders()), answer.read(), request)
    except http.client.RemoteDisconnected:
        return {"error": "connection closed by the server without any response"}
    finally:
        connection.close()


def told(
    status: int, reason: str, headers: dict[str, str], raw: bytes, request: dict[str, Any]
) -> dict[str, Any]:
    """An answer in the form that is compared."""
    content: Any = raw.decode()
    if headers["Content-Type"] == "application/json":
        content = [json.loads(line) for line in content.splitlines()]
        content = content if "watch=true" in request["path"] else content[0]
    return compared(status, reason, headers, content, request)


def expected(recording: dict[str, Any]) -> dict[str, Any]:
    """The recorded answer in the same form."""
    response = recording["response"]
    if "error" in response:
        return {"error": response["error"]}
    content = response["stream"] if "stream" in response else response["body"]
    status, headers = response["status"], response.get("headers")
    reason = response.get("reason") or http.client.responses[status]
    headers = headers or {"Content-Type": "application/json"}
    return compared(status, reason, headers, content, recording["request"])


def compared(
    status: int, reason: str, headers: dict[str, str], content: Any, request: dict[str, Any]
) -> dict[str, Any]:
    """What counts of an answer."""
    kept = {k: headers[k] for k in ("Content-Type", "Retry-After", "Warning") if k in headers}
    content = plain(copy.deepcopy(content), made=request["method"] == "POST")
    if isinstance(content, list):
        # The real server marks twice before it closes.
        content = [e for n, e in enumerate(content) if n == 0 or e != content[n - 1]]
    return {"status": status, "reason": reason, "headers": kept, "body": content}


def plain(value: Any, made: bool) -> Any:
    """A body without what cannot be the same twice."""
    if isinstance(value, list):
        return [plain(item, made) for item in value]
    if isinstance(value, str) and value.startswith("JTI="):
        return "JTI=new"
    if not isinstance(value, dict):
        return value
    metadata = value.get("metadata")
    if isinstance(metadata, dict):
        if "." not in str(value.get("apiVersion", "")).partition("/")[0]:
            metadata.pop("managedFields", None)
        if made and "uid" in metadata:
            metadata["uid"] = "new"
    return {key: plain(inner, made) for key, inner in value.items()}
