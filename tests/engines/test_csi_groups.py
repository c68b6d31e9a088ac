"""All volumes at one moment, by a group snapshot: the contract, and where it cannot be.

The fake's groups follow the published API and are unverified: no real server was recorded.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.engines.csi import gathering, keys
from kfnb_ext.engines.csi.engine import CsiEngine
from kfnb_ext.model.snapshots import RestoreRequest, Snapshot
from tests.engines import csi_kills, csi_pod, csi_restart, trees
from tests.engines.contract import *  # noqa: F403 - the suite that runs over every engine
from tests.engines.contract import take
from tests.engines.csi_pod import GROUP, World
from tests.fakes.kubernetes import faults, groups
from tests.fakes.kubernetes.kinds import CLAIM
from tests.fakes.kubernetes.wire import Request

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[World]:
    """A cluster that serves no groups."""
    with World(tmp_path) as running:
        yield running


@pytest.fixture
def world(plain: World) -> World:
    csi_pod.group(plain.cluster)
    return plain


@pytest.fixture
def workspace(world: World) -> Path:
    return world.workspace


@pytest.fixture
def engine(world: World) -> CsiEngine:
    return world.engine(asks=True)


def sent(world: World, method: str, plural: str) -> list[Request]:
    """What was sent in earnest for one kind."""
    return [
        one
        for one in world.cluster.log
        if one.method == method
        and "dryRun" not in one.query
        and (one.path.endswith(f"/{plural}") or f"/{plural}/" in one.path)
    ]


def marks(world: World) -> list[str]:
    """The labels of groups that claims carry."""
    with world.cluster.world.store.lock:
        held = [one["metadata"].get("labels") or {} for one in world.cluster.world.store.all(CLAIM)]
    return [labels[keys.GROUP] for labels in held if keys.GROUP in labels]


def apart(world: World, made: Snapshot, why: str) -> None:
    """It was cut one after another, this is said, and nothing of a group is left."""
    assert (made.state, made.together, made.complete) == ("ready", False, True)
    assert [one.claim for one in made.volumes] == ["home", "data"]
    assert any(said.startswith("Its volumes were cut one after another") and why in said
               for said in made.warnings), made.warnings  # fmt: skip
    world.cluster.controllers.settle()
    assert world.groups() == []
    assert len(world.kept()) == 2
    assert marks(world) == []
    assert world.engine(asks=True).list() == (made,)


@pytest.mark.parametrize("version", ["v1", "v1beta2", "v1beta1"])
def test_all_volumes_are_cut_at_one_moment_where_the_cluster_can(plain: World, version: str):
    csi_pod.group(plain.cluster, version)
    engine = plain.engine(asks=True)
    made = engine.create("before upgrade", "manual", trees.Listening(), "a note")

    assert (made.state, made.together, made.complete) == ("ready", True, True)
    assert [one.claim for one in made.volumes] == ["home", "data"]
    assert [one.size for one in made.volumes] == [2 << 30, 2 << 30]
    assert {one.object for one in made.volumes} == {one["metadata"]["name"] for one in plain.kept()}
    assert made.place.startswith("VolumeGroupSnapshot demo-")
    assert not any("one after another" in said for said in made.warnings)
    (group,) = plain.groups()
    assert group["apiVersion"].endswith(version)
    assert group["metadata"]["labels"][keys.SET] == made.id
    assert sent(plain, "POST", "volumesnapshots") == []
    assert marks(plain) == [], "the labels are taken off again"
    assert plain.engine(asks=True).list() == (made,)


def test_where_groups_are_not_served_nothing_is_said_of_them(plain: World):
    made = take(plain.engine(asks=True))
    assert (made.together, len(made.volumes)) == (False, 2)
    assert not any("Its volumes" in said for said in made.warnings)
    assert not any("volumegroupsnapshot" in one.path for one in plain.cluster.log)


def test_one_volume_alone_needs_no_group(world: World, engine: CsiEngine):
    world.cluster.world.seed(csi_pod.pod({str(world.workspace): "home"}))
    assert take(engine).together
    assert world.groups() == []


@pytest.mark.parametrize(
    ("defaults", "why"),
    [
        ((), "has no VolumeGroupSnapshotClass"),
        ((False,), "no default VolumeGroupSnapshotClass among one"),
        ((True, True), "2 default VolumeGroupSnapshotClasses among one, two"),
    ],
)
def test_without_one_class_for_groups_they_are_cut_apart_and_it_says_why(
    plain: World, defaults: tuple[bool, ...], why: str
):
    csi_pod.group(plain.cluster, classed=False)
    for name, default in zip(("one", "two"), defaults, strict=False):
        found = groups.group_class(name, csi_pod.DRIVER, default=default)
        plain.cluster.world.seed(found)
    apart(plain, take(plain.engine(asks=True)), why)


def test_the_class_that_the_site_names_is_used(world: World):
    named = groups.group_class("named", csi_pod.DRIVER, default=False)
    world.cluster.world.seed(named)
    assert take(world.engine(asks=True, group_class="named")).together
    (group,) = world.groups()
    assert group["spec"]["volumeGroupSnapshotClassName"] == "named"


def test_where_classes_of_groups_may_not_be_read_the_cluster_chooses(plain: World):
    csi_pod.group(plain.cluster, readable=False)
    assert take(plain.engine(asks=True)).together


def test_without_the_right_they_are_cut_apart_and_it_says_so(world: World):
    world.cluster.world.rights.deny(groups.API, "volumegroupsnapshots")
    apart(world, take(world.engine(asks=True)), "may not get, list, create, delete")


def test_a_right_that_is_taken_after_it_was_asked_for_costs_no_snapshot(world: World):
    engine = world.engine(asks=True)
    engine.list()
    world.cluster.world.rights.deny(groups.API, "volumegroupsnapshots")
    apart(world, take(engine), "may not create volumegroupsnapshots")


def test_volumes_of_two_drivers_are_cut_apart(world: World):
    other = csi_pod.claim("data", storageClassName="other")
    key = "volume.kubernetes.io/storage-provisioner"
    other["metadata"]["annotations"] = {key: "other.example.com"}
    snapshots_of_it = json.loads(json.dumps(csi_pod.classes()[-1]))
    snapshots_of_it |= {"driver": "other.example.com"}
    snapshots_of_it["metadata"] |= {"name": "other-default", "annotations": {csi_default(): "true"}}
    world.cluster.world.seed(other, snapshots_of_it)
    world.cluster.controllers.drivers.add("other.example.com")
    storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
    storage |= {"metadata": {"name": "other"}, "provisioner": "other.example.com"}
    world.cluster.world.seed(storage)
    apart(world, take(world.engine(asks=True)), "several drivers (hostpath.csi.k8s.io, other.")


def csi_default() -> str:
    """The mark of a default class."""
    return "snapshot.storage.kubernetes.io/is-default-class"


def test_a_group_that_is_never_cut_is_given_up_after_two_minutes(world: World):
    world.cluster.controllers.grouping.clear()
    apart(world, take(world.engine(asks=True)), "had not cut the group after 2 min")
    assert sum(world.time.slept) < 180


@pytest.mark.parametrize(
    "text", ["rpc error: code = Unimplemented desc = no groups here", "boom"], ids=["final", "not"]
)
def test_a_driver_that_cannot_cut_groups_is_given_up(world: World, text: str):
    refusing = world.cluster.controllers.failing
    refusing[f"{GROUPED}-all"] = [text] * 999
    made = named(world)
    apart(world, made, text.rpartition("desc = ")[2])
    waited = sum(world.time.slept)
    assert waited < 60 if "Unimplemented" in text else waited > 120


GROUPED = "demo-s1"


def named(world: World) -> Snapshot:
    """Take one whose objects have names that are known before."""
    from kfnb_ext.engines.csi import taking

    return taking.take(world.context(asks=True), taking.Order(id="s1"), trees.Listening())


def test_no_class_for_groups_that_only_the_controller_sees_is_given_up(plain: World):
    csi_pod.group(plain.cluster, readable=False, classed=False)
    apart(plain, take(plain.engine(asks=True)), "cannot find default group snapshot class")
    assert sum(plain.time.slept) < 60


def test_a_cluster_in_which_nobody_minds_groups_is_given_up_after_half_a_minute(world: World):
    world.cluster.controllers.held.add(f"{GROUPED}-all")
    made = named(world)
    assert not made.together
    assert "no snapshot controller is running" in made.warnings[-1]
    assert 30 < sum(world.time.slept) < 60
    assert world.groups() == []


def test_a_group_that_took_in_only_some_of_the_claims_is_given_up(world: World):
    """As when another notebook that mounts the same volume takes a snapshot this very moment."""

    def taken_by_another(request: Request) -> bool:
        if sent_now(request, "volumegroupsnapshots"):
            claim = world.cluster.world.read("persistentvolumeclaims", "alice", "data")
            assert claim
            claim["metadata"]["labels"] = {keys.GROUP: "another"}
            world.cluster.world.seed(claim)
        return False

    world.cluster.faults.when(taken_by_another, faults.broken())
    made = take(world.engine(asks=True))
    assert marks(world) == ["another"], "that of somebody else stays"
    assert not made.together
    assert "without this claim: data" in made.warnings[-1]
    world.cluster.controllers.settle()
    assert world.groups() == []
    assert len(world.kept()) == 2


def sent_now(request: Request, plural: str) -> bool:
    """Whether it makes an object of this kind."""
    return (
        request.method == "POST"
        and request.path.endswith(f"/{plural}")
        and "dryRun" not in request.query
    )


def test_a_member_whose_error_heals_is_waited_for(world: World):
    world.cluster.controllers.failing["data"] = ["the driver is away"] * 3
    heard = trees.Listening()
    made = world.engine(asks=True).create("", "manual", heard)
    assert (made.state, made.together) == ("ready", True)
    assert any("data: the driver is away" in said for said in heard.phases)


def test_a_member_that_never_gets_ready_is_told_listed_and_can_be_deleted(world: World):
    world.cluster.controllers.failing["data"] = ["the disk is on fire"] * 9999
    with pytest.raises(errors.EngineFailed, match="not ready within 10 min: the disk is on fire"):
        take(world.engine(asks=True))
    (left,) = world.engine(asks=True).list()
    assert (left.state, left.together) == ("failed", True)
    assert [one.ready for one in left.volumes] == [True, False]
    assert "data: the disk is on fire" in left.error
    world.engine(asks=True).delete(left.id, trees.Listening())
    assert (world.groups(), world.kept(), world.contents()) == ([], [], [])


def test_a_group_on_its_way_is_listed_once_with_all_its_volumes(world: World):
    world.cluster.controllers.grouping.clear()
    seen: list[Snapshot] = []

    class Looking(trees.Listening):
        def phase(self, text: str) -> None:
            super().phase(text)
            if "waiting for" in text and not seen:
                seen.extend(world.engine(asks=True).list())

    world.engine(asks=True).create("named", "manual", Looking())
    (one,) = seen
    assert (one.name, one.state, one.together) == ("named", "pending", True)
    assert [(v.claim, v.object, v.ready) for v in one.volumes] == [
        ("home", "", None),
        ("data", "", None),
    ]


@pytest.mark.parametrize("fault", ["closed-after", "500-after", "504-after", "silent-after"])
def test_a_group_whose_answer_is_lost_is_made_once(world: World, fault: str):
    world.cluster.faults.when(
        lambda one: sent_now(one, "volumegroupsnapshots"), faults.every(0.5)[fault]
    )
    made = take(world.engine(asks=True))
    assert made.together
    assert len(world.groups()) == 1
    assert len(world.kept()) == 2


def test_who_stops_while_a_group_is_cut_finds_nothing_left(world: World):
    class Later(trees.Listening):
        def advance(self, done: int) -> None:
            if any("waiting for" in said for said in self.phases):
                raise errors.Cancelled("Stopped on request. Everything is as it was before.")

    world.cluster.controllers.grouping.clear()
    with pytest.raises(errors.Cancelled, match="being taken away again"):
        world.engine(asks=True).create("", "manual", Later())
    world.cluster.controllers.settle()
    assert (world.groups(), world.kept(), marks(world)) == ([], [], [])


def test_a_group_is_deleted_whole_and_never_by_its_parts(world: World, engine: CsiEngine):
    made, other = take(engine), take(engine)
    engine.delete(made.id, trees.Listening())
    assert engine.list() == (other,)
    assert (len(world.groups()), len(world.kept()), len(world.contents())) == (1, 2, 2)
    assert sent(world, "DELETE", "volumesnapshots") == []
    assert len(sent(world, "DELETE", "volumegroupsnapshots")) == 1


def test_a_pending_claim_that_is_made_from_a_part_blocks_the_delete(world: World):
    made = take(world.engine(asks=True))
    source = {"apiGroup": GROUP, "kind": "VolumeSnapshot", "name": made.volumes[1].object}
    claim = csi_pod.claim("fresh", dataSource=source, dataSourceRef=source)
    world.cluster.world.seed(claim | {"status": {"phase": "Pending"}})
    world.cluster.controllers.held.add("fresh")
    with pytest.raises(errors.Conflict, match="claim fresh is still being made"):
        world.engine(asks=True).delete(made.id, trees.Listening())
    assert len(world.kept()) == 2


def test_groups_and_single_snapshots_stand_side_by_side(plain: World):
    single = take(plain.engine(asks=True))
    csi_pod.group(plain.cluster)
    together = take(plain.engine(asks=True))
    assert set(plain.engine(asks=True).list()) == {single, together}
    foreign = json.loads(json.dumps(plain.groups()[0]))
    foreign["metadata"] |= {"name": "theirs", "labels": {}, "uid": "another"}
    plain.cluster.world.seed(foreign)
    assert set(plain.engine(asks=True).list()) == {single, together}


def test_a_group_that_a_hand_has_spoilt_is_listed_all_the_same(world: World):
    take(world.engine(asks=True))
    spoilt = json.loads(json.dumps(world.groups()[0]))
    spoilt["metadata"]["annotations"] = {keys.VOLUMES: "{"}
    world.cluster.world.seed(spoilt)
    (listed,) = world.engine(asks=True).list()
    assert {one.claim for one in listed.volumes} == {"home", "data"}


def test_a_notebook_goes_back_to_a_group_and_its_safety_is_one_too(tmp_path: Path):
    with csi_restart.rig(tmp_path) as rig:
        csi_pod.group(rig.cluster)
        engine = rig.engine(asks=True)
        made = engine.create("", "manual", trees.Listening())
        rig.guardian()
        rig.server()
        request = RestoreRequest(engine="csi", snapshot=made.id)
        assert engine.plan(request).possible
        done = engine.restore(request, csi_restart.UNDER, trees.Listening())
        assert rig.on == tuple(one.new for one in done.switches)
        safety = next(one for one in engine.list() if one.id == done.safety)
        assert (made.together, safety.together) == (True, True)
        assert all(keys.GROUP not in one["metadata"].get("labels", {})
                   for one in rig.claims.values())  # fmt: skip


# One process imports everything once; each of its children takes a snapshot and is killed.
ZYGOTE = """
import os, sys
from pathlib import Path
from tests.engines import csi_pod, trees
import kubernetes, kubernetes.client.rest, kubernetes.config.incluster_config
from kfnb_ext.engines.csi import taking, deleting
for line in sys.stdin:
    folder = line.strip()
    child = os.fork()
    if child:
        print(child, flush=True)
        continue
    csi_pod.process(Path(folder), asks=True).create("one", "manual", trees.Listening())
    os._exit(0)
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_request_leaves_one_set_that_can_be_deleted(plain: World, after: bool):
    csi_pod.group(plain.cluster)
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    before = len(plain.cluster.log)
    take(plain.engine(asks=True))
    count = len(plain.cluster.log) - before
    cleared(plain)
    with subprocess.Popen(
        [sys.executable, "-c", ZYGOTE],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
    ) as zygote:  # fmt: skip
        for nth in range(1 + 2 * after, count + 1, 4):
            csi_kills.killed_at(zygote, plain, str(plain.folder), nth, after)
            plain.cluster.faults.clear()
            for _ in range(30):
                plain.cluster.controllers.step()
            listed = plain.engine(asks=True).list()
            assert len(listed) <= 1, nth
            assert len(plain.groups()) <= 1
            for one in listed:
                assert (one.state, one.together, len(one.volumes)) == ("ready", True, 2), nth
            cleared(plain)
        assert zygote.stdin
        zygote.stdin.close()
    assert take(plain.engine(asks=True)).together
    assert marks(plain) == [], "what the killed ones left is overwritten and taken off"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["403", "404", "422", "500", "closed-after"])
