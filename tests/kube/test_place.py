"""Where this notebook lives, as the cluster tells it."""

import copy
import json
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.kube import claims, place
from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.access import Access

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
