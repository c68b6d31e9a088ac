"""Where this notebook lives, as the cluster tells it."""

import base64
import copy
import json
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.kube import claims, place
from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.access import Access
from tests.fakes.kubernetes.kinds import POD

VECTORS = Path(__file__).parents[1] / "vectors" / "kubernetes"


def recorded(name: str) -> dict:
    return json.loads((VECTORS / f"{name}.json").read_text())["response"]["body"]


@pytest.fixture
def client(cluster, tmp_path):
    return Client(Access({"KUBECONFIG": str(cluster.kubeconfig(tmp_path))}, tmp_path / "none"))


def names(**environment: str) -> place.Names:
    return place.names(environment, namespace_file=Path("/nonexistent"))


def test_the_prefix_names_the_notebook_whatever_the_host_is_called():
    known = names(
        NB_PREFIX="/notebook/alice/demo", KUBERNETES_SERVICE_HOST="10.0.0.1", HOSTNAME="nb-x7-0"
    )
    assert known == place.Names("kubeflow", "alice", "demo", "nb-x7-0")


def test_outside_a_pod_the_option_names_the_notebook():
    known = place.names({}, "alice/demo", Path("/nonexistent"))
    assert known == place.Names("none", "alice", "demo", "demo-0")


def told(token: str, folder: Path) -> str:
    (folder / "token").write_text(token)
    within = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "HOSTNAME": "ws-lab-x7k2p-0"}
    return place.names(within, namespace_file=folder / "namespace").account


def test_the_token_says_whose_it_is_for_nobody_else_would_tell_who_may_read_nothing(tmp_path):
    said = {"sub": "system:serviceaccount:alice:ws-lab", "exp": 1}
    middle = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    assert told(f"e30.{middle}.x", tmp_path) == "ws-lab"


@pytest.mark.parametrize(
    "token", ["", "opaque", "a.b.c", "a.bnVsbA.c", "a.eyJzdWIiOiJ4In0.c", "a.é.c"]
)
def test_a_token_that_does_not_say_it_leaves_it_unknown(tmp_path, token):
    assert told(token, tmp_path) == ""


def test_what_is_not_known_is_asked_of_nobody(client):
    with pytest.raises(errors.Unsupported, match="not known"):
        place.look(client, names(), "/home/jovyan")


def test_the_pod_tells_its_claims_its_node_and_its_image(cluster, client):
    pod = recorded("pod_get_200")
    claim = recorded("pvc_get_bound_200")
    claim["metadata"]["name"] = place.mounts(pod, pod["spec"]["containers"][0])[0][1]
    cluster.world.seed(pod, claim)
    here = place.look(
        client, names(NB_PREFIX="/notebook/alice/demo", KUBERNETES_SERVICE_HOST="x",
                      HOSTNAME="demo-0"), "/home/jovyan/work"
    )  # fmt: skip
    assert (here.platform, here.pod, here.container) == ("kubeflow", "demo-0", "demo")
    assert here.node == pod["spec"]["nodeName"]
    (home,) = [one for one in here.mounted if one.workspace]
    assert (home.mount, home.claim.name) == ("/home/jovyan", claim["metadata"]["name"])
    assert home.claim.capacity == home.claim.requested
    assert home.claim.driver == "hostpath.csi.k8s.io"


def test_a_class_that_may_not_be_read_leaves_its_fields_unknown():
    body = recorded("pvc_get_bound_200")
    assert claims.of(body).expandable is None
    assert claims.of(body, {"provisioner": "x"}).expandable is False


@pytest.mark.parametrize(
    ("image_id", "digest"),
    [
        ("docker.io/a/b@sha256:12", "docker.io/a/b@sha256:12"),
        ("docker-pullable://a/b@sha256:12", "a/b@sha256:12"),
        ("sha256:12", ""),
        ("", ""),
    ],
)
def test_only_what_can_be_pulled_is_a_digest(image_id, digest):
    pod = {"spec": {}, "status": {"containerStatuses": [{"name": "demo", "imageID": image_id}]}}
    assert place.digest(pod, {"name": "demo"}) == digest


def test_the_deepest_mount_above_holds_the_workspace():
    mounts = [({"mountPath": path}, path) for path in ("/", "/home/jovyan", "/home/jovyan/data")]
    assert place.workspace_mount(mounts, "/home/jovyan/data/x") == {
        "mountPath": "/home/jovyan/data"
    }
    assert place.workspace_mount(mounts, "/home/jovyandata") == {"mountPath": "/"}


def test_a_growth_under_way_is_told_in_words():
    body = copy.deepcopy(recorded("pvc_get_after_expand_200"))
    assert "grow on the node" in claims.of(body).resizing


def workspace() -> dict:
    data = {"pvcName": "shared", "mountPath": "/home/jovyan/data", "readOnly": True}
    volumes = {"home": "home-claim", "data": [data]}
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "lab", "namespace": "alice"},
        "spec": {"paused": False, "kind": "jupyterlab", "podTemplate": {"volumes": volumes}},
    }


