"""The door against an API server on the wire."""

from kfnb_ext.kube import client
from kfnb_ext.kube.client import address
from tests.fakes.kubernetes import Cluster

DEMO = address.NOTEBOOKS.at("alice", "demo")
ACTIVITY = "notebooks.kubeflow.org/last-activity"


def test_an_object_is_read_with_the_servers_clock(door: client.Client):
    answer = door.get(DEMO)

    assert answer.body["metadata"]["name"] == "demo"
    assert answer.date is not None
    assert answer.date.utcoffset() is not None


def test_a_merge_patch_changes_an_annotation_and_not_the_generation(
    door: client.Client, cluster: Cluster
):
    patch = {"metadata": {"annotations": {ACTIVITY: "2026-01-01T00:00:00Z"}}}

    answer = door.patch_merge(DEMO, patch)

    assert answer.body["metadata"]["annotations"][ACTIVITY] == "2026-01-01T00:00:00Z"
    assert answer.body["metadata"]["generation"] == 1
    assert cluster.log[-1].query["fieldManager"] == "kfnb-ext"
