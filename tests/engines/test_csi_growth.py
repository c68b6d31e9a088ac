"""A claim exchanged for a larger one, over a notebook that really restarts in the fake cluster.

Whether a real driver enlarges the file system of such a claim, no fake can say.
"""

import functools
import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.engines.csi import enlarging, keeping, keys, late, room
from kfnb_ext.engines.csi.growth import Growth, Late
from kfnb_ext.model import quantities, snapshots
from kfnb_ext.services import naming
from tests.engines import csi_pod, csi_restart, csi_trials, trees
from tests.engines.csi_restart import BACK, OURS, UNDER, Rig
from tests.engines.csi_trials import WRITES, Died, Mortal
from tests.fakes.kubernetes import faults

pytestmark = pytest.mark.timeout(600)
GIB = 1 << 30
HOME = f"demo-home-r{UNDER}"
NEW = (HOME, "demo-data")
CUT = f"{UNDER}-before"
ALL = bool(os.environ.get("KFNB_EVERY_FAULT"))
FAULTS = sorted(faults.every(silence=0.5))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with csi_restart.rig(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with csi_restart.rig(tmp_path_factory.mktemp("rig")) as made:
        yield made


def wish(claim: str = "demo-home", size: int = 5 * GIB, **more: bool) -> enlarging.Wish:
    return enlarging.Wish(claim=claim, size=size, **more)


def grow(rig: Rig, **more: object) -> snapshots.Restore:
    return enlarging.enlarge(rig.context(), wish(**more), UNDER, trees.Listening())


def beside(rig: Rig) -> None:
    rig.guardian()
    rig.server()


def asked(rig: Rig, name: str) -> int | None:
    return quantities.size(rig.claims[name]["spec"]["resources"]["requests"]["storage"])


def sets(rig: Rig) -> list[str]:
    return [one.id for one in rig.engine().list()]


def test_the_notebook_is_on_a_larger_claim_made_from_a_cut_of_this_one_alone(rig: Rig):
    beside(rig)
    made = grow(rig)

    assert rig.on == NEW
    assert rig.ready_on(HOME)
    assert asked(rig, HOME) == 5 * GIB
    claim = rig.claims[HOME]
    assert claim["status"]["capacity"] == {"storage": "5Gi"}
    assert claim["spec"]["dataSourceRef"]["name"] == f"demo-{CUT}-0"
    assert claim["metadata"]["annotations"][keys.REPLACES] == "demo-home"
    assert rig.journal.phase == "done"
    assert (made.safety, made.snapshot, made.grown) == (CUT, CUT, 5 * GIB)
    assert [one.old for one in made.switches] == ["demo-home"]
    assert sets(rig) == [CUT, rig.snapshot]  # one cut: it is the source, and the way back
    taken = rig.engine().get(CUT)
    assert (taken.reason, taken.name) == ("before_growth", "before demo-home became 5Gi")
    assert "larger claim" in naming.restored(made)


def test_a_claim_on_a_larger_file_system_is_told_so_with_what_is_on_the_old_one(rig: Rig):
    beside(rig)
    grow(rig)  # the workspace is a folder of this machine's disk, as where a driver makes folders

    told = rig.told[-1]
    assert told.startswith(room.GREW)
    assert "the claim's size does not bound it" in told
    assert "The old claim demo-home is kept" in told
    assert "written since 2026-11-25 12:01" in told
    assert rig.recover() == ()


def test_what_was_written_after_the_cut_is_named_when_it_ended(rig: Rig):
    beside(rig)

    def writes() -> None:
        if rig.journal and rig.journal.phase == "provision":
            (rig.workspace / "results.csv").write_text("1")

    rig.others.append(writes)
    grow(rig)
    assert "written after the cut, and on demo-home alone: 1: results.csv" in rig.told[-1]


def test_only_what_changed_since_is_written_late_and_our_own_marks_are_not(rig: Rig):
    (rig.workspace / "old.txt").write_text("1")
    soon = datetime.now(timezone.utc) + timedelta(minutes=1)
    context = rig.context()
    found = late.written(context, str(rig.workspace), soon)
    assert found == Late(count=0)
    assert late.told(found, "old") == ""
    found = late.written(context, str(rig.workspace), soon - timedelta(hours=1))
    assert found == Late(count=1, names=("old.txt",))
    assert late.written(context, "/nowhere", soon) is None


def test_a_file_system_that_grew_and_one_that_cannot_be_seen_are_told_apart():
    growth = Growth(size=5 * GIB, mount="/data", had=2 * GIB)
    assert "at /data has 4.9 GiB" in room.said(growth, "new", int(4.9 * GIB))
    assert room.said(growth, "new", int(4.9 * GIB)).startswith(room.GREW)
    assert "cannot be seen" in room.said(growth, "new", None)
    assert room.said(growth, "new", 2 * GIB).startswith("The notebook is on the claim new of 5Gi")
    assert "still has 2.0 GiB" in room.said(growth, "new", 2 * GIB)


def test_a_data_volume_grows_and_the_workspace_stays_where_it_is(rig: Rig):
    beside(rig)
    grow(rig, claim="demo-data")

    assert rig.on == ("demo-home", f"demo-data-r{UNDER}")
    assert rig.journal.phase == "done"
    assert "cannot be seen from here" in rig.told[-1]  # /data is not mounted where the test runs


def test_an_undo_goes_back_to_the_small_claim_and_keeps_the_larger_one(rig: Rig):
    beside(rig)
    grow(rig)
    rig.others.clear()
    rig.guardian(BACK)
    undone = rig.engine().undo(UNDER, BACK, trees.Listening())
    rig.told.extend(rig.recover())

    assert rig.on == OURS
    assert asked(rig, "demo-home") == 2 * GIB
    assert undone.undo_of == UNDER
    assert f"written since is on {HOME} alone, which is kept" in rig.told[-1]
    assert [one.name for one in keeping.kept(rig.context()) if one.kind == "claim"] == [HOME]


def test_a_plan_names_what_is_made_changed_kept_and_restarted_and_changes_nothing(rig: Rig):
    before = rig.cluster.world.store.revision
    plan = enlarging.plan(rig.context(), wish())

    assert plan.possible
    assert plan.guardian
    assert plan.restart
    assert [(one.act, one.kind) for one in plan.objects] == [
        ("create", "snapshot"),
        ("create", "claim"),
        ("change", "Notebook"),
        ("keep", "claim"),
        ("create", "Job"),
        ("restart", "pod"),
    ]
    assert plan.objects[1].text.startswith("5Gi from the snapshot")
    assert "is on the old claim alone" in plan.findings[-1]
    assert rig.cluster.world.store.revision == before


def test_a_claim_is_never_made_smaller_than_the_one_there_is(rig: Rig):
    beside(rig)
    grow(rig, size=GIB)
    assert asked(rig, HOME) == 2 * GIB


def test_a_full_quota_is_told_before_anything_starts(rig: Rig):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {}}}
    quota["spec"]["hard"]["requests.storage"] = "8Gi"
    quota["status"] = quota["spec"] | {"used": {"requests.storage": "4Gi"}}
    rig.cluster.world.seed(quota | {"metadata": {"name": "q", "namespace": "alice"}})

    plan = enlarging.plan(rig.context(), wish())
    assert not plan.possible
    assert "quota q" in " ".join(plan.findings)
    with pytest.raises(errors.Conflict, match="This growth is not possible"):
        grow(rig)
    assert rig.journal is None
    assert sets(rig) == [rig.snapshot]


