"""Patches of a Notebook and of a claim: exact, tested, and refused by the API server when stale."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfnb_ext.kube import client
from kfnb_ext.kube.client import failures
from kfnb_ext.kube.client.access import Access
from kfnb_ext.kube.client.address import CLAIMS, NOTEBOOKS
from kfnb_ext.model import advice, patches
from tests.fakes import kubernetes
from tests.fakes.kubernetes import patches as applying

KNOWN = advice.Known(namespace="alice", notebook="demo")
GIB = 1 << 30
HOME = {"name": "home", "persistentVolumeClaim": {"claimName": "nb-demo-home"}}
DSHM = {"name": "dshm", "emptyDir": {"medium": "Memory"}}
AT_HOME = {"name": "home", "mountPath": "/home/jovyan"}
AT_SHM = {"name": "dshm", "mountPath": "/dev/shm"}
RECORDED = Path(__file__).parents[1] / "vectors" / "kubernetes" / "notebook_get_running_200.json"


def spec(volumes: Any = (HOME,), mounts: Any = (AT_HOME,), **container: Any) -> dict[str, Any]:
    """A Notebook's spec; None leaves a list out. A sidecar stands before the notebook."""
    nb: dict[str, Any] = {"name": "demo", **container}
    pod: dict[str, Any] = {"containers": [{"name": "oauth-proxy"}, nb]}
    if volumes is not None:
        pod["volumes"] = list(volumes)
    if mounts is not None:
        nb["volumeMounts"] = list(mounts)
    return copy.deepcopy({"template": {"spec": pod}})


def applied(before: dict[str, Any], patch: patches.Patch) -> dict[str, Any]:
    """The pod's spec after the patch; the YAML must hold the very same operations."""
    assert yaml.safe_load(patch.yaml) == list(patch.operations)
    after = applying.json({"spec": before}, list(patch.operations))
    return dict(after["spec"]["template"]["spec"])


def test_a_notebook_without_shm_gets_a_volume_and_its_mount():
    pod = applied(spec(), patches.shm(KNOWN, spec(), 2 * GIB))
    new = {"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}
    assert pod["volumes"] == [HOME, new]
    assert pod["containers"][1]["volumeMounts"] == [AT_HOME, AT_SHM]
    assert "volumeMounts" not in pod["containers"][0]


@pytest.mark.parametrize(
    ("volumes", "mounts"),
    [
        ([DSHM, HOME], [AT_SHM, AT_HOME]),
        ([HOME, DSHM], [AT_HOME, AT_SHM]),
        ([HOME, DSHM], [{"name": "dshm", "mountPath": "/dev/shm/"}]),
        ([HOME, HOME | {"name": "data"}, DSHM], [AT_SHM]),
        ([HOME, {"name": "dshm"}], [AT_SHM]),  # no source: an emptyDir on the disk
        ([HOME, {"name": "dshm", "emptyDir": {}}], [AT_SHM]),
    ],
)
def test_a_volume_that_is_mounted_at_shm_gets_the_size_wherever_it_stands(
    volumes: Any, mounts: Any
):
    before = spec(volumes, mounts)
    patch = patches.shm(KNOWN, before, 3 * GIB)
    pod = applied(before, patch)
    (found,) = (one for one in pod["volumes"] if one["name"] == "dshm")
    assert found == {"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": "3Gi"}}
    assert [one for one in pod["volumes"] if one["name"] != "dshm"] == [
        one for one in volumes if one["name"] != "dshm"
    ]
    assert pod["containers"][1]["volumeMounts"] == mounts
    (place,) = patch.touches
    assert place == f"/spec/template/spec/volumes/{pod['volumes'].index(found)}"


def test_a_volume_of_another_name_is_found_by_its_mount():
    volume = {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}
    before = spec([HOME, volume], [{"name": "shm", "mountPath": "/dev/shm"}])
    pod = applied(before, patches.shm(KNOWN, before, 2 * GIB))
    assert pod["volumes"][1]["emptyDir"] == {"medium": "Memory", "sizeLimit": "2Gi"}


