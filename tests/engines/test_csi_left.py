"""What a restore of whole volumes leaves to decide, to list and to take away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfnb_ext import errors
from kfnb_ext.engines.csi import keeping
from kfnb_ext.engines.csi.guarding import Guardian
from kfnb_ext.model import retention, snapshots
from kfnb_ext.text import restores
from tests.engines import csi_restart, trees
from tests.engines.csi_restart import BACK, OURS, UNDER, Rig, another_process
from tests.engines.csi_trials import NEW, Died
from tests.fakes.kubernetes.kinds import NOTEBOOK, POD, STATEFUL_SET


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with csi_restart.rig(tmp_path) as made:
        yield made


def test_an_undo_is_previewed_and_asks_the_same_decision_as_a_restore(rig: Rig):
    rig.guardian()
    rig.server()
    rig.restore()
    rig.others.clear()
    before = rig.cluster.world.store.revision
    guarded = rig.engine().undo_plan(UNDER)
    assert (guarded.possible, guarded.restart, guarded.guardian) == (True, True, True)
    assert [(one.act, one.kind) for one in guarded.objects] == [
        ("change", "Notebook"), ("keep", "claim"), ("keep", "claim"), ("create", "Job"),
        ("restart", "pod"),
    ]  # fmt: skip
    rig.cluster.world.rights.deny("batch", "jobs")
    alone = rig.engine().undo_plan(UNDER)
    assert (alone.possible, alone.guardian) == (True, False)
    assert "No guardian can run" in " ".join(alone.findings)
    with pytest.raises(errors.Conflict, match="No guardian can run") as caught:
        rig.engine().undo(UNDER, BACK, trees.Listening())
    assert "--unguarded" in caught.value.hint
    assert (rig.on, rig.cluster.world.store.revision) == (NEW, before)

    rig.engine().undo(UNDER, BACK, trees.Listening(), unguarded=True)
    assert rig.on == OURS
    assert rig.ready_on("demo-home")


def test_a_notebook_made_beside_is_listed_with_its_claims_until_they_are_let_go(rig: Rig):
    made = rig.restore("new_notebook", name="second")
    rig.settle()
    claims = [f"second-home-r{UNDER}", f"second-data-r{UNDER}"]
    assert rig.engine().restores() == (made,)
    assert [one.new for one in made.switches] == claims
    assert "--release" in restores.done(made)
    assert retention.ways_back((made,)) == set()
    with pytest.raises(errors.Unsupported, match="beside this one") as caught:
        rig.engine().undo_plan(UNDER)
    assert "delete the notebook second" in caught.value.hint

    def kept() -> dict[str, Any]:
        return {one.name: one for one in keeping.kept(rig.context()) if one.kind == "claim"}

    assert set(kept()) == set(claims)
    assert "The Notebook second names it" in kept()[claims[0]].why or "pod second-0" in (
        kept()[claims[0]].why
    )
    with pytest.raises(errors.Conflict):
        keeping.release(rig.context(), "claim", claims[0])
    for kind, name in ((NOTEBOOK, "second"), (STATEFUL_SET, "second"), (POD, "second-0")):
        with rig.cluster.world.store.lock:
            found = rig.cluster.world.store.get(kind, "alice", name)
            if found:
                rig.cluster.world.store.remove(kind, found)
    assert all(one.can_go for one in kept().values())
    keeping.release(rig.context(), "claim", claims[0])
    rig.settle()
    assert claims[0] not in rig.claims


def test_a_process_that_died_amid_a_new_notebook_leaves_claims_that_are_listed(rig: Rig):
    class Dies(trees.Listening):
        def phase(self, text: str) -> None:
            if text == "making the notebook second":
                raise Died

    with pytest.raises(Died):
        rig.engine().restore(
            snapshots.RestoreRequest(
                engine="csi", snapshot=rig.snapshot, way="new_notebook", name="second"
            ),
            UNDER,
            Dies(),
        )
    found = [one for one in keeping.kept(rig.context()) if one.kind == "claim"]
    assert {one.name for one in found} == {f"second-home-r{UNDER}", f"second-data-r{UNDER}"}
    assert all(one.can_go and "for the notebook second" in one.why for one in found)


def test_the_guardian_takes_away_what_a_restore_made_that_died_before_the_exchange(rig: Rig):
    died = []

    def dies() -> None:
        if rig.journal and rig.journal.phase == "armed":
            died.append(1)
            raise Died

    rig.others.append(dies)
    with pytest.raises(Died):
        rig.restore()
    assert died
    assert set(rig.claims) == {*OURS, *NEW}
    rig.others.clear()
    rig.settle()
    guard = Guardian(rig.door(), csi_restart.WHOSE, UNDER, now=rig.time.read, say=rig.told.append)
    assert not guard.step()
    rig.time.sleep(6 * 60)
    assert not guard.step()
    assert guard.step()
    rig.settle()
    assert rig.journal.phase == "failed"
    assert (set(rig.claims), rig.on) == (set(OURS), OURS)
    with another_process():
        assert "did not work" in " ".join(rig.recover())
    assert rig.recover() == ()
