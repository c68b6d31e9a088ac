"""The fake's Notebooks, StatefulSets, pods and Jobs behave as those of a real cluster.

Where a recording exists, it is what they are held to; the rest follows the published API.
"""

import copy
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import kubernetes, recordings
from tests.fakes.kubernetes import programs, statefulsets
from tests.fakes.kubernetes.kinds import CLAIM, JOB, POD
from tests.fakes.test_controllers import ask, cluster  # noqa: F401 - a fixture

NOTEBOOKS = "/apis/kubeflow.org/v1/namespaces/alice/notebooks"
PODS = "/api/v1/namespaces/alice/pods"
JOBS = "/apis/batch/v1/namespaces/alice/jobs"
JSON_PATCH = "application/json-patch+json"
CLAIM_NAME = "/spec/template/spec/volumes/0/persistentVolumeClaim/claimName"


def claim(name: str, of_class: str = "csi-hostpath-sc", **spec: Any) -> dict[str, Any]:
    """A claim that is provisioned at once."""
    size = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": of_class, **spec}
    metadata = {"name": name, "namespace": "alice"}
    made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
    return made | {"spec": spec | {"resources": size}}


@pytest.fixture
def running(cluster: kubernetes.Cluster) -> kubernetes.Cluster:  # noqa: F811
    """A notebook as recorded, on a claim of its own; another claim is there."""
    cluster.controllers.workloads = True
    for name in ("nb-demo-home", "other"):
        ask(cluster, "POST", "/api/v1/namespaces/alice/persistentvolumeclaims", claim(name))
    cluster.controllers.settle()
    found = recordings.load("notebook_get_running_200")["response"]["body"]
    made = {key: copy.deepcopy(found[key]) for key in ("apiVersion", "kind", "spec")}
    kept = {key: found["metadata"][key] for key in ("name", "labels", "annotations")}
    ask(cluster, "POST", NOTEBOOKS, made | {"metadata": kept})
    cluster.controllers.settle()
    return cluster


def pod(running: kubernetes.Cluster) -> dict[str, Any]:
    found = running.world.read("pods", "alice", "demo-0")
    assert found
    return found


def patched(running: kubernetes.Cluster, *steps: dict[str, Any]) -> None:
    ask(running, "PATCH", f"{NOTEBOOKS}/demo", list(steps), JSON_PATCH)
    running.controllers.settle()


def test_the_statefulset_of_a_notebook_is_the_recorded_one(running):
    recorded = recordings.load("statefulset_get_200")["response"]["body"]
    made = running.world.read("statefulsets", "alice", "demo")

    spec = copy.deepcopy(recorded["spec"])
    del spec["persistentVolumeClaimRetentionPolicy"]
    made["spec"]["template"]["spec"].pop("tolerations")
    resources = spec["template"]["spec"]["containers"][0]["resources"]
    resources["limits"]["memory"] = "1.2Gi"  # the server writes it otherwise
    assert made["spec"] == spec
    assert made["status"].keys() == recorded["status"].keys()
    assert made["status"]["readyReplicas"] == 1


def test_a_running_pod_has_the_recorded_state(running):
    recorded = recordings.load("pod_get_200")["response"]["body"]
    status, made = recorded["status"], pod(running)["status"]

    assert [(c["type"], c["status"]) for c in made["conditions"]] == [
        (c["type"], c["status"]) for c in status["conditions"]
    ]
    assert made.keys() == status.keys()
    assert made["containerStatuses"][0].keys() == status["containerStatuses"][0].keys()
    assert pod(running)["metadata"]["labels"].keys() == recorded["metadata"]["labels"].keys()


def test_a_notebooks_status_goes_through_the_recorded_states(running):
    told = recordings.load("notebook_watch_start_to_running_200")["response"]["stream"]
    wanted = [shape(e.get("event", e).get("object", e)) for e in told]
    history = [
        c for c in running.world.store.history if c.key[1:] == ("notebooks", "alice", "demo")
    ]

    seen = [shape(change.object) for change in history]

    assert [one for one in wanted if one] == [one for one in seen if one]


