"""The route `cluster` on a real server, over a cluster that answers, and over one that hangs."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from kfnb_ext.model.cluster import Cluster
from tests.fakes import alice, kubernetes
from tests.fakes.kubernetes import faults
from tests.server import live


@pytest.fixture(scope="module")
def running() -> Iterator[kubernetes.Cluster]:
    with kubernetes.Cluster() as found:
        yield found


@pytest.fixture(scope="module")
def notebook(
    running: kubernetes.Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[live.Live]:
    home = tmp_path_factory.mktemp("cluster")
    alice.settle(running, str(home / "workspace"))
    reach = {"KUBECONFIG": str(running.kubeconfig(home)), "KFNB_NOTEBOOK": "alice/demo"}
    with live.running(home, env=reach) as found:
        yield found


@pytest.fixture(autouse=True)
def _well(running: kubernetes.Cluster) -> Iterator[None]:
    yield
    running.faults.clear()


def test_nothing_is_asked_of_the_cluster_before_somebody_looks(running, notebook):
    notebook.get("status")
    time.sleep(0.5)
    assert running.log == []


def test_a_look_is_the_record(running, notebook):
    answer = notebook.get("cluster", fresh=1)
    assert answer.status_code == 200, answer.text
    found = msgspec.json.decode(answer.content, type=Cluster)
    assert (found.place.platform, found.place.notebook) == ("kubeflow", "demo")
    assert found.place.mounted[0].workspace
    assert found.role.startswith("# Lets the notebooks")


def test_a_second_look_asks_nothing_and_a_fresh_one_asks_anew(running, notebook):
    notebook.get("cluster")
    many = len(running.log)
    notebook.get("cluster")
    assert len(running.log) == many
    notebook.get("cluster", fresh=1)
    assert len(running.log) > many


def test_a_cluster_that_hangs_holds_up_no_other_answer(running, notebook):
    running.faults.always(faults.silent(60))
    with ThreadPoolExecutor(6) as many:
        waiting = [many.submit(notebook.get, "cluster", fresh=1) for _ in range(6)]
        time.sleep(0.5)
        for path in ("status", "snapshots", "operations", "keep-awake"):
            began = time.monotonic()
            assert notebook.get(path).status_code == 200
            assert time.monotonic() - began < 6.0, path
        answers = [one.result() for one in waiting]
    assert {one.status_code for one in answers} == {200}
    notes = msgspec.json.decode(answers[0].content, type=Cluster).notes
    assert notes


def test_who_is_not_signed_in_sees_nothing(notebook):
    assert notebook.stranger.get("kfnb/v1/cluster").status_code == 403
