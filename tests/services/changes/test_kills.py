"""Processes that are really killed amid a growth, a patch, its undo and a stop.

At each request in turn: before it is carried out, and after, before its answer came.
"""

import copy
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb_ext.kube.client import guard
from kfnb_ext.model.changes import GrowRequest, PatchRequest, StopRequest
from kfnb_ext.services.cluster import undo_book
from tests.fakes.kubernetes import faults
from tests.services.changes.field import ADVICE, Field

ROOT = Path(__file__).parents[3]
DSHM = {"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}
MOST = 20  # requests of one act, far more than it needs
SILENCE = 30.0


class Mortal:
    """The process that starts those that are killed."""

    def __init__(self, field: Field) -> None:
        self.field = field
        words = [str(field.folder / "kubeconfig"), str(field.folder)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.changes.mortal", *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.anew_from()

    def anew_from(self) -> None:
        """Be as it is now at each beginning."""
        self.saved = copy.deepcopy(self.field.cluster.world.store.objects)
        self.known = {one.id for one in self.field.operations.list()}

    def killed(self, act: str, nth: int, *, applied: bool) -> bool:
        """Kill it at its n-th request; False: it has ended before, well."""
        cluster = self.field.cluster
        came = len(cluster.log) + nth
        cluster.faults.next(faults.silent(SILENCE, applied=applied), nth)
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{act}\n")
        self.process.stdin.flush()
        child = int(self.process.stdout.readline())
        deadline = time.monotonic() + 20
        while len(cluster.log) < came and _lives(child):
            assert time.monotonic() < deadline
            time.sleep(0.002)
        if _lives(child):
            time.sleep(0.02)  # so that what is applied has been
            os.kill(child, signal.SIGKILL)
        code = int(self.process.stdout.readline())
        cluster.faults.clear()
        assert code in (0, -9)
        return code == -9

    def anew(self) -> None:
        """The cluster as at the beginning."""
        self.known = {one.id for one in self.field.operations.list()}
        with self.field.cluster.world.store.lock:
            self.field.cluster.world.store.objects = copy.deepcopy(self.saved)
            self.field.cluster.world.store.history.clear()

    def told(self) -> None:
        """What was begun since is said to have been interrupted, with what to do."""
        for one in self.field.operations.list():
            if one.id not in self.known:
                self.known.add(one.id)
                assert one.state == "failed"
                assert "Interrupted" in one.message
                assert "the cluster" in one.hint


def _lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def mortal(field: Field) -> Iterator[Mortal]:
    made = Mortal(field)
    yield made
    assert made.process.stdin
    made.process.stdin.close()
    assert made.process.wait(20) == 0
    assert made.process.stdout
    made.process.stdout.close()


def each(mortal: Mortal, act: str) -> Iterator[bool]:
    """One kill after another, each on the cluster as at the beginning; True: it was applied."""
    kills = 0
    for nth in range(1, MOST):
        for applied in (False, True):
            if not mortal.killed(act, nth, applied=applied):
                assert kills >= 4, "it was hardly killed"
                return
            kills += 1
            mortal.told()
            yield applied
            mortal.anew()
    raise AssertionError("it does not end")


def apply(field: Field):
    return field.ended(lambda: field.patching.apply(PatchRequest(advice=ADVICE)))


def undo(field: Field):
    return field.ended(lambda: field.unpatching.undo(None))


def test_a_killed_patch_is_there_once_with_its_undo_or_not_at_all(field, mortal):
    before, applied = copy.deepcopy(field.spec), 0
    for _ in each(mortal, "patch"):
        if field.spec == before:
            assert apply(field).state == "succeeded"
        else:
            applied += 1
        assert field.spec["volumes"].count(DSHM) == 1
        assert len(undo_book.read(field.notebook)) == 1
        assert undo(field).state == "succeeded"
        assert field.spec == before
    assert applied == 1


def test_a_killed_undo_is_done_or_can_be_done_again(field, mortal):
    before = copy.deepcopy(field.spec)
    apply(field)
    after, undone = copy.deepcopy(field.spec), 0
    mortal.anew_from()
    for _ in each(mortal, "unpatch"):
        (kept,) = field.unpatching.list().patches
        undone += kept.undone
        assert field.spec == (before if kept.undone else after)
        if not kept.undone:
            assert undo(field).state == "succeeded"
        assert field.spec == before
    assert undone == 1


def test_a_killed_growth_is_asked_for_once_and_goes_on_by_itself(field, mortal):
    asked = 0
    for _ in each(mortal, "grow"):
        claim = field.read("persistentvolumeclaims", "demo-home")
        size = claim["spec"]["resources"]["requests"]["storage"]
        assert size in ("1Gi", "2Gi")
        asked += size == "2Gi"
        field.settle()
        again = field.ended(lambda: field.growing.grow("demo-home", GrowRequest(size="2Gi")))
        if size == "2Gi":
            assert "has 2Gi already" in again.message
        else:
            assert again.state == "succeeded", again.message
        found = field.read("persistentvolumeclaims", "demo-home")
        assert found["spec"]["resources"]["requests"]["storage"] == "2Gi"
        assert found["status"]["capacity"]["storage"] == "2Gi"
    assert asked


def test_a_killed_stop_has_set_the_mark_or_has_not(field, mortal):
    marks = 0
    for _ in each(mortal, "stop"):
        mark = field.notebook["metadata"]["annotations"].get(guard.STOPPED)
        marks += mark is not None
        again = field.ended(lambda: field.stopping.stop(StopRequest()))
        if mark:
            assert "stopped already" in again.message
        else:
            assert again.state == "succeeded", again.message
        field.settle()
        assert field.pod_uid is None
        assert field.read("persistentvolumeclaims", "demo-home")
    assert marks == 1
