"""Something goes wrong at each request of a restore, of an undo, and of going back.

By default each fault meets every ninth write and some reads, at other places for each fault;
KFNB_EVERY_FAULT=1 tries each fault at each write, and one of them at each read.
"""

import functools
import os
from collections.abc import Iterator

import pytest

from kfnb_ext.engines.csi.engine import CsiEngine
from kfnb_ext.model import snapshots
from tests.engines import csi_restart, csi_trials, trees
from tests.engines.csi_restart import BACK, UNDER, Rig
from tests.engines.csi_trials import NEW, WRITES, Died, Mortal
from tests.fakes.kubernetes import faults

pytestmark = pytest.mark.timeout(900)
ALL = bool(os.environ.get("KFNB_EVERY_FAULT"))
FAULTS = sorted(faults.every(silence=0.5))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with csi_restart.rig(tmp_path_factory.mktemp("rig")) as made:
        yield made


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with csi_restart.rig(tmp_path_factory.mktemp("rig")) as made:
        beside(made, UNDER)
        made.restore()
        made.settle()
        made.save()
        yield made


def beside(rig: Rig, restore: str) -> None:
    rig.guardian(restore)
    rig.server()


def request(rig: Rig) -> snapshots.RestoreRequest:
    return snapshots.RestoreRequest(engine="csi", snapshot=rig.snapshot)


def methods(rig: Rig, act) -> list[str]:
    """The requests of an act that nothing disturbs."""
    rig.reset()
    beside(rig, UNDER)
    csi_trials.trial(rig, act)
    return [one.method for one in rig.cluster.log]


def chosen(listed: list[str], fault: str) -> list[int]:
    """Which requests meet this fault."""
    index = FAULTS.index(fault)
    every, reads = (1, len(FAULTS)) if ALL else (9, 4 * len(FAULTS))
    return [
        nth
        for nth, method in enumerate(listed, 1)
        if (method in WRITES and (nth + index) % every == 0)
        or nth % reads == (index if ALL else 4 * index)
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_restore_survives_it_at_any_request(shared: Rig, fault: str):
    for nth in chosen(methods(shared, shared.restore), fault):
        shared.reset()
        beside(shared, UNDER)
        shared.cluster.faults.next(faults.every(silence=0.5)[fault], nth)
        error = csi_trials.trial(shared, shared.restore)
        csi_trials.ended(shared)
        csi_trials.judge(shared, error)


@pytest.mark.parametrize("fault", FAULTS)
def test_going_back_survives_it_at_any_request(shared: Rig, fault: str):
    def stuck() -> None:
        shared.cluster.controllers.node.unmountable.add(NEW[1])
        shared.restore()

    for nth in chosen(methods(shared, stuck), fault):
        shared.reset()
        beside(shared, UNDER)
        shared.cluster.faults.next(faults.every(silence=0.5)[fault], nth)
        error = csi_trials.trial(shared, stuck)
        csi_trials.ended(shared)
        assert error is not None
        csi_trials.judge(shared, error)


@pytest.mark.parametrize("fault", FAULTS)
def test_an_undo_survives_it_at_any_request(restored: Rig, fault: str):
    def undo() -> None:
        restored.engine().undo(UNDER, BACK, trees.Listening())

    for nth in chosen(methods(restored, undo), fault):
        restored.reset()
        restored.guardian(BACK)
        restored.cluster.faults.next(faults.every(silence=0.5)[fault], nth)
        error = csi_trials.trial(restored, undo)
        csi_trials.ended(restored, BACK)
        csi_trials.judge(restored, error, undo=True)


def mortal(rig: Rig, nth: int) -> CsiEngine:
    """The engine of a process that dies before its n-th request."""
    context = rig.context()
    context.client.access = Mortal(context.client.access, nth)
    return CsiEngine(context)


@pytest.mark.parametrize("part", range(4))
def test_a_restore_whose_process_dies_before_any_request_ends_well(shared: Rig, part: int):
    nth = part + 1
    while True:
        shared.reset()
        beside(shared, UNDER)
        work = functools.partial(mortal(shared, nth).restore, request(shared), UNDER)
        error = csi_trials.trial(shared, lambda work=work: work(trees.Listening()))
        csi_trials.ended(shared)
        csi_trials.judge(shared, error)
        if not isinstance(error, Died):
            break
        nth += 4
    assert nth > 20


@pytest.mark.parametrize("part", range(2))
def test_an_undo_whose_process_dies_before_any_request_ends_well(restored: Rig, part: int):
    nth = part + 1
    while True:
        restored.reset()
        restored.guardian(BACK)
        work = functools.partial(mortal(restored, nth).undo, UNDER, BACK)
        error = csi_trials.trial(restored, lambda work=work: work(trees.Listening()))
        csi_trials.ended(restored, BACK)
        csi_trials.judge(restored, error, undo=True)
        if not isinstance(error, Died):
            break
        nth += 2
    assert nth > 10
