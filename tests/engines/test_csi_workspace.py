"""A restore of whole volumes on a Workspace of Notebooks 2.0, by its published API.

The controller is played by the test: a pod with `home-volume` and `data-volume-N` of what the spec
names, made anew when that changes, none while it is paused. No recording of a real one exists.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb_ext import errors
from kfnb_ext.engines.csi import enlarging, guarding, journal, keeping, recovering, target
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.engine import CsiEngine
from kfnb_ext.kube import place
from kfnb_ext.model import snapshots
from kfnb_ext.services.cluster.where import Where
from tests.engines import csi_pod, csi_restart, trees
from tests.engines.csi_restart import BACK, UNDER
from tests.fakes.kubernetes import Cluster
from tests.fakes.kubernetes.kinds import POD, WORKSPACE

POD_NAME = "ws-lab-x1-0"
OLD = ("lab-home", "lab-data")
NEW = tuple(f"{name}-r{UNDER}" for name in OLD)
NAMES = place.Names("workspaces", "alice", "lab", POD_NAME)
LABELS = {"notebooks.kubeflow.org/workspace-name": "lab"}


class Space:
    """A Workspace with two volumes, its pod, and the engine in it."""

    def __init__(self, cluster: Cluster, folder: Path, time: csi_pod.Time) -> None:
        self.cluster, self.folder, self.time = cluster, folder, time
        self.workspace = folder / "workspace"
        self.workspace.mkdir()
        csi_pod.allow(cluster)
        verbs = ("get", "list", "patch")
        cluster.world.rights.allow("kubeflow.org", "workspaces", *verbs)
        cluster.world.seed(*csi_pod.classes(), *map(csi_pod.claim, OLD))
        volumes = {"home": OLD[0], "data": [{"pvcName": OLD[1], "mountPath": "/data"}]}
        cluster.world.seed({
            "apiVersion": "kubeflow.org/v1beta1", "kind": "Workspace",
            "metadata": {"name": "lab", "namespace": "alice"},
            "spec": {"paused": False, "podTemplate": {"volumes": volumes}},
        })  # fmt: skip
        self.controller()

    @property
    def object(self) -> dict[str, Any]:
        found = self.cluster.world.read("workspaces", "alice", "lab")
        assert found
        return found

    @property
    def on(self) -> tuple[str, ...]:
        return tuple(spot.claim for spot in target.spots(self.object).values())

    def pause(self, paused: bool) -> None:
        with self.cluster.world.store.lock:
            before, after = self.object, copy.deepcopy(self.object)
            after["spec"]["paused"] = paused
            self.cluster.controllers.write(WORKSPACE, after, before)
        self.controller()

    def controller(self) -> None:
        """What the Workspace's controller, its StatefulSet and a node do."""
        spec, store = self.object["spec"], self.cluster.world.store
        mounts = {str(self.workspace): spec["podTemplate"]["volumes"]["home"]}
        mounts |= {d["mountPath"]: d["pvcName"] for d in spec["podTemplate"]["volumes"]["data"]}
        wanted = csi_pod.pod(mounts)
        names = ["home-volume", *(f"data-volume-{n}" for n in range(len(mounts) - 1))]
        for name, volume, mount in zip(
            names,
            wanted["spec"]["volumes"],
            wanted["spec"]["containers"][0]["volumeMounts"],
            strict=True,
        ):
            volume["name"] = mount["name"] = name
        wanted["spec"]["containers"][0]["name"] = "main"
        wanted["metadata"] |= {"name": POD_NAME, "labels": dict(LABELS)}
        ready = [{"type": "Ready", "status": "True"}]
        wanted["status"] = {"phase": "Running", "conditions": ready}
        with store.lock:
            there = store.get(POD, "alice", POD_NAME)
            same = there and there["spec"]["volumes"] == wanted["spec"]["volumes"]
            if there and (spec["paused"] or not same):
                store.remove(POD, there)
            if not spec["paused"] and not same:
                self.cluster.world.seed(wanted)

    def sleep(self, seconds: float) -> None:
        self.time.sleep(seconds)
        self.cluster.controllers.step()
        self.controller()

    def context(self) -> Context:
        door = csi_pod.door(self.cluster, self.folder, self.time)
        made = csi_pod.context(door, self.workspace, self.time, inside=True)
        where = Where(door, NAMES, str(self.workspace), clock=self.time.now.timestamp)
        return msgspec.structs.replace(
            made, sleep=self.sleep, where=where.look, forget=where.forget, every=15.0
        )

    @property
    def engine(self) -> CsiEngine:
        return CsiEngine(self.context())

    def restore(self, snapshot: str, way: snapshots.RestoreWay = "in_place", **more: Any) -> Any:
        wish = snapshots.RestoreRequest(engine="csi", snapshot=snapshot, way=way, **more)
        return self.engine.restore(wish, UNDER, trees.Listening())


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Space]:
    time = csi_pod.Time()
    with Cluster(clock=time.read) as cluster:
        cluster.controllers.automatic = True
        yield Space(cluster, tmp_path, time)


@pytest.fixture
def snapshot(space: Space) -> str:
    made = space.engine.create("before", "manual", trees.Listening())
    assert [one.mount for one in made.volumes] == [str(space.workspace), "/data"]
    return made.id


