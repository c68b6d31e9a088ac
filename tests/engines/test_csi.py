"""The engine of whole volumes over the fake cluster: the contract, and what is its own."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.engines.csi import keys, members, syncing, taking
from kfnb_ext.engines.csi.engine import CsiEngine
from kfnb_ext.kube.client import failures
from kfnb_ext.model.snapshots import RestoreRequest
from tests.engines import csi_pod, trees
from tests.engines.contract import *  # noqa: F403 - the suite that runs over every engine
from tests.engines.contract import take
from tests.engines.csi_pod import GROUP, World
from tests.fakes import kubernetes
from tests.fakes.kubernetes.wire import Request


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as running:
        yield running


@pytest.fixture
def workspace(world: World) -> Path:
    return world.workspace


@pytest.fixture
def engine(world: World) -> CsiEngine:
    return world.engine()


def silent(world: World) -> None:
    """No controller moves anything."""
    world.cluster.controllers.automatic = False


def refused(world: World, kind: type[Exception], **settings: object) -> errors.KfnbError:
    """What a create ends in."""
    with pytest.raises(kind) as caught:
        take(world.engine(**settings))
    assert isinstance(caught.value, errors.KfnbError)
    assert caught.value.hint
    return caught.value


def writes(world: World) -> list[Request]:
    """What was sent that would change something."""
    sent = [one for one in world.cluster.log if one.method != "GET" and "dryRun" not in one.query]
    return [one for one in sent if "authorization.k8s.io" not in one.path]  # reviews ask only


def test_all_volumes_of_the_pod_become_one_set(engine: CsiEngine, world: World):
    made = engine.create("before upgrade", "manual", trees.Listening(), "a note")

    assert [one.claim for one in made.volumes] == ["home", "data"]
    assert [one.size for one in made.volumes] == [2 << 30, 2 << 30]
    assert not made.together
    assert (made.files, made.bytes_total, engine.freed((made.id,))) == (None, None, None)
    first = world.kept()[0]
    volume = json.loads(first["metadata"]["annotations"][keys.VOLUME])
    assert (volume["claim"], volume["capacity"], volume["workspace"]) == ("home", 2 << 30, True)
    assert first["metadata"]["labels"] == {
        keys.MANAGED: "kfnb-ext",
        keys.NOTEBOOK: "demo",
        keys.SET: made.id,
        keys.REASON: "manual",
    }
    assert first["metadata"]["annotations"][keys.CREATOR] == "alice@example.com"


def test_each_object_has_a_name_that_the_cluster_takes():
    cut = members.Cut(
        id="20261125-151233-ab12cd",
        namespace="alice",
        notebook="n" * 29 + "." + "m" * 33,
        name="",
        reason="manual",
        note="",
        creator="",
    )
    name = members.name(cut, 99)
    assert len(name) <= 63
    assert ".-" not in name


def test_a_claim_that_is_mounted_twice_is_cut_once(world: World):
    world.cluster.world.seed(
        csi_pod.pod({str(world.workspace): "home", "/other": "home", "/data": "data"})
    )
    assert [one.claim for one in take(world.engine()).volumes] == ["home", "data"]


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        (csi_pod.claim("data", volumeMode="Block"), "raw Block device"),
        (csi_pod.claim("data") | {"status": {"phase": "Pending"}}, "Pending"),
        (csi_pod.claim("data", storageClassName="nfs"), "no VolumeSnapshotClass"),
    ],
)
def test_what_cannot_be_cut_is_left_out_with_its_reason(world: World, claim, why: str):
    claim["metadata"]["annotations"] = {
        "volume.kubernetes.io/storage-provisioner": "nfs.example.com" if "nfs" in str(claim) else
        csi_pod.DRIVER
    }  # fmt: skip
    world.cluster.world.seed(claim)
    world.cluster.controllers.held.add("data")

    made = take(world.engine())

    assert [one.claim for one in made.volumes] == ["home"]
    assert not made.complete
    assert made.left_out[0].path == str(world.data)
    assert why in made.left_out[0].reason
    assert world.engine().list() == (made,)


def test_a_pod_without_claims_has_nothing_to_cut(world: World):
    world.cluster.world.seed(csi_pod.pod({}))
    assert "mounts no claim" in refused(world, errors.Unsupported).message
    assert writes(world) == []


def test_without_the_api_of_snapshots_it_says_so(world: World):
    for plural in ("volumesnapshots", "volumesnapshotclasses", "volumesnapshotcontents"):
        world.cluster.world.registry.remove(plural)
    assert "not installed" in refused(world, errors.Unsupported).message
    info = world.engine().info()
    assert not info.available
    assert "not installed" in info.reason


def test_without_the_right_it_shows_the_role_to_send(world: World):
    world.cluster.world.rights.deny(GROUP, "volumesnapshots")
    info = world.engine().info()
    assert not info.available
    assert "may not list volumesnapshots" in info.reason
    assert "aggregate-to-kubeflow-edit" in info.role
    assert "volumesnapshots" in info.role
    error = refused(world, failures.Refused)
    assert "may not create" in error.message
    assert writes(world) == []


def test_where_classes_may_not_be_read_the_cluster_chooses(world: World):
    world.cluster.world.rights.cluster_rules.clear()
    made = take(world.engine())
    assert made.state == "ready"
    assert world.kept()[0]["spec"]["volumeSnapshotClassName"] == "csi-hostpath-snapclass"


def test_the_class_of_another_driver_is_refused_before_anything_starts(world: World):
    error = refused(world, errors.Unsupported, snapshot_class="other-snapclass")
    assert "other.example.com" in error.message
    assert "Nothing was changed" in error.message
    assert writes(world) == []


def test_the_class_of_another_driver_that_nobody_may_read_is_ended_by_the_deadline(world: World):
    world.cluster.world.rights.cluster_rules.clear()
    error = refused(world, errors.EngineFailed, snapshot_class="other-snapclass")
    assert "not ready within 10 min" in error.message
    assert "another driver (other-snapclass) never gets ready" in error.message
    (left,) = world.engine().list()
    assert left.state == "failed"
    assert "not ready after 10 min" in left.error
    world.engine().delete(left.id, trees.Listening())
    assert world.kept() == []


@pytest.mark.parametrize("count", [0, 2])
def test_no_default_class_or_two_is_explained_before_anything_starts(world: World, count: int):
    for found in csi_pod.classes():
        if found["kind"] == "VolumeSnapshotClass" and found["driver"] == csi_pod.DRIVER:
            other = json.loads(json.dumps(found))
            if count:
                other["metadata"]["name"] = "second"
            else:
                other["metadata"]["annotations"] = {}
            world.cluster.world.seed(other)
    error = refused(world, errors.Unsupported)
    assert ("2 default classes" if count else "no default VolumeSnapshotClass") in error.message
    assert writes(world) == []


def test_no_default_class_that_only_the_controller_sees_is_explained_and_cleaned(world: World):
    world.cluster.world.rights.cluster_rules.clear()
    for found in csi_pod.classes():
        if found["kind"] == "VolumeSnapshotClass":
            found["metadata"]["annotations"] = {}
            world.cluster.world.seed(found)
    error = refused(world, errors.EngineFailed)
    assert "cannot find default snapshot class" in error.message
    assert "being taken away again" in error.message
    assert world.kept() == []


def test_a_full_quota_is_told_before_anything_starts(world: World):
    hard = {"count/volumesnapshots.snapshot.storage.k8s.io": "0"}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": hard}}
    world.cluster.world.seed(quota | {"metadata": {"name": "few", "namespace": "alice"}})
    assert "quota few" in refused(world, failures.Refused).message
    assert writes(world) == []


def test_that_no_snapshot_may_be_made_is_said_before_somebody_asks_for_one(world: World):
    world.cluster.world.rights.deny(GROUP, "volumesnapshots")
    world.cluster.world.rights.allow(GROUP, "volumesnapshots", "get", "list", "delete")
    info = world.engine(asks=True).info()
    assert info.available
    assert info.against == "The service account default-editor may not create volumesnapshots."
    assert "volumesnapshots" in info.role
    assert world.engine().info().against == "", "not known"


def test_that_the_quota_is_used_up_is_said_before_somebody_asks_for_one(world: World):
    assert world.engine(asks=True).info().against == ""
    hard = {"count/volumesnapshots.snapshot.storage.k8s.io": "1"}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": hard}}
    status = {"status": {"hard": hard, "used": dict.fromkeys(hard, "0")}}
    named = {"metadata": {"name": "few", "namespace": "alice"}}
    world.cluster.world.seed(quota | status | named)
    info = world.engine(asks=True).info()
    assert info.available
    assert info.against == (
        "Your namespace allows 1 snapshot of a volume and has 0: 2 snapshots of volumes more do "
        "not fit (quota few)."
    )
    error = refused(world, failures.Refused)
    assert "Nothing was changed" in error.message
    assert "quota few" in error.message
    assert writes(world) == []


def test_that_the_site_forbids_it_is_said_before_somebody_asks_for_one(world: World):
    assert "The site allows no changes" in world.engine(writes=False).info().against


def test_a_quota_that_holds_only_the_first_volume_leaves_none(world: World):
    hard = {"count/volumesnapshots.snapshot.storage.k8s.io": "1"}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": hard}}
    world.cluster.world.seed(quota | {"metadata": {"name": "few", "namespace": "alice"}})
    error = refused(world, errors.KfnbError)
    assert "quota few" in error.message
    world.cluster.controllers.settle()
    assert world.kept() == []


def test_where_no_controller_runs_it_says_so_after_half_a_minute(world: World):
    silent(world)
    error = refused(world, errors.EngineFailed)
    assert "no snapshot controller is running" in error.message
    assert world.kept() == []
    assert sum(world.time.slept) < 60


def test_an_error_that_heals_is_waited_out_and_shown(world: World):
    world.cluster.controllers.failing["demo-s1-0"] = ["the driver is away"] * 2
    heard = trees.Listening()
    assert taking.take(world.context(), taking.Order(id="s1"), heard).state == "ready"
    assert any("tries again after: home: the driver is away" in said for said in heard.phases)


@pytest.mark.parametrize(
    "text",
    [
        "rpc error: code = Unimplemented desc = no snapshots here",
        "Failed to set default snapshot class with error snapshotting non-CSI volumes is not "
        "supported, snapshot:alice/demo-s1-0",
        "Failed to create snapshot content with error cannot find CSI PersistentVolumeSource for "
        "volume pvc-1",
    ],
)
def test_what_the_driver_will_never_do_ends_it_at_once(world: World, text: str):
    world.cluster.controllers.failing["demo-s1-0"] = [text] * 99
    with pytest.raises(errors.EngineFailed, match=re.escape(text)):
        taking.take(world.context(), taking.Order(id="s1"), trees.Listening())
    world.cluster.controllers.settle()
    assert world.kept() == []


def test_what_is_in_memory_is_written_out_and_the_workspace_is_marked(world: World):
    made = take(world.engine(inside=True))
    assert syncing.marked(str(world.workspace)) == made.id
    assert made.warnings == ()


def test_a_mount_that_cannot_be_written_out_is_said_and_does_not_stop_it(world: World):
    world.data.rmdir()
    made = take(world.engine(inside=True))
    assert made.state == "ready"
    assert any(str(world.data) in said for said in made.warnings)


def test_from_outside_the_pod_nothing_is_written_and_that_is_said(world: World):
    made = take(world.engine())
    assert "outside the pod" in made.warnings[0]
    assert list(world.workspace.iterdir()) == []


def test_who_stops_while_it_waits_finds_nothing_left(world: World):
    class Later(trees.Listening):
        def advance(self, done: int) -> None:
            if any("waiting for" in said or "cutting it" in said for said in self.phases):
                raise errors.Cancelled("Stopped on request. Everything is as it was before.")

    world.cluster.controllers.drivers.clear()
    with pytest.raises(errors.Cancelled, match="being taken away again"):
        world.engine().create("", "manual", Later())
    world.cluster.controllers.settle()
    assert world.kept() == []


def test_a_pending_claim_that_is_made_from_it_blocks_the_delete_and_is_named(world: World):
    made = take(world.engine())
    source = {"apiGroup": GROUP, "kind": "VolumeSnapshot", "name": made.volumes[1].object}
    claim = csi_pod.claim("fresh", dataSource=source, dataSourceRef=source)
    world.cluster.world.seed(claim | {"status": {"phase": "Pending"}})
    world.cluster.controllers.held.add("fresh")
    with pytest.raises(errors.Conflict, match="claim fresh is still being made"):
        world.engine().delete(made.id, trees.Listening())
    assert len(world.kept()) == 2


def test_a_restore_under_way_keeps_its_snapshot(world: World):
    made = take(world.engine())
    journal = json.dumps({"id": "r1", "phase": "swapped", "snap": made.id})
    world.cluster.world.seed(kubernetes.notebook(**{keys.RESTORE: journal}))
    with pytest.raises(errors.Conflict, match="restore r1 is under way"):
        world.engine().delete(made.id, trees.Listening())
    assert len(world.kept()) == 2


def test_what_the_storage_does_not_let_go_of_stays_listed_as_deleting(world: World):
    made = take(world.engine())
    silent(world)
    world.engine().delete(made.id, trees.Listening())
    assert [one.state for one in world.engine().list()] == ["deleting"]


def test_only_our_snapshots_of_this_notebook_are_listed(world: World):
    made = take(world.engine())
    foreign = json.loads(json.dumps(world.kept()[0]))
    foreign["metadata"] |= {"name": "theirs", "labels": {}, "uid": "other"}
    another = json.loads(json.dumps(foreign))
    another["metadata"] |= {"name": "of-another", "labels": {keys.NOTEBOOK: "another"}}
    world.cluster.world.seed(foreign, another)
    assert world.engine().list() == (made,)


def test_a_set_of_which_a_part_is_missing_is_listed_as_failed(world: World):
    made = take(world.engine())
    with world.cluster.world.store.lock:
        world.cluster.world.store.remove(csi_pod.VOLUME_SNAPSHOT, world.kept()[1])
    world.time.now += timedelta(hours=1)
    (left,) = world.engine().list()
    assert (left.id, left.state, left.complete) == (made.id, "failed", False)
    assert "Only 1 of its 2 volumes" in left.error


def test_what_a_hand_has_spoilt_is_listed_all_the_same(world: World):
    take(world.engine())
    spoilt = json.loads(json.dumps(world.kept()[0]))
    spoilt["metadata"]["annotations"] = {keys.VOLUME: "{", keys.LEFT_OUT: "7"}
    world.cluster.world.seed(spoilt)
    (listed,) = world.engine().list()
    assert len(listed.volumes) == 2


def test_whole_volumes_are_not_restored_by_paths(world: World):
    made = take(world.engine())
    with pytest.raises(errors.BadRequest, match="by paths"):
        world.engine().check(RestoreRequest(engine="csi", snapshot=made.id, paths=("a",)))


def test_where_the_site_allows_no_changes_of_the_cluster_none_is_sent(world: World):
    made = take(world.engine())
    before = len(writes(world))
    strict = world.engine(writes=False)
    for act in (
        lambda: take(strict),
        lambda: strict.delete(made.id, trees.Listening()),
        lambda: strict.undo("r", "u", trees.Listening()),
    ):
        with pytest.raises(errors.Forbidden, match="allows no changes"):
            act()
    assert len(writes(world)) == before


def test_where_there_is_no_cluster_the_engine_is_quiet(tmp_path: Path):
    from kfnb_ext.kube.client import Client
    from kfnb_ext.kube.client.access import Access

    nowhere = Client(Access({}, tmp_path / "none"))
    engine = csi_pod.engine(nowhere, tmp_path, csi_pod.Time())
    info = engine.info()
    assert (info.available, info.absent, info.hint) == (False, True, "")
    assert (engine.list(), engine.restores(), engine.recover()) == ((), (), ())
    with pytest.raises(errors.Unsupported):
        take(engine)
