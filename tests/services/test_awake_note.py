"""Keep-awake noted on a Notebook that a real HTTP server holds: one write for each change."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kfnb_ext import state
from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.access import Access
from kfnb_ext.kube.client.wire import Limits
from kfnb_ext.model import culling
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.awake_note import KEY, AwakeNote
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.culling import CullingService, Options
from kfnb_ext.services.heartbeat import Heartbeat
from kfnb_ext.services.heartbeat import Options as Allowed
from kfnb_ext.services.keep_awake import KeepAwakeService
from kfnb_ext.services.marks import STOP, text
from tests.fakes import kubernetes, mirrored
from tests.fakes.kubernetes import faults
from tests.fakes.time import Time

HOUR = 3600


class Pod:
    """A server that keeps the notebook awake, and whose culler looks at it."""

    def __init__(self, cluster: kubernetes.Cluster, time: Time, folder: Path) -> None:
        self.cluster, self.time = cluster, time
        timeline = Timeline(time.clock)
        mine, disk = state.myself("server"), state.State(folder, str(folder / "state"))
        self.awake = KeepAwakeService(timeline, disk, timedelta(hours=12), lambda: mine)
        keeper = ActivityKeeper(timeline)
        identity = culling.Identity(culler="kubeflow", namespace="alice", name="demo")
        self.culling = CullingService(timeline, keeper, identity, Options())
        self.keeper = keeper
        access = Access({"KUBECONFIG": str(cluster.kubeconfig(folder))}, folder / "none")
        door = Client(access, limits=Limits(connect=1.0, read=0.4), sleep=lambda s: None)
        self.heart = Heartbeat(door, timeline, keeper, self.culling, Allowed())
        note = AwakeNote(self.heart, self.culling, timeline, self.awake.current)
        self.heart.also.append(note.tell)

    def ticks(self, count: int = 1, seconds: float = 30) -> None:
        for _ in range(count):
            self.culling.asked("kernels")  # it looks: so the heart itself has nothing to write
            found = self.awake.evidence()
            self.heart.beat(self.keeper.weigh((found,) if found else ()))
            self.time.pass_(seconds)

    @property
    def note(self) -> dict[str, Any] | None:
        said = mirrored.notes(self.cluster).get(KEY)
        return json.loads(said) if said else None

    @property
    def writes(self) -> int:
        return mirrored.ours(self.cluster)


@pytest.fixture
def pod(cluster: kubernetes.Cluster, time: Time, tmp_path: Path) -> Pod:
    made = Pod(cluster, time, tmp_path)
    cluster.world.clock = time.utc
    made.ticks()
    assert (made.writes, made.note) == (0, None), "nobody has asked for anything"
    return made


def test_it_is_noted_once_and_once_more_when_it_is_extended_and_is_silent_at_its_end(pod: Pod):
    before = pod.cluster.world.read("notebooks", "alice", "demo")
    assert before is not None
    before = json.loads(json.dumps(before))
    until = pod.time.utc() + timedelta(hours=1)
    pod.awake.ask(HOUR, "a long download", "anna")
    pod.ticks(10)
    assert pod.note is not None
    assert (pod.note["until"], pod.note["by"]) == (text(until), "anna")
    assert pod.note["reason"] == "a long download"
    assert pod.writes == 1

    pod.awake.ask(2 * HOUR, "a long download", "anna")
    pod.ticks(10)
    assert pod.writes == 2
    pod.time.pass_(hours=2)
    pod.ticks(100)
    assert pod.writes == 2, "it has ended by itself: an idle notebook is not written to"

    after = pod.cluster.world.read("notebooks", "alice", "demo")
    assert after is not None
    for part in ("generation", "labels"):
        assert after["metadata"].get(part) == before["metadata"].get(part)
    assert after["spec"] == before["spec"]
    assert set(after["metadata"]["annotations"]) - set(before["metadata"]["annotations"]) == {KEY}
    assert "notebook" in KEY


def test_it_is_taken_away_when_it_is_revoked(pod: Pod):
    pod.awake.ask(HOUR, "", "anna")
    pod.ticks()
    assert pod.note is not None
    pod.awake.revoke()
    pod.ticks(20)
    assert (pod.note, pod.writes) == (None, 2)


def test_a_clock_that_is_set_writes_nothing_anew(pod: Pod):
    pod.awake.ask(HOUR, "", "anna")
    pod.ticks()
    for _ in range(10):
        pod.time.wall += 2
        pod.ticks()
    assert pod.writes == 1


def test_where_it_may_not_be_written_it_holds_all_the_same_and_that_is_said_once(pod: Pod):
    nobody = {"kind": "Status", "reason": "Forbidden", "message": "may not", "code": 403}
    refusal = faults.Response(403, json.dumps(nobody))
    pod.cluster.faults.always(faults.Fault(answer=refusal))
    asked = len(pod.cluster.log)
    pod.awake.ask(HOUR, "", "anna")
    pod.ticks(50)
    assert pod.awake.current() is not None
    assert "Keep-awake holds, but is not noted" in pod.culling.heartbeat
    assert len([r for r in pod.cluster.log[asked:] if r.method == "PATCH"]) == 1


def test_a_notebook_that_is_being_stopped_and_one_whose_server_ends_is_left_alone(pod: Pod):
    mirrored.write(pod.cluster, **{STOP: text(pod.time.utc())})
    pod.awake.ask(HOUR, "", "anna")
    pod.ticks(20)
    assert pod.note is None
    pod.heart.end()
    pod.awake.ask(2 * HOUR, "", "anna")
    pod.ticks(20)
    assert (pod.note, pod.writes) == (None, 0)