def seeded_claims(*of: str) -> list[dict]:
    made = []
    for name in of:
        body = recorded("pvc_get_bound_200")
        body["metadata"]["name"] = name
        made.append(body)
    return made


def test_a_stopped_notebook_is_known_by_its_notebook(cluster, client):
    cluster.world.seed(*seeded_claims("demo-home"))
    here = place.look(client, place.names({}, "alice/demo", Path("/none")), "/home/jovyan")
    assert (here.platform, here.notebook, here.pod_uid, here.node) == ("kubeflow", "demo", "", "")
    assert [(one.claim.name, one.workspace) for one in here.mounted] == [("demo-home", True)]


def test_a_stopped_workspace_is_known_by_its_workspace(cluster, client):
    cluster.world.rights.allow("kubeflow.org", "workspaces", "get")
    paused = workspace() | {"status": {"podTemplatePod": {"serviceAccountName": "ws-lab"}}}
    cluster.world.seed(paused, *seeded_claims("home-claim", "shared"))
    here = place.look(client, place.names({}, "alice/lab", Path("/none")), "/home/jovyan")
    assert (here.platform, here.notebook) == ("workspaces", "lab")
    assert here.service_account == "ws-lab"  # a role is bound to it
    home, data = here.mounted
    assert (home.claim.name, home.mount, home.workspace) == ("home-claim", "", False)
    assert (data.claim.name, data.mount, data.read_only) == ("shared", "/home/jovyan/data", True)


def test_outside_a_workspace_that_runs_is_known_by_the_pod_that_its_status_names(cluster, client):
    cluster.world.rights.allow("kubeflow.org", "workspaces", "get")
    pod, body = recorded("pod_get_200"), workspace()
    claim = place.mounts(pod, pod["spec"]["containers"][0])[0][1]
    pod["metadata"] |= {
        "name": "ws-lab-x7k2p-0", "labels": {"notebooks.kubeflow.org/workspace-name": "lab"},
    }  # fmt: skip
    body["status"] = {"state": "Running", "podTemplatePod": {"name": "ws-lab-x7k2p-0"}}
    cluster.world.seed(pod, body, *seeded_claims(claim))
    here = place.look(client, place.names({}, "alice/lab", Path("/none")), "/home/jovyan")
    assert (here.platform, here.notebook, here.pod) == ("workspaces", "lab", "ws-lab-x7k2p-0")
    assert here.node == pod["spec"]["nodeName"]
    assert "/home/jovyan" in [one.mount for one in here.mounted]
    with cluster.world.store.lock:  # it is being made anew
        cluster.world.store.remove(POD, pod)
    here = place.look(client, place.names({}, "alice/lab", Path("/none")), "/home/jovyan")
    assert (here.platform, here.pod_uid) == ("workspaces", "")


def test_what_is_nowhere_is_said_to_be_nowhere(client):
    with pytest.raises(errors.NotFound, match="no pods “gone-0”"):
        place.look(client, place.names({}, "alice/gone", Path("/none")), "/home/jovyan")


@pytest.mark.parametrize(
    ("labels", "platform"),
    [
        ({"notebook-name": "demo"}, "kubeflow"),
        ({"notebook-name": "demo", "opendatahub.io/workbenches": "true"}, "openshift"),
        ({"notebooks.kubeflow.org/workspace-name": "demo"}, "workspaces"),
        ({"hub.jupyter.org/username": "alice"}, "hub"),
        ({"app": "x"}, "pod"),
    ],
)
def test_a_pod_whose_environment_is_silent_is_known_by_its_labels(
    cluster, client, labels, platform
):
    pod = recorded("pod_get_200")
    pod["metadata"]["labels"] = labels
    pod["spec"]["volumes"] = []
    cluster.world.seed(pod)
    known = names(KUBERNETES_SERVICE_HOST="x", HOSTNAME="demo-0")
    here = place.look(client, place.Names(known.platform, "alice", "", known.pod), "/home/jovyan")
    assert here.platform == platform
    assert here.notebook == ("demo" if platform not in ("hub", "pod") else "")


def test_the_environment_of_openshift_and_of_workspaces_is_told_apart_by_the_pod(cluster, client):
    pod = recorded("pod_get_200")
    pod["metadata"]["labels"] = {"opendatahub.io/workbenches": "true"}
    cluster.world.seed(pod)
    known = names(NB_PREFIX="/notebook/alice/demo", KUBERNETES_SERVICE_HOST="x", HOSTNAME="demo-0")
    assert place.look(client, known, "/home/jovyan").platform == "openshift"
    inside = names(
        NB_PREFIX="/workspace/connect/alice/demo/jupyterlab/",
        KUBERNETES_SERVICE_HOST="x",
        HOSTNAME="demo-0",
    )
    assert place.look(client, inside, "/home/jovyan").platform == "workspaces"