def test_without_a_guardian_it_needs_the_users_word(rig: Rig):
    rig.cluster.world.rights.deny("batch", "jobs")
    assert not enlarging.plan(rig.context(), wish()).guardian
    with pytest.raises(errors.Conflict, match="No guardian can run"):
        grow(rig)
    assert sets(rig) == [rig.snapshot]
    rig.server()
    grow(rig, unguarded=True)
    assert rig.on == NEW


def test_without_the_right_to_take_snapshots_it_is_refused_before_anything_starts(rig: Rig):
    rig.cluster.world.rights.deny(csi_pod.GROUP, "volumesnapshots")
    with pytest.raises(errors.KfnbError, match="volumesnapshots"):
        enlarging.plan(rig.context(), wish())
    with pytest.raises(errors.KfnbError, match="Nothing was changed"):
        grow(rig)
    assert rig.journal is None


def test_a_claim_that_is_not_mounted_here_is_refused(rig: Rig):
    rig.cluster.world.seed(csi_pod.claim("elsewhere"))
    with pytest.raises(errors.Unsupported, match="elsewhere is not mounted in this notebook"):
        enlarging.plan(rig.context(), wish(claim="elsewhere"))


def test_a_pod_that_does_not_start_on_the_larger_claim_sends_the_notebook_back(rig: Rig):
    rig.cluster.controllers.node.unmountable.add(HOME)
    rig.guardian()
    with pytest.raises(errors.EngineFailed, match="on its volumes from before"):
        grow(rig)
    assert rig.on == OURS
    assert rig.ready_on("demo-home")
    kept = {(one.kind, one.name) for one in keeping.kept(rig.context()) if one.kind != "job"}
    assert kept == {("claim", HOME), ("snapshot", CUT)}


