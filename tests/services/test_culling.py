"""What the culler is answered, when warnings are due."""

import json
from datetime import timedelta

import pytest

from kfnb_ext.model import culling
from kfnb_ext.model.activity import Evidence
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.culling import CullingService, Options
from tests.fakes.culler import parse, text
from tests.fakes.time import Time

HOUR = timedelta(hours=1)
IDENTITY = culling.Identity(culler="kubeflow", namespace="ns", name="nb")


class Pod:
    def __init__(
        self, identity: culling.Identity = IDENTITY, idle: timedelta | None = HOUR
    ) -> None:
        self.time = Time()
        self.timeline = timeline = Timeline(self.time.clock)
        self.keeper = ActivityKeeper(timeline)
        self.service = CullingService(timeline, self.keeper, identity, Options(idle=idle))

    def look(self, in_use: bool = False) -> culling.Culling:
        now = self.timeline.now()
        going = Evidence(
            kind="process", source="1", at=now, active=True, since=now, text="x", cpu=1.0
        )
        return self.service.look(self.keeper.weigh((going,) if in_use else ()))


@pytest.fixture
def pod() -> Pod:
    return Pod()


def kernel(**more: str) -> dict[str, object]:
    given = {"id": "k", "execution_state": "idle", "last_activity": text(Time().utc())}
    return {**given, **more}


def old(pod: Pod, hours: int) -> str:
    return text(pod.time.utc() - timedelta(hours=hours))


def test_every_time_that_is_told_has_its_zone(pod: Pod):
    pod.look(True)
    told = pod.service.answer([kernel(last_activity="2020-01-01T00:00:00"), kernel()])

    assert all(parse(one["last_activity"]) for one in told), json.dumps(told)


def test_a_kernels_stamp_from_the_future_does_not_make_the_notebook_immortal(pod: Pod):
    future = text(pod.time.utc() + timedelta(hours=8))
    (told, entry) = pod.service.answer([kernel(last_activity=future)])

    assert told["last_activity"] == entry["last_activity"]


def test_in_doubt_of_the_clock_use_is_told_without_a_time_and_idleness_with_the_true_one(pod: Pod):
    pod.look(True)
    used = pod.time.utc()
    pod.time.jump(hours=8)
    pod.look(True)
    assert pod.service.answer([])[-1]["execution_state"] == "busy"

    pod.look(False)
    (entry,) = pod.service.answer([])
    assert entry["execution_state"] == "idle"
    assert parse(entry["last_activity"]) == used


def test_a_kernel_that_is_stuck_is_told_as_idle_with_its_true_time(pod: Pod):
    since = pod.time.utc() - timedelta(hours=12)
    pod.service.stuck = {"k": since}
    stamp = old(pod, hours=12)
    (told, entry) = pod.service.answer([kernel(execution_state="busy", last_activity=stamp)])

    assert (told["execution_state"], parse(told["last_activity"])) == ("idle", since)
    assert entry["execution_state"] == "idle"


def test_a_stuck_kernel_that_somebody_came_back_to_is_told_as_it_is(pod: Pod):
    pod.service.stuck = {"k": pod.time.utc() - timedelta(hours=12)}
    came = {**kernel(execution_state="busy", last_activity=old(pod, hours=12)), "connections": 1}
    spoke = {**kernel(execution_state="busy", last_activity=old(pod, hours=0)), "connections": 0}

    for one in (came, spoke):
        assert pod.service.answer([one])[0] == one


def test_each_warning_is_given_once_and_anew_after_a_use(pod: Pod):
    pod.service.asked("kernels")
    pod.look(True)
    given: list[tuple[int, int]] = []
    for minute in range(130):
        if minute == 58:
            pod.look(True)
        else:
            pod.service.asked("kernels")
            left = pod.service.warning(pod.look())
            given += [(minute, round(left))] if left is not None else []
        pod.time.pass_(minutes=1)

    assert given == [(45, 15), (55, 5), (103, 15), (113, 5)]


def test_without_a_known_stop_nobody_is_warned(pod: Pod):
    pod.time.pass_(hours=9)

    assert pod.service.warning(pod.look()) is None


def test_what_is_not_known_is_not_told(pod: Pod):
    """A container that was started anew: its kernels are told, and the controller counts on."""
    pod.time.pass_(hours=3)
    began = pod.time.utc() - timedelta(hours=3)
    pod.keeper = ActivityKeeper(pod.timeline, begun=began)
    pod.service = CullingService(pod.timeline, pod.keeper, IDENTITY, Options(idle=HOUR))
    assert pod.service.answer([]) == []
    assert pod.service.answer([kernel()]) == [kernel()]
    pod.service.asked("kernels")
    assert "not known" in pod.look().forecast.text

    pod.look(True)
    (entry,) = pod.service.answer([])
    assert parse(entry["last_activity"]) == pod.time.utc()


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_kernels_stamp_by_a_clock_that_is_wrong_is_the_last_use(pod: Pod, minutes: int):
    pod.look(True)
    used = pod.time.utc()
    pod.time.jump(hours=minutes / 60)
    pod.timeline.learn(used)  # the API server has told the time
    pod.time.pass_(minutes=20)
    stamp = text(pod.time.utc() - timedelta(minutes=20))
    (told, entry) = pod.service.answer([kernel(last_activity=stamp)])

    assert told["last_activity"] == entry["last_activity"]
    told_at = parse(told["last_activity"])
    assert told_at is not None
    assert abs(told_at - used) <= timedelta(seconds=1)


def test_two_requests_of_one_look_are_one_period(pod: Pod):
    for _ in range(4):
        pod.service.asked("kernels")
        pod.time.pass_(0.01)
        pod.service.asked("kernels")
        pod.time.pass_(60)

    assert pod.service.period == timedelta(seconds=60)


def test_a_look_that_was_refused_is_none_until_one_is_answered(pod: Pod):
    pod.service.refused()
    assert pod.look().sight == "refused"
    pod.service.asked("kernels")
    assert pod.look().sight == "looks"


def test_where_there_is_no_cluster_nobody_is_sent_to_its_administrator():
    laptop = Pod(culling.identify({}), None).look().forecast
    pod = Pod(culling.identify({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}), None).look().forecast

    assert (laptop.known, laptop.hint) == (False, "")
    assert laptop.text == "Nothing is known here that stops this server for want of use."
    assert "KFNB_CULL_IDLE_MINUTES" in pod.hint
