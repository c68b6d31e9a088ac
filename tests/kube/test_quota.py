"""What the namespace has left, as the API server answers it, and as it then decides."""

import contextlib
import json
from pathlib import Path

import pytest

from kfnb_ext.kube import quota
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model import quotas
from tests.fakes.kubernetes import faults

VECTORS = Path(__file__).parents[1] / "vectors" / "kubernetes"
GIB = 1 << 30


def recorded(name: str) -> list[dict]:
    body = json.loads((VECTORS / f"{name}.json").read_text())["response"]["body"]
    kind = body["kind"].removesuffix("List")
    return [{"apiVersion": "v1", "kind": kind, **item} for item in body["items"]]


@pytest.fixture
def bounded(cluster):
    cluster.world.seed(*recorded("resourcequota_list_200"), *recorded("limitrange_list_200"))
    return cluster


def claim(size: str) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "more", "namespace": "alice"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "other-driver",
            "resources": {"requests": {"storage": size}},
        },
    }


def test_a_recorded_quota_has_its_lines(bounded, door):
    found = {line.resource: line for line in quota.lines(door, "alice")}
    assert (found["requests.cpu"].hard, found["requests.cpu"].used) == (4, 0)
    assert found["count/notebooks.kubeflow.org"].left == 1


@pytest.mark.parametrize(("size", "fits"), [("2Gi", True), ("3Gi", False), ("4Gi", False)])
def test_the_advice_says_before_what_the_dry_run_then_decides(bounded, door, size, fits):
    wanted = int(size[0]) * GIB
    told = quota.advice(door, "alice", quotas.for_claim(wanted, "other-driver"), [wanted])
    assert (told == ()) is fits
    refused = contextlib.nullcontext() if fits else pytest.raises(failures.Refused)
    with refused:
        door.create(address.CLAIMS.at("alice"), claim(size), dry_run=True)


def test_who_may_not_look_at_quotas_is_not_held_up(bounded, door):
    bounded.world.rights.deny("", "resourcequotas")
    assert quota.advice(door, "alice", {"persistentvolumeclaims": 99}) == ()


def test_a_cluster_that_fails_is_told_and_not_taken_for_room(bounded, door):
    bounded.faults.always(faults.broken())
    with pytest.raises(failures.ClusterError):
        quota.advice(door, "alice", {"persistentvolumeclaims": 99})


@pytest.mark.parametrize(
    ("kind", "memory", "told"),
    [
        ("Container", "8Gi", 0),
        ("Container", "9Gi", 1),
        ("Pod", "5Gi", 0),
        ("Pod", "6Gi", 1),
        ("PersistentVolumeClaim", "99Gi", 0),
    ],
)
def test_a_limit_for_containers_or_pods_is_told_before_a_pod_is_refused(
    cluster, door, kind, memory, told
):
    held = {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": memory}}}
    side = {"name": "side", "resources": {"limits": {"memory": "3Gi"}}}
    limit = {"apiVersion": "v1", "kind": "LimitRange", "spec": {"limits": [
        {"type": kind, "max": {"memory": "8Gi", "storage": "1Gi"}}]}}  # fmt: skip
    cluster.world.seed(limit | {"metadata": {"name": "most", "namespace": "alice"}})

    found = quota.heavy(door, "alice", {"containers": [{"name": "demo"} | held, side]})

    assert len(found) == told
    assert all("(limit most)" in one for one in found)
