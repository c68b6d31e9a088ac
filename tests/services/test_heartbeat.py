"""The heartbeat, against a real HTTP server that holds a Notebook, and the culler's own rule."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.access import Access
from kfnb_ext.kube.client.wire import Limits
from kfnb_ext.model import culling
from kfnb_ext.model.activity import Activity, Evidence
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.culling import CullingService
from kfnb_ext.services.culling import Options as Told
from kfnb_ext.services.heartbeat import Heartbeat, Options
from kfnb_ext.services.marks import CHECK, LAST, STOP
from tests.fakes import kubernetes, mirrored
from tests.fakes.culler import Culler, Notebook, parse, text
from tests.fakes.kubernetes import faults
from tests.fakes.time import Time

IDENTITY = culling.Identity(culler="kubeflow", namespace="alice", name="demo")
HOUR = timedelta(hours=1)


class Pod:
    """A pod whose server the culler cannot reach, unless ``answers``."""

    def __init__(self, cluster: kubernetes.Cluster, time: Time, folder: Path, **options: Any):
        self.cluster, self.time = cluster, time
        self.skew = timedelta()
        self.answers = False
        access = Access({"KUBECONFIG": str(cluster.kubeconfig(folder))}, folder / "none")
        self.door = Client(access, limits=Limits(connect=1.0, read=0.4), sleep=lambda s: None)
        self.timeline = Timeline(time.clock)
        self.keeper = ActivityKeeper(self.timeline)
        told = Told(idle=HOUR)
        self.culling = CullingService(self.timeline, self.keeper, IDENTITY, told)
        given = Options(**{"idle": HOUR, **options})
        self.heart = Heartbeat(
            self.door, self.timeline, self.keeper, self.culling, given, chance=lambda: 0.5
        )
        self.mark = Notebook()
        self.culler = Culler("v1", self.mark, self.get, self.truth)

    def truth(self) -> datetime:
        """The cluster's time."""
        return self.time.utc() + self.skew

    def get(self, path: str) -> tuple[int, bytes]:
        """The culler's request, stopped by the mesh unless ``answers``."""
        if not self.answers:
            return 403, b""
        if path == "api/kernels":
            self.culling.asked("kernels")
        return 200, json.dumps(self.culling.answer([])).encode()

    @property
    def notes(self) -> dict[str, str]:
        """The Notebook's annotations."""
        return mirrored.notes(self.cluster)

    def write(self, **annotations: str | None) -> None:
        """Another writer's patch."""
        mirrored.write(self.cluster, **annotations)

    def look(self, in_use: bool) -> Activity:
        """A tick: weigh, and let the heart beat."""
        now = self.timeline.now()
        going = Evidence(
            kind="process", source="1", at=now, active=True, since=now, text="x", cpu=1.0
        )
        verdict = self.keeper.weigh((going,) if in_use else ())
        self.heart.beat(verdict)
        return verdict

    def reconcile(self) -> bool:
        """The culler's pass over the real Notebook; whether it stopped it."""
        return mirrored.reconcile(self.culler, self.cluster)

    def patches(self) -> list[Any]:
        """Our own writes that the cluster took."""
        ours = [r for r in self.cluster.log if "kfnb-ext/" in r.headers.get("user-agent", "")]
        return [r for r in ours if r.method == "PATCH" and r.status == 200]


@pytest.fixture
def pod(cluster: kubernetes.Cluster, time: Time, tmp_path: Path) -> Pod:
    made = Pod(cluster, time, tmp_path)
    cluster.world.clock = made.truth
    made.culling.checked_elsewhere()
    return made


def stopped_at(pod: Pod, used: int, total: int = 200) -> int | None:
    """The minute of the stop, for a use that ends after ``used`` minutes; a look each 30 s."""
    for minute in range(total):
        pod.look(minute <= used)
        pod.time.pass_(30)
        pod.look(minute < used)
        pod.time.pass_(30.05)
        if pod.reconcile():
            return minute + 1
    return None


def test_an_unreachable_notebook_lives_while_it_is_used_and_an_hour_longer(pod: Pod):
    assert stopped_at(pod, used=59) in (119, 120)
    assert 4 <= len(pod.patches()) <= 6, "each 15 minutes, and once at the end"


def test_while_the_culler_asks_this_server_nothing_is_written(pod: Pod):
    pod.answers = True
    pod.reconcile()

    assert stopped_at(pod, used=59) in (119, 120)
    assert pod.patches() == []


def test_two_idle_hours_are_no_request_at_all(pod: Pod):
    pod.look(True)
    pod.look(False)
    before = len(pod.cluster.log)
    for _ in range(240):
        pod.time.pass_(30)
        pod.look(False)

    assert len(pod.cluster.log) == before