def test_a_memory_volume_that_is_mounted_elsewhere_or_nowhere_is_mounted_here():
    before = spec([DSHM, HOME])
    before["template"]["spec"]["containers"][0]["volumeMounts"] = [AT_SHM]
    pod = applied(before, patches.shm(KNOWN, before, 2 * GIB))
    assert [one["name"] for one in pod["volumes"]] == ["dshm", "home"]
    assert pod["containers"][1]["volumeMounts"] == [AT_HOME, AT_SHM]
    sized = spec([{"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}])
    assert patches.shm(KNOWN, sized, 2 * GIB).touches == (
        "/spec/template/spec/containers/1/volumeMounts/-",
    )


def test_a_name_that_something_else_has_is_not_taken():
    before = spec([HOME, {"name": "dshm", "persistentVolumeClaim": {"claimName": "x"}}])
    pod = applied(before, patches.shm(KNOWN, before, GIB))
    assert [one["name"] for one in pod["volumes"]] == ["home", "dshm", "dshm-2"]
    assert pod["containers"][1]["volumeMounts"][-1]["name"] == "dshm-2"


@pytest.mark.parametrize("volumes", [None, []])
@pytest.mark.parametrize("mounts", [None, []])
def test_lists_that_are_not_there_are_made(volumes: Any, mounts: Any):
    before = spec(volumes, mounts)
    pod = applied(before, patches.shm(KNOWN, before, GIB))
    assert [one["name"] for one in pod["volumes"]] == ["dshm"]
    assert pod["containers"][1]["volumeMounts"] == [AT_SHM]


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (spec([HOME], [{"name": "home", "mountPath": "/dev/shm"}]), "Another volume"),
        (spec([], [AT_SHM]), "Another volume"),  # its volume is not there
        (
            spec([DSHM | {"emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}], [AT_SHM]),
            "already",
        ),
        ({}, "no container"),
        ({"template": {"spec": {"containers": []}}}, "no container"),
        ({"template": {"spec": None}}, "no container"),
        ({"template": "x"}, "no container"),
    ],
)
def test_what_cannot_be_patched_is_refused_with_the_reason(before: dict[str, Any], why: str):
    patch = patches.shm(KNOWN, before, GIB)
    assert why in patch.refused
    assert (patch.operations, patch.yaml, patch.touches) == ((), "", ())


@pytest.mark.parametrize(
    "resources",
    [
        None,
        {},
        {"limits": {}},
        {"limits": {"cpu": "2"}},
        {"limits": {"memory": "8Gi", "nvidia.com/gpu": 1}, "requests": {"memory": "4Gi"}},
        {"requests": {"memory": "4Gi", "cpu": "500m"}},
        {"limits": None, "requests": None},
    ],
)
def test_memory_raises_limit_and_request_and_leaves_the_rest(resources: Any):
    before = spec(**({} if resources is None else {"resources": resources}))
    pod = applied(before, patches.memory(KNOWN, before, 12 * GIB))
    after = pod["containers"][1]["resources"]
    for part in ("limits", "requests"):
        was = (resources or {}).get(part) or {}
        assert after[part] == {**was, "memory": "12Gi"}
    assert "resources" not in pod["containers"][0]


def test_cpu_leaves_the_request_unless_it_is_named():
    before = spec(resources={"limits": {"cpu": "1200m"}, "requests": {"cpu": 1}})
    after = applied(before, patches.cpu(KNOWN, before, 2.5))["containers"][1]["resources"]
    assert after == {"limits": {"cpu": "2.5"}, "requests": {"cpu": 1}}
    both = applied(before, patches.cpu(KNOWN, before, 2.5, request=2))["containers"][1]
    assert both["resources"]["requests"] == {"cpu": "2"}


def test_a_limit_that_the_notebook_has_already_is_not_lowered():
    before = spec(resources={"limits": {"memory": "16Gi"}})
    patch = patches.memory(KNOWN, before, 12 * GIB)
    assert (patch.operations, "16Gi already" in patch.refused) == ((), True)


def test_a_claim_grows_and_never_shrinks():
    body = {"spec": {"resources": {"requests": {"storage": "10Gi"}}}}
    patch = patches.claim(KNOWN, "home", body, 15 * GIB)
    assert applying.json(body, list(patch.operations))["spec"]["resources"]["requests"] == {
        "storage": "15Gi"
    }
    assert (patch.kind, patch.name, patch.certain) == ("pvc", "home", True)
    assert "kubectl -n alice patch pvc home --type=json" in patch.yaml
    assert patches.claim(KNOWN, "home", body, 10 * GIB).refused
    blind = patches.claim(KNOWN, "", None, GIB)
    assert "patch pvc PVC " in blind.yaml
    assert not blind.certain


def test_a_home_gets_a_claim_that_the_user_names():
    before = spec([DSHM], [AT_SHM])
    patch = patches.home(KNOWN, before, "/home/jovyan")
    assert applied(before, patch)["volumes"][1]["persistentVolumeClaim"] == {"claimName": "CLAIM"}
    assert "for CLAIM" in patch.yaml
    assert "already: restart it" in patches.home(KNOWN, spec(), "/home/jovyan").refused


def test_two_patches_are_one_and_each_test_is_made_once():
    before = spec([HOME, DSHM], [AT_SHM], resources={"limits": {"memory": "8Gi"}})
    more = patches.shm(KNOWN, before, 2 * GIB)
    patch = patches.both(more, patches.memory(KNOWN, before, 10 * GIB))
    pod = applied(before, patch)
    assert pod["volumes"][1]["emptyDir"]["sizeLimit"] == "2Gi"
    assert pod["containers"][1]["resources"]["limits"]["memory"] == "10Gi"
    assert sum(one["path"].endswith("/name") for one in patch.operations) == 1
    refused = patches.memory(KNOWN, before, GIB)
    assert patches.both(more, refused) == patches.both(refused, more) == more


def test_without_the_notebook_a_patch_says_that_it_guesses_and_its_tests_refuse_a_wrong_guess():
    before = spec([HOME, DSHM], [AT_SHM])
    for patch in (
        patches.shm(KNOWN, None, GIB, mounted=True),
        patches.memory(KNOWN, None, GIB),
        patches.home(KNOWN, None, "/home/jovyan"),
    ):
        assert not patch.certain
        assert "are guesses" in patch.yaml
        with pytest.raises(LookupError):
            applied(before, patch)
    alone = copy.deepcopy(before)
    del alone["template"]["spec"]["containers"][0]
    with pytest.raises(LookupError):  # the container is right, and the volume is another
        applied(alone, patches.shm(KNOWN, None, GIB, mounted=True))
    alone["template"]["spec"]["volumes"].reverse()
    pod = applied(alone, patches.shm(KNOWN, None, GIB, mounted=True))
    assert pod["volumes"][0]["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Gi"}


def test_no_environment_variable_ever_stands_in_a_patch():
    before = spec([HOME, DSHM], [AT_SHM], env=[{"name": "TOKEN", "value": "s3cret"}])
    for patch in (
        patches.shm(KNOWN, before, GIB),
        patches.memory(KNOWN, before, GIB),
        patches.home(KNOWN, before, "/x"),
    ):
        assert "s3cret" not in patch.yaml


@pytest.fixture
def cluster() -> Iterator[kubernetes.Cluster]:
    with kubernetes.Cluster() as running:
        running.world.seed(json.loads(RECORDED.read_text())["response"]["body"])
        yield running


@pytest.fixture
def door(cluster: kubernetes.Cluster, tmp_path: Path) -> client.Client:
    environment = {"KUBECONFIG": str(cluster.kubeconfig(tmp_path))}
    return client.Client(Access(environment, tmp_path / "none"), sleep=lambda _: None)


def test_the_api_server_takes_them_and_refuses_them_once_the_notebook_is_another(
    door: client.Client,
):
    place = NOTEBOOKS.at("alice", "demo")
    read = door.get(place).body["spec"]
    patch = patches.both(
        patches.shm(KNOWN, read, 2 * GIB), patches.memory(KNOWN, read, 4 * GIB)
    )  # fmt: skip
    assert patch.certain
    door.patch_json(place, patch.operations, touches=patch.touches)
    pod = door.get(place).body["spec"]["template"]["spec"]
    assert pod["volumes"][1] == {
        "name": "dshm",
        "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"},
    }
    assert pod["containers"][0]["resources"]["requests"] == {"cpu": "500m", "memory": "4Gi"}
    with pytest.raises(failures.ClusterError) as refused:
        door.patch_json(place, patch.operations, touches=patch.touches)
    assert refused.value.reason == "test_failed"


def test_a_claim_is_enlarged_by_its_patch(door: client.Client, cluster: kubernetes.Cluster):
    cluster.world.seed(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "home", "namespace": "alice"},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "10Gi"}},
                "storageClassName": "expand",
                "volumeName": "pv",
            },
            "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}},
        },
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "expand"},
            "provisioner": "x",
            "allowVolumeExpansion": True,
        },
    )
    place = CLAIMS.at("alice", "home")
    patch = patches.claim(KNOWN, "home", door.get(place).body, 15 * GIB)
    door.patch_json(place, patch.operations, touches=patch.touches)
    assert door.get(place).body["spec"]["resources"]["requests"] == {"storage": "15Gi"}