def test_a_fault_at_any_request_leaves_what_is_told_and_can_be_deleted(plain: World, name: str):
    csi_pod.group(plain.cluster)
    before = len(plain.cluster.log)
    take(plain.engine(asks=True))
    count = len(plain.cluster.log) - before
    cleared(plain)
    for nth in range(1 + len(name) % 4, count + 1, 4):
        plain.cluster.faults.next(faults.every(0.5)[name], nth)
        error = None
        try:
            take(plain.engine(asks=True))
        except errors.KfnbError as failure:
            error = failure
        plain.cluster.faults.clear()
        for _ in range(30):
            plain.cluster.controllers.step()
        judge(plain, nth, error)
        cleared(plain)


def judge(world: World, nth: int, error: errors.KfnbError | None) -> None:
    """Whatever is there is listed, and was told truly."""
    listed = world.engine(asks=True).list()
    shown = {volume.object for one in listed for volume in one.volumes}
    assert shown == {one["metadata"]["name"] for one in world.kept()}, (nth, "an orphan")
    assert len(world.groups()) <= 1, nth
    if error is None:
        (made,) = listed
        assert made.state == "ready", nth
        assert len(made.volumes) == 2 or (made.left_out and not made.complete), nth
    elif "Nothing was changed." in error.message or "taken away" in error.message:
        assert all(one.state == "deleting" for one in listed), (nth, error)
    else:
        assert "in the list" in error.message + error.hint, (nth, error.message)


def cleared(world: World) -> None:
    """Everything that is listed can be deleted, and then nothing is left."""
    for one in world.engine(asks=True).list():
        world.engine(asks=True).delete(one.id, trees.Listening())
    world.cluster.controllers.settle()
    assert (world.groups(), world.kept(), world.contents()) == ([], [], [])


def test_the_patience_for_a_group_is_within_that_for_a_snapshot(world: World):
    world.cluster.controllers.grouping.clear()
    made = take(world.engine(asks=True, ready_within=timedelta(minutes=1)))
    assert "after 0.5 min" in made.warnings[-1]
    assert timedelta(minutes=1) < gathering.PATIENCE