def test_a_thousand_heartbeats_change_nothing_but_one_annotation(pod: Pod):
    before = pod.cluster.world.read("notebooks", "alice", "demo")
    assert before is not None
    before = json.loads(json.dumps(before))
    for _ in range(1000):
        pod.time.pass_(hours=1)
        pod.look(True)
    after = pod.cluster.world.read("notebooks", "alice", "demo")

    assert after is not None
    assert len(pod.patches()) == 1000
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert after["metadata"]["labels"] == before["metadata"]["labels"]
    assert after["spec"] == before["spec"]
    notes = after["metadata"]["annotations"]
    assert {**notes, LAST: ""} == {**before["metadata"]["annotations"], LAST: ""}
    assert parse(notes[LAST]) == pod.time.utc().replace(microsecond=0)


def test_where_another_extension_answers_the_culler_it_is_written_although_he_looks(pod: Pod):
    pod.answers = True
    pod.look(True)
    pod.culling.asked("kernels")
    for before_us, written in (("", 0), ("another", 1)):
        pod.culling.before_us = before_us
        done = len(pod.patches())
        pod.time.pass_(minutes=20)
        pod.culling.asked("kernels")
        pod.look(True)
        assert len(pod.patches()) - done == written


def test_a_newer_value_of_somebody_else_is_never_moved_back(pod: Pod):
    pod.look(True)
    pod.time.pass_(minutes=20)
    newer = text(pod.time.utc() + timedelta(minutes=5))
    pod.write(**{LAST: newer})
    pod.look(True)

    assert pod.notes[LAST] == newer


def test_a_clock_that_is_ten_minutes_slow_is_set_right_by_the_cluster(pod: Pod):
    pod.skew = timedelta(minutes=10)
    pod.write(**{LAST: text(pod.truth()), CHECK: text(pod.truth())})

    assert stopped_at(pod, used=59) in (119, 120)


def test_a_foreign_old_value_after_a_start_does_not_stop_it_early(pod: Pod):
    pod.write(**{LAST: text(pod.truth() - timedelta(minutes=50))})
    pod.look(True)

    assert parse(pod.notes[LAST]) == pod.time.utc()


def test_a_notebook_that_is_being_stopped_is_left_alone(pod: Pod):
    pod.look(True)
    pod.write(**{STOP: text(pod.truth()), LAST: None, CHECK: None})
    before = pod.notes
    for _ in range(100):
        pod.time.pass_(minutes=5)
        pod.look(True)

    assert pod.notes == before
    assert "being stopped" in pod.culling.heartbeat


def test_after_the_end_nothing_is_written(pod: Pod):
    pod.heart.end()
    pod.look(True)

    assert pod.cluster.log == []


def test_where_no_culler_leaves_a_mark_nothing_is_written(pod: Pod):
    pod.write(**{LAST: None, CHECK: None})
    for _ in range(20):
        pod.look(True)
        pod.time.pass_(minutes=2)

    assert pod.patches() == []
    assert "no mark of a culler" in pod.culling.heartbeat
    assert len([r for r in pod.cluster.log if r.method == "GET"]) <= 3, "one each interval"


def test_a_culler_that_is_switched_on_later_stops_nothing_that_is_used(pod: Pod):
    pod.write(**{LAST: None, CHECK: None})
    pod.look(True)
    assert "no mark of a culler" in pod.culling.heartbeat
    pod.time.pass_(minutes=1)

    assert stopped_at(pod, used=90) in (150, 151), "and 60 minutes after its use it does"


def test_a_use_that_comes_and_goes_is_not_written_each_time(pod: Pod):
    for _ in range(120):  # two hours: a minute of work, a minute of none
        pod.look(True)
        pod.time.pass_(60)
        pod.look(False)
        pod.time.pass_(60)
    used = pod.time.utc() - timedelta(seconds=120)
    for _ in range(20):
        pod.time.pass_(30)
        pod.look(False)

    assert len(pod.patches()) <= 4 * 4 * 3 + 4, "each five minutes at most"
    assert parse(pod.notes[LAST]) == used


def test_the_first_mark_of_a_notebook_that_was_made_anew_is_left_as_it_is(pod: Pod):
    pod.look(True)
    mirrored.ask(pod.cluster, "DELETE", body={})
    old = text(pod.truth())
    pod.cluster.world.seed(kubernetes.notebook(**{LAST: old, CHECK: old}))
    pod.time.pass_(minutes=17)
    pod.look(True)
    assert pod.notes[LAST] == old, "this pod is the old one's, it seems: it ends at once"
    assert "made anew" in pod.culling.heartbeat

    pod.time.pass_(minutes=17)
    pod.look(True)
    assert parse(pod.notes[LAST]) == pod.time.utc(), "it was taken over, and lives"


