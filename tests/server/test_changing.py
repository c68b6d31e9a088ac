"""Growth, patches, stop and restart over HTTP, by a live server in a cluster."""

import os
from collections.abc import Iterator

import pytest

from tests.server import live
from tests.services.changes.field import ADVICE, Field

# /dev/shm as a container runtime gives it, so that there is something to fix.
PROGRAM = (
    "-c",
    "from tests.fakes import small_shm; small_shm.pod(64); "
    "from jupyter_server.serverapp import main; main()",
)

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="NOT ROOT: nothing can be mounted, a small /dev/shm is not there"
)


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    made = Field(tmp_path_factory.mktemp("cluster"))
    with made.cluster:
        yield made


@pytest.fixture(scope="module")
def server(field: Field, tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Live]:
    env = {"KUBECONFIG": str(field.folder / "kubeconfig"), "KFNB_NOTEBOOK": "alice/demo"}
    home = tmp_path_factory.mktemp("server")
    with live.running(home, env=env, program=PROGRAM) as found:
        yield found


@needs_root
def test_a_claim_is_previewed_and_grown(server, field):
    plan = server.post("claims/demo-home/grow/preview", {"size": "+1Gi"})
    assert plan.status_code == 200, plan.text
    assert plan.json()["possible"]
    ended = server.ended(server.post("claims/demo-home/grow", {"size": "+1Gi"}))
    assert ended["state"] == "succeeded", ended
    assert ended["kind"] == "grow"
    found = field.read("persistentvolumeclaims", "demo-home")
    assert found["status"]["capacity"] == {"storage": "2Gi"}


@needs_root
def test_a_size_that_is_none_and_a_claim_that_is_not_there_are_refused(server):
    wrong = server.post("claims/demo-home/grow/preview", {"size": "much"})
    assert wrong.status_code == 400
    gone = server.post("claims/gone/grow/preview", {"size": "2Gi"})
    assert gone.status_code == 404
    assert gone.json()["hint"]


@needs_root
def test_an_advice_is_applied_as_it_was_shown_and_taken_back(server, field):
    before = field.spec
    plan = server.post("patches/preview", {"advice": ADVICE}).json()
    assert plan["possible"], plan
    ended = server.ended(server.post("patches", {"advice": ADVICE, "shown": plan["yaml"]}))
    assert ended["state"] == "succeeded", ended
    assert field.spec != before
    (kept,) = server.get("patches").json()["patches"]
    assert server.post(f"patches/{kept['id']}/undo/preview").json()["possible"]
    ended = server.ended(server.post(f"patches/{kept['id']}/undo"))
    assert ended["state"] == "succeeded", ended
    assert field.spec == before
    assert server.post(f"patches/{kept['id']}/undo").status_code == 409


@needs_root
def test_the_notebook_is_restarted_and_stopped_behind_a_snapshot(server, field):
    old = field.pod_uid
    ended = server.ended(server.post("notebook/restart", {}))
    assert ended["state"] == "succeeded", ended
    field.settle()
    assert field.pod_uid not in (None, old)
    wish = {"snapshot": "local", "reason": "the weekend"}
    ended = server.ended(server.post("notebook/stop", wish))
    assert ended["state"] == "succeeded", ended
    assert server.get(f"snapshots/local/{ended['snapshot']}").json()["note"] == "the weekend"
    field.settle()
    assert field.pod_uid is None
    assert server.ended(server.post("notebook/stop", {}))["state"] == "failed"
    start(field)


def start(field: Field) -> None:
    found = field.notebook
    del found["metadata"]["annotations"]["kubeflow-resource-stopped"]
    field.cluster.world.seed(found)
    field.settle()


def test_without_a_cluster_each_of_them_says_so(tmp_path):
    with live.running(tmp_path, env={"KUBECONFIG": ""}) as bare:
        for path, body in (
            ("claims/a/grow/preview", {"size": "2Gi"}),
            ("patches/preview", {"advice": ADVICE}),
            ("notebook/stop", {}),
            ("notebook/restart", {}),
        ):
            refused = bare.post(path, body)
            assert refused.status_code == 501, refused.text
            assert refused.json()["hint"]
        assert bare.get("patches").json()["patches"] == []
        assert bare.get("patches").json()["note"]
