"""The engine of whole volumes, over the fake cluster: what is its own beside the contract."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb_ext.engines.csi import keys
from kfnb_ext.engines.csi.engine import CsiEngine
from tests.engines import csi_pod, trees
from tests.engines.csi_pod import Time
from tests.fakes.kubernetes import Cluster


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def cluster(time: Time, workspace: Path) -> Iterator[Cluster]:
    with Cluster(clock=time.read) as running:
        running.controllers.automatic = True
        csi_pod.allow(running)
        csi_pod.seed(running, {str(workspace): "home", "/data": "data"})
        yield running


@pytest.fixture
def engine(cluster: Cluster, tmp_path: Path, workspace: Path, time: Time) -> CsiEngine:
    return csi_pod.engine(csi_pod.door(cluster, tmp_path, time), workspace, time)


def test_all_volumes_of_the_pod_become_one_set(engine: CsiEngine, cluster: Cluster):
    made = engine.create("before upgrade", "manual", trees.Listening(), "a note")

    assert [one.claim for one in made.volumes] == ["home", "data"]
    assert (made.state, made.together, made.note) == ("ready", False, "a note")
    assert engine.list() == (made,)
    found = cluster.world.read("volumesnapshots", "alice", made.volumes[0].object)
    assert found
    volume = json.loads(found["metadata"]["annotations"][keys.VOLUME])
    assert (volume["claim"], volume["capacity"]) == ("home", 2 << 30)
    assert found["metadata"]["labels"][keys.SET] == made.id


def test_a_deleted_set_is_gone(engine: CsiEngine, cluster: Cluster):
    made = engine.create("", "manual", trees.Listening())
    engine.delete(made.id, trees.Listening())
    assert engine.list() == ()
    assert cluster.world.read("volumesnapshots", "alice", made.volumes[0].object) is None
