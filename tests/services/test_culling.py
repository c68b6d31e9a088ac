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

IDENTITY = culling.Identity(culler="kubeflow", namespace="ns", name="nb")


class Pod:
    def __init__(self) -> None:
        self.time = Time()
        self.timeline = timeline = Timeline(self.time.clock)
        self.keeper = ActivityKeeper(timeline)
        options = Options(idle=timedelta(hours=1))
        self.service = CullingService(timeline, self.keeper, IDENTITY, options)

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
    (told, entry) = pod.service.answer([kernel(execution_state="busy")])

    assert (told["execution_state"], parse(told["last_activity"])) == ("idle", since)
    assert entry["execution_state"] == "idle"


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