def shape(found: dict[str, Any]) -> Any:
    """A status without its times."""
    status = found.get("status") or {}
    conditions = [(c["type"], c["status"]) for c in status.get("conditions", ())]
    return status and (conditions, list(status["containerState"]), status["readyReplicas"])


def test_events_of_the_pod_are_said_again_on_the_notebook(running):
    recorded = recordings.load("notebook_events_200")["response"]["body"]["items"]
    events = ask(running, "GET", "/api/v1/namespaces/alice/events")["items"]
    of_notebook = {e["message"] for e in events if e["involvedObject"]["kind"] == "Notebook"}

    assert of_notebook
    assert of_notebook <= {e["message"] for e in recorded}


def test_a_pod_without_its_claim_waits_as_recorded(running):
    recorded = recordings.load("pod_get_unschedulable_200")["response"]["body"]["status"]
    patched(running, {"op": "replace", "path": CLAIM_NAME, "value": "nosuchpvc"})

    condition = dict(pod(running)["status"]["conditions"][0])
    wanted = dict(recorded["conditions"][0])
    wanted.pop("observedGeneration")
    assert condition | {"lastTransitionTime": ""} == wanted | {"lastTransitionTime": ""}


def test_another_claim_in_the_notebook_replaces_the_pod_within_its_grace(running):
    before = pod(running)["metadata"]["uid"]
    ask(running, "PATCH", f"{NOTEBOOKS}/demo",
        [{"op": "replace", "path": CLAIM_NAME, "value": "other"}], JSON_PATCH)  # fmt: skip
    running.controllers.step()

    going = pod(running)

    assert going["metadata"]["uid"] == before
    assert going["metadata"]["deletionGracePeriodSeconds"] == 30
    running.controllers.settle()
    assert pod(running)["metadata"]["uid"] != before
    assert pod(running)["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] == "other"
    assert statefulsets.ready(pod(running))


def test_a_pod_that_never_was_ready_is_replaced_only_once_it_is_deleted(running):
    running.controllers.node.unmountable.add("other")
    patched(running, {"op": "replace", "path": CLAIM_NAME, "value": "other"})
    stuck = pod(running)["metadata"]["uid"]

    patched(running, {"op": "replace", "path": CLAIM_NAME, "value": "nb-demo-home"})

    assert pod(running)["metadata"]["uid"] == stuck
    ask(running, "DELETE", f"{PODS}/demo-0")
    running.controllers.settle()
    assert statefulsets.ready(pod(running))
    assert pod(running)["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] != "other"


def test_a_stopped_notebook_has_no_pod_and_the_recorded_status(running):
    place = "/metadata/annotations/kubeflow-resource-stopped"
    patched(running, {"op": "add", "path": place, "value": "2026-11-20T23:48:10Z"})

    stopped = running.world.read("notebooks", "alice", "demo")

    assert running.world.read("pods", "alice", "demo-0") is None
    recorded = recordings.load("notebook_get_stopped_200")["response"]["body"]["status"]
    assert stopped["status"] == recorded
    patched(running, {"op": "remove", "path": place})
    assert statefulsets.ready(pod(running))


def test_annotations_reach_the_pod_at_creation_alone(cluster):  # noqa: F811
    cluster.controllers.workloads = True
    ours = {"notebooks.kfnb.dev/restore": "{}", "team": "blue"}
    cluster.world.seed(kubernetes.notebook(**ours))
    cluster.controllers.settle()
    patched(cluster, {"op": "add", "path": "/metadata/annotations/late", "value": "1"})

    made = cluster.world.read("statefulsets", "alice", "demo")

    assert made["spec"]["template"]["metadata"]["annotations"] == {"team": "blue"}
    assert made["metadata"]["generation"] == 1


def test_a_pod_binds_a_claim_that_waits_for_its_first_consumer(running):
    late = claim("late", "csi-hostpath-wffc")
    ask(running, "POST", "/api/v1/namespaces/alice/persistentvolumeclaims", late)
    running.controllers.settle()
    assert running.world.read(CLAIM.plural, "alice", "late")["status"]["phase"] == "Pending"

    patched(running, {"op": "replace", "path": CLAIM_NAME, "value": "late"})

    assert running.world.read(CLAIM.plural, "alice", "late")["status"]["phase"] == "Bound"
    assert statefulsets.ready(pod(running))


def test_a_container_that_crashes_is_counted(running):
    running.controllers.node.crashing.add("demo-0")
    running.controllers.settle()

    container = pod(running)["status"]["containerStatuses"][0]

    assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert container["restartCount"] == 5


def test_without_its_notebook_a_pod_goes_and_its_claim_stays(running):
    ask(running, "DELETE", f"{NOTEBOOKS}/demo")
    running.controllers.settle()

    assert running.world.read("pods", "alice", "demo-0") is None
    assert running.world.read(CLAIM.plural, "alice", "nb-demo-home")


def job(*command: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "one", "image": "x/y:1", "command": ["python", *command]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    made = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "work"}}
    return made | {"spec": {"template": template, "backoffLimit": 1, **spec}}


def worked(cluster: kubernetes.Cluster, until: str) -> dict[str, Any]:  # noqa: F811
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        cluster.controllers.step()
        found = cluster.world.read("jobs", "alice", "work")
        if [c["type"] for c in found["status"].get("conditions", ())] == [until]:
            return found
        time.sleep(0.02)
    raise AssertionError(found["status"])


def test_a_job_runs_its_command_and_tries_again_when_it_fails(cluster, tmp_path: Path):  # noqa: F811
    cluster.controllers.workloads = True
    run = cluster.controllers.node.start = programs.Programs(tmp_path, {"WORD": "hello"})
    code = "import os, sys, pathlib as p; f = p.Path('tried'); n = f.exists(); f.touch();" \
           "print(os.environ['WORD']); sys.exit(0 if n else 3)"  # fmt: skip
    ask(cluster, "POST", JOBS, job("-c", code))
    cluster.world.seed(kubernetes.notebook())

    done = worked(cluster, "Complete")

    assert done["status"]["failed"] == 1
    assert done["status"]["succeeded"] == 1
    assert [one.read_text() for one in run.outputs] == ["hello\n", "hello\n"]


def test_a_job_that_fails_too_often_is_given_up(cluster, tmp_path: Path):  # noqa: F811
    cluster.controllers.workloads = True
    cluster.controllers.node.start = programs.Programs(tmp_path, {})
    ask(cluster, "POST", JOBS, job("-c", "raise SystemExit(1)"))

    done = worked(cluster, "Failed")

    assert done["status"]["failed"] == 2
    assert done["status"]["conditions"][0]["reason"] == "BackoffLimitExceeded"


def test_an_ended_job_goes_when_its_time_has_come(cluster, tmp_path: Path):  # noqa: F811
    cluster.controllers.workloads = True
    cluster.controllers.node.start = programs.Programs(tmp_path, {})
    ask(cluster, "POST", JOBS, job("-c", "pass", ttlSecondsAfterFinished=60))
    worked(cluster, "Complete")

    later = cluster.world.now() + timedelta(seconds=90)
    cluster.world.clock = lambda: later
    cluster.controllers.settle()

    with cluster.world.store.lock:
        assert not list(cluster.world.store.all(JOB))
        assert not list(cluster.world.store.all(POD))


def test_a_job_deleted_without_a_word_leaves_its_pods(cluster):  # noqa: F811
    cluster.controllers.workloads = True
    for how, left in ((None, 1), ({"propagationPolicy": "Background"}, 1)):
        ask(cluster, "POST", JOBS, job("-c", "pass"))
        cluster.controllers.settle()
        ask(cluster, "DELETE", f"{JOBS}/work", how)
        cluster.controllers.settle()
        with cluster.world.store.lock:
            assert len(list(cluster.world.store.all(POD))) == left


def test_a_pod_beyond_the_quota_is_told_of_and_made_later(running):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"pods": "0"}}}
    running.world.seed(quota | {"metadata": {"name": "q", "namespace": "alice"}})
    ask(running, "DELETE", f"{PODS}/demo-0")
    for _ in range(6):
        running.controllers.step()

    assert running.world.read("pods", "alice", "demo-0") is None
    events = ask(running, "GET", "/api/v1/namespaces/alice/events")["items"]
    assert any("exceeded quota: q" in one["message"] for one in events)
