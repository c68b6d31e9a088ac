"""The list over two engines: a cluster that hangs or refuses costs its own part alone."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb_ext import state
from kfnb_ext.engines.local import LocalEngine
from kfnb_ext.model import retention
from kfnb_ext.model import snapshots as model
from kfnb_ext.services.listing import DEADLINE
from kfnb_ext.services.operations import Operations
from kfnb_ext.services.policy import Policy
from kfnb_ext.services.snapshots import Snapshots
from tests.engines.csi_pod import GROUP, World
from tests.fakes.kubernetes import faults


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as running:
        yield running


@pytest.fixture
def both(world: World) -> Snapshots:
    place = state.State(world.workspace, str(world.folder / "state"))
    operations = Operations(place, "server", logging.getLogger("tests"))
    policy = Policy(
        read_only=False, snapshots_enabled=True, retention=retention.Retention(last=1)
    )  # fmt: skip
    makers = {
        "local": lambda: LocalEngine(world.workspace, exclude=(), share=1.0),
        "csi": world.engine,
    }
    return Snapshots(makers, operations, policy)


def taken(both: Snapshots, engine: model.EngineName, name: str = "", note: str = "") -> str:
    running = both.create(model.CreateRequest(engine=engine, name=name, note=note))
    assert running.wait(60)
    assert running.record.state == "succeeded", running.record
    return running.record.snapshot or ""


def test_the_snapshots_of_both_engines_are_one_list(both: Snapshots):
    ids = {taken(both, "local", "files", "a note"), taken(both, "csi", "volumes", "another")}
    listed = both.list()
    assert {one.id for one in listed.snapshots} == ids
    assert {one.note for one in listed.snapshots} == {"a note", "another"}
    assert [(one.engine, one.available) for one in listed.engines] == [
        ("local", True),
        ("csi", True),
    ]
    assert {one.engine for one in both.list("csi").snapshots} == {"csi"}


def test_a_cluster_that_hangs_leaves_the_other_engine_its_list(both: Snapshots, world: World):
    mine = taken(both, "local")
    world.cluster.faults.always(faults.silent(30))
    began = time.monotonic()
    listed = both.list()
    assert time.monotonic() - began < DEADLINE + 3
    assert [one.id for one in listed.snapshots] == [mine]
    csi = listed.engines[1]
    assert not csi.available
    assert csi.reason
    assert not csi.absent


def test_a_right_that_is_missing_is_told_with_its_role(both: Snapshots, world: World):
    world.cluster.world.rights.deny(GROUP, "volumesnapshots")
    csi = both.list().engines[1]
    assert not csi.available
    assert "aggregate-to-kubeflow-edit" in csi.role


def test_a_prune_is_of_one_engine(both: Snapshots, world: World):
    first, mine = taken(both, "csi"), taken(both, "local")
    world.time.sleep(5)
    last = taken(both, "csi")
    plan = both.prune_plan(retention.PruneRequest(engine="csi"))
    assert (plan.keep, plan.delete, plan.bytes_freed) == ((last,), (first,), None)
    running = both.prune(retention.PruneRequest(engine="csi", dry_run=False))
    assert running.wait(60)
    assert {one.id for one in both.list().snapshots} == {mine, last}


def test_a_delete_says_when_the_storage_has_not_let_go_yet(both: Snapshots, world: World):
    made = taken(both, "csi")
    world.cluster.controllers.automatic = False
    running = both.delete("csi", made)
    assert running.wait(60)
    assert "still deleting" in running.record.message
    assert both.get("csi", made).state == "deleting"
