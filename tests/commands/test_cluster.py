"""`kfnb cluster`, as a person and as a script give it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kfnb_ext.model.cluster import Cluster
from tests.commands.shell import kfnb, record
from tests.fakes import alice, kubernetes


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[kubernetes.Cluster]:
    with kubernetes.Cluster() as found:
        alice.settle(found, str(tmp_path))
        monkeypatch.setenv("KUBECONFIG", str(found.kubeconfig(tmp_path)))
        monkeypatch.setenv("KFNB_NOTEBOOK", "alice/demo")
        monkeypatch.setenv("KFNB_WORKSPACE", str(tmp_path))
        yield found


def test_a_person_reads_where_what_and_how_much(running):
    said = kfnb("cluster").stdout
    for words in (
        "Cluster    Kubeflow",
        "Node       fake-node",
        "nb-demo-home",
        "csi-hostpath-sc",
        "Your namespace allows 5 volumes and has 5. (quota kf-resource-quota)",
        "You cannot take, list and delete snapshots of whole volumes: the service account",
        "You can stop and restart this notebook.",
        "kind: ClusterRole",
    ):
        assert words in said


def test_a_script_gets_the_record(running):
    found = record(Cluster, "cluster")
    assert isinstance(found, Cluster)
    assert found.place.notebook == "demo"


def test_the_role_alone_can_be_piped_to_kubectl(running):
    said = kfnb("cluster", "--role").stdout
    assert next(one["kind"] for one in yaml.safe_load_all(said)) == "ClusterRole"
    running.world.rights.allow("*", "*", "*", cluster=True)
    assert list(yaml.safe_load_all(kfnb("cluster", "--role").stdout)) == []


def test_on_a_laptop_it_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("KFNB_WORKSPACE", str(tmp_path))
    for name in ("KUBECONFIG", "KFNB_NOTEBOOK", "KUBERNETES_SERVICE_HOST", "NB_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    said = kfnb("cluster").stdout
    assert said == "No Kubernetes cluster is known here. This is normal outside a pod.\n"