def test_an_exchange_that_is_refused_takes_the_larger_claim_away(rig: Rig):
    def elsewhere(found: dict[str, object]) -> None:
        volumes = found["spec"]["template"]["spec"]["volumes"]  # type: ignore[index]
        volumes[0]["persistentVolumeClaim"]["claimName"] = "demo-data"

    def meddle() -> None:
        if rig.journal and rig.journal.phase == "armed" and not done:
            done.append(1)
            rig.patch(elsewhere)

    done: list[int] = []
    rig.others.append(meddle)
    with pytest.raises(errors.Conflict, match="changed by somebody meanwhile"):
        grow(rig)
    rig.settle()
    assert set(rig.claims) == set(OURS)
    assert CUT in sets(rig)
    assert rig.journal.phase == "failed"


def trial(rig: Rig, nth: int = 0) -> BaseException | None:
    """One growth; the process dies before its n-th request."""
    context = rig.context()
    if nth:
        context.client.access = Mortal(context.client.access, nth)
    error = csi_trials.trial(
        rig, lambda: enlarging.enlarge(context, wish(), UNDER, trees.Listening())
    )
    csi_trials.ended(rig, mark=CUT)
    csi_trials.judge(rig, error, new=NEW)
    assert sets(rig).count(CUT) <= 1
    assert len(sets(rig)) == len(set(sets(rig)))
    return error


def chosen(rig: Rig, fault: str) -> list[int]:
    """Which requests meet this fault."""
    rig.reset()
    beside(rig)
    csi_trials.trial(rig, functools.partial(grow, rig))
    every = 1 if ALL else 9
    listed = enumerate([one.method for one in rig.cluster.log], 1)
    return [
        nth
        for nth, method in listed
        if (method in WRITES and (nth + FAULTS.index(fault)) % every == 0)
        or nth % (8 * len(FAULTS)) == 8 * FAULTS.index(fault)
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_growth_survives_it_at_any_request(shared: Rig, fault: str):
    for nth in chosen(shared, fault):
        shared.reset()
        beside(shared)
        shared.cluster.faults.next(faults.every(silence=0.5)[fault], nth)
        trial(shared)


def test_a_growth_whose_process_dies_before_any_request_ends_well(shared: Rig):
    nth = 1
    while True:
        shared.reset()
        beside(shared)
        error = trial(shared, nth)
        if not isinstance(error, Died):
            break
        nth += 1 if ALL else 5
    assert nth > 20