def test_a_running_one_goes_back_by_its_home_and_its_data_and_forth_again(space, snapshot):
    plan = space.engine.plan(snapshots.RestoreRequest(engine="csi", snapshot=snapshot))
    assert (plan.possible, plan.restart) == (True, True), plan.findings
    assert "Workspace" in [one.kind for one in plan.objects]
    space.cluster.world.rights.deny("batch", "jobs")  # ws-NAME may make none by default
    with pytest.raises(errors.Conflict, match="No guardian can run"):
        space.restore(snapshot)
    made = space.restore(snapshot, unguarded=True)
    assert space.on == NEW
    assert [one.volume for one in made.switches] == ["home-volume", "data-volume-0"]
    space.engine.undo(UNDER, BACK, trees.Listening(), unguarded=True)
    assert space.on == OLD
    assert {one.name for one in keeping.kept(space.context()) if one.kind == "claim"} == set(NEW)


def test_a_paused_one_is_exchanged_and_confirmed_at_its_next_start(space, snapshot):
    space.pause(True)
    space.restore(snapshot)
    assert space.on == NEW
    found = journal.of(space.object).journal
    assert found
    assert found.phase == "swapped"
    space.pause(False)
    with csi_restart.another_process():
        told = recovering.recover(msgspec.structs.replace(space.context(), inside=False))
    assert "The restore worked" in " ".join(told)


def test_a_data_volume_is_added_to_its_list_and_taken_away_again(space, snapshot):
    space.cluster.world.rights.deny("batch", "jobs")
    space.restore(snapshot, "data_volume", mount="/home/jovyan/old", unguarded=True)
    added = space.object["spec"]["podTemplate"]["volumes"]["data"][-1]
    assert added == {"pvcName": NEW[0], "mountPath": "/home/jovyan/old", "readOnly": False}
    space.engine.undo(UNDER, BACK, trees.Listening(), unguarded=True)
    assert space.on == OLD


def test_a_new_workspace_is_not_made_and_it_says_what_can_be(space, snapshot):
    with pytest.raises(errors.Unsupported, match="cannot be made") as caught:
        space.restore(snapshot, "new_notebook", name="second")
    assert "in place" in caught.value.hint
    assert space.on == OLD


def grown(space: Space, claim: str, **more: bool) -> snapshots.Restore:
    wish = enlarging.Wish(claim=claim, size=5 << 30, **more)
    return enlarging.enlarge(space.context(), wish, UNDER, trees.Listening())


@pytest.mark.parametrize("nth", [0, 1])
def test_a_claim_of_a_running_one_is_exchanged_for_a_larger_one_and_back(space, nth):
    space.cluster.world.rights.deny("batch", "jobs")
    plan = enlarging.plan(space.context(), enlarging.Wish(claim=OLD[nth], size=5 << 30))
    assert (plan.possible, plan.restart, plan.guardian) == (True, True, False), plan.findings
    assert ("change", "Workspace") in [(one.act, one.kind) for one in plan.objects]
    with pytest.raises(errors.Conflict, match="No guardian can run"):
        grown(space, OLD[nth])
    assert space.on == OLD

    made = grown(space, OLD[nth], unguarded=True)
    wanted = tuple(NEW[n] if n == nth else OLD[n] for n in range(2))
    assert space.on == wanted
    assert [(one.old, one.new) for one in made.switches] == [(OLD[nth], NEW[nth])]
    assert made.grown == 5 << 30
    larger = space.cluster.world.read("persistentvolumeclaims", "alice", NEW[nth])
    assert larger["status"]["capacity"] == {"storage": "5Gi"}
    assert larger["spec"]["dataSourceRef"]["name"] == f"lab-{UNDER}-before-0"

    space.engine.undo(UNDER, BACK, trees.Listening(), unguarded=True)
    assert space.on == OLD
    kept = [one.name for one in keeping.kept(space.context()) if one.kind == "claim"]
    assert kept == [NEW[nth]]


def test_a_new_workspace_is_not_among_what_can_be_done(space, snapshot):
    request = snapshots.RestoreRequest(engine="csi", snapshot=snapshot, way="new_notebook")

    assert space.engine.info().can == ("in_place", "data_volume")
    with pytest.raises(errors.Unsupported):
        space.engine.plan(request)


def test_a_guardian_goes_back_where_a_workspace_does_not_start_on_the_larger_claim(space):
    run = space.cluster.controllers
    run.workloads = True
    run.node.never_ready.add(NEW[0])
    door = csi_pod.door(space.cluster, space.folder, space.time)
    whose = target.Target("workspaces", "alice", "lab", POD_NAME)
    guard = guarding.Guardian(door, whose, UNDER, say=lambda _: None, now=space.time.read)
    pod = space.controller

    def controller() -> None:
        """Beside the Workspace's controller the guardian looks at each step."""
        pod()
        guard.step()

    space.controller = controller
    with pytest.raises(errors.EngineFailed, match="on its volumes from before"):
        grown(space, OLD[0])
    assert space.on == OLD
    found = journal.of(space.object).journal
    assert found
    assert (found.phase, found.reason) == ("failed", "the new pod was not ready in time")