def test_a_mark_of_the_future_that_is_set_right_is_seen(pod: Pod):
    pod.write(**{LAST: text(pod.truth() + timedelta(hours=8))})
    pod.look(True)
    assert pod.patches() == []
    pod.write(**{LAST: text(pod.truth())})
    pod.time.pass_(minutes=17)
    pod.look(True)

    assert parse(pod.notes[LAST]) == pod.time.utc()


def test_switched_on_it_is_written_though_the_culler_looks_but_never_against_the_culler(
    cluster: kubernetes.Cluster, time: Time, tmp_path: Path
):
    pod = Pod(cluster, time, tmp_path, mode="on")
    cluster.world.clock = pod.truth
    pod.answers = True

    assert stopped_at(pod, used=59) in (119, 120)
    assert 1 <= len(pod.patches()) <= 8, "what it has just written by itself is not written again"


def test_at_the_end_no_further_attempt_is_made(pod: Pod):
    pod.look(True)
    pod.time.pass_(minutes=17)
    pod.cluster.faults.always(faults.broken())
    pod.door._sleep = lambda seconds: pod.heart.end()  # the end comes between two attempts
    before = len(pod.cluster.log)
    pod.look(True)

    assert len(pod.cluster.log) == before + 1


FAULTS = {
    "401": faults.unauthorized(),
    "429": faults.throttled(120),
    "500": faults.broken(),
    "504": faults.timed_out(),
    "vanished": faults.closed(),
    "hung": faults.silent(0.6),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_failure_ends_in_a_sentence_and_in_no_storm(pod: Pod, name: str):
    pod.look(True)
    pod.cluster.faults.always(FAULTS[name])
    before = len(pod.cluster.log)
    for _ in range(120):  # one hour
        pod.time.pass_(30)
        pod.look(True)
    asked = len(pod.cluster.log) - before

    assert asked <= 24, "at most three attempts, each time longer apart"
    assert pod.culling.heartbeat.endswith(".")
    pod.cluster.faults.clear()
    pod.time.pass_(hours=2)
    pod.look(True)
    assert parse(pod.notes[LAST]) == pod.time.utc(), "it recovers by itself"


def test_without_the_right_it_asks_once_an_hour_and_says_so(pod: Pod):
    nobody = {"kind": "Status", "reason": "Forbidden", "message": "may not", "code": 403}
    refusal = faults.Response(403, json.dumps(nobody))
    pod.cluster.faults.always(faults.Fault(answer=refusal))
    for _ in range(120):
        pod.look(True)
        pod.time.pass_(30)

    assert len(pod.cluster.log) <= 2
    assert pod.culling.heartbeat


def test_a_notebook_that_is_gone_is_never_asked_for_again(pod: Pod):
    pod.heart.address = pod.heart.address.at("alice", "other")
    for _ in range(120):
        pod.look(True)
        pod.time.pass_(minutes=5)

    assert len(pod.cluster.log) == 1


def test_the_mark_that_moves_without_a_visit_tells_that_the_culler_cannot_come(
    cluster: kubernetes.Cluster, time: Time, tmp_path: Path
):
    pod = Pod(cluster, time, tmp_path)
    cluster.world.clock = pod.truth
    assert pod.culling.sight == "not_yet"
    pod.time.pass_(minutes=11)
    for _ in range(3):
        pod.look(True)
        pod.time.pass_(minutes=16)
        pod.reconcile()

    assert pod.culling.sight == "cannot_reach"
    assert "cannot reach" in pod.culling.look(pod.look(True)).text


def test_a_lease_asks_for_peace_while_used_and_is_exact_at_its_end(
    cluster: kubernetes.Cluster, time: Time, tmp_path: Path
):
    pod = Pod(cluster, time, tmp_path, lease=True)
    cluster.world.clock = pod.truth
    pod.answers = True

    assert stopped_at(pod, used=59) in (119, 120)
    assert pod.culler.gets < 75, "silence while it is used"
    assert 5 <= len(pod.patches()) <= 9


def test_a_lease_lapses_when_the_server_dies(
    cluster: kubernetes.Cluster, time: Time, tmp_path: Path
):
    pod = Pod(cluster, time, tmp_path, lease=True)
    cluster.world.clock = pod.truth
    pod.answers = True
    pod.look(True)
    pod.answers = False
    minutes = 0
    while not pod.reconcile():
        time.pass_(60.05)
        minutes += 1

    assert minutes in (60, 61)
