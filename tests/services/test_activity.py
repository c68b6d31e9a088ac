"""The last use, kept: forward only, over restarts, and past clocks that jump."""

from datetime import timedelta
from pathlib import Path

import pytest

from kfnb_ext import state
from kfnb_ext.model.activity import Evidence
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.clock import SETTLES, Stamps, Timeline
from tests.fakes.time import Time


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def disk(tmp_path: Path) -> state.State:
    return state.State(tmp_path, str(tmp_path / "state"))


def keeper(time: Time, disk: state.State | None = None, **more: object) -> ActivityKeeper:
    return ActivityKeeper(Timeline(time.clock), disk, **more)  # type: ignore[arg-type]


def work(time: Time) -> Evidence:
    return Evidence(
        kind="process", source="1", at=time.utc(), active=True, since=time.utc(),
        text="terminal 1: `python train.py` used 96 % of a core", cpu=0.96,
    )  # fmt: skip


def test_a_first_start_is_the_first_use(time: Time):
    mind = keeper(time)
    time.pass_(hours=2)

    assert mind.weigh(()).last_use == time.utc() - timedelta(hours=2)


def test_the_start_of_the_pod_and_not_of_a_container_that_crashed_is_the_first_use(
    time: Time, disk: state.State
):
    started = time.utc()
    time.pass_(hours=3)
    mind = keeper(time, disk, begun=started)
    verdict = mind.weigh(())

    assert verdict.last_use == started
    assert not verdict.known, "what a container before this one did is lost with its disk"
    assert not keeper(time, disk, begun=started).known, "and that is not forgotten"
    old = Evidence(
        kind="application", source="f", at=time.utc() - timedelta(hours=1), active=False, text="f"
    )
    assert not mind.weigh((old,)).known, "a file on a volume is not all there was"
    assert mind.weigh((work(time),)).known
    assert keeper(time, disk, begun=started).weigh(()).last_use == time.utc()


def test_the_first_start_is_a_use_of_its_own_time_while_images_are_pulled(
    time: Time, disk: state.State
):
    started = time.utc()
    time.pass_(minutes=10)
    verdict = keeper(time, disk, begun=started).weigh(())

    assert (verdict.known, verdict.last_use) == (True, time.utc())


def test_a_restart_of_the_server_is_no_use(time: Time, disk: state.State):
    keeper(time, disk).weigh((work(time),))
    ended = time.utc()
    for _ in range(5):
        time.pass_(minutes=20)
        verdict = keeper(time, disk).weigh(())

        assert not verdict.in_use
        assert verdict.last_use == ended
        assert verdict.reasons[0].text == "terminal 1: `python train.py` used 96 % of a core"


def test_a_restart_believes_seconds_since_boot_and_not_a_clock_that_was_set_meanwhile(
    time: Time, disk: state.State
):
    keeper(time, disk).weigh((work(time),))
    time.pass_(minutes=20)
    time.jump(hours=8)

    assert keeper(time, disk).weigh(()).last_use == time.utc() - timedelta(minutes=20)


def test_after_another_boot_only_the_wall_clock_is_left(time: Time, disk: state.State):
    keeper(time, disk).weigh((work(time),))
    ended = time.utc()
    time.pass_(minutes=20)
    time.boot, time.ticks = "boot-2", 60.0
    assert keeper(time, disk).weigh(()).last_use == ended

    time.boot = "boot-3"
    time.jump(hours=-8)
    verdict = keeper(time, disk).weigh(())
    assert verdict.last_use == time.utc(), "a record from the future is as old as can be: now"


def test_a_stopped_and_started_pod_begins_anew_whatever_lies_on_its_volume(
    time: Time, disk: state.State
):
    keeper(time, disk).weigh((work(time),))
    time.pass_(hours=20)
    time.boot, time.ticks = "boot-2", 60.0

    assert keeper(time, disk, begun=time.utc()).weigh(()).last_use == time.utc()


def test_of_a_server_and_an_agent_beside_it_the_later_use_is_kept(time: Time, disk: state.State):
    server, agent = keeper(time, disk), keeper(time, disk)
    agent.weigh((work(time),))
    time.pass_(minutes=20)
    server.weigh((work(time),))
    server.vouch()
    ended = time.utc()
    time.pass_(minutes=20)
    seen = Evidence(
        kind="application", source="f", at=ended - timedelta(minutes=9), active=False, text="f"
    )
    agent.weigh((seen,))
    agent.vouch()

    assert keeper(time, disk).weigh(()).last_use == ended


def test_what_a_cluster_is_told_is_on_the_disk_before(time: Time, disk: state.State):
    mind = keeper(time, disk)
    mind.weigh((work(time),))
    time.pass_(4)
    mind.weigh((work(time),))
    told = mind.vouch()
    time.pass_(2)
    seen = mind.vouch(in_use=True)

    assert told == seen == time.utc() - timedelta(seconds=2)
    assert keeper(time, disk).last_use == time.utc()


def test_while_idle_nothing_is_written(time: Time, disk: state.State):
    mind = keeper(time, disk)
    mind.weigh(())
    record = disk.folder / "activity"
    before = record.stat().st_mtime_ns
    for _ in range(240):
        time.pass_(30)
        mind.weigh(())
        mind.vouch()

    assert record.stat().st_mtime_ns == before


def test_a_record_that_cannot_be_read_is_a_first_start(time: Time, disk: state.State):
    disk.write("activity", b'{"boot": 1')

    assert keeper(time, disk).weigh(()).last_use == time.utc()


def test_a_disk_that_cannot_be_written_costs_the_memory_of_restarts_alone(
    time: Time, tmp_path: Path
):
    (tmp_path / "state").write_text("a file, not a folder")
    mind = keeper(time, state.State(tmp_path, str(tmp_path / "state")))

    assert mind.weigh((work(time),)).in_use


def kernel(time: Time, stamps: Stamps, timeline: Timeline, stamp: object) -> tuple[Evidence, ...]:
    ticks = stamps.ticks("kernel", stamp)  # type: ignore[arg-type]
    at = timeline.utc(ticks) if ticks is not None else None
    return (Evidence(kind="kernel", source="k", at=at, active=False, text="kernel was used"),)


@pytest.mark.parametrize("hours", [8, -8])
def test_a_clock_that_jumps_and_comes_back_makes_nothing_immortal_and_stops_nothing_early(
    time: Time, hours: int
):
    timeline = Timeline(time.clock)
    stamps = Stamps(time.clock)
    mind = ActivityKeeper(timeline)
    time.pass_(hours=1)
    used = time.utc()  # the kernel is used before the jump, and once within it
    mind.weigh(kernel(time, stamps, timeline, used))

    time.jump(hours=hours)
    time.pass_(30)
    mind.weigh(kernel(time, stamps, timeline, used))
    assert mind.last_use == used, "the jump alone is no use, and ages nothing"
    time.pass_(30)
    within = time.utc()
    mind.weigh(kernel(time, stamps, timeline, within))
    time.jump(hours=-hours)
    true = time.utc()

    for minutes in range(1, 120):
        time.pass_(minutes=1)
        mind.weigh(kernel(time, stamps, timeline, within))
        assert mind.last_use == true
        assert (time.utc() - mind.last_use) == timedelta(minutes=minutes)


def test_a_clock_that_was_wrong_and_is_set_right_for_good_moves_the_name_not_the_age(time: Time):
    timeline = Timeline(time.clock)
    mind = ActivityKeeper(timeline)
    time.pass_(minutes=50)
    time.jump(hours=8)
    for _ in range(4):
        mind.weigh(())
        time.pass_(SETTLES / 2)

    assert time.utc() - mind.weigh(()).last_use == timedelta(minutes=50, seconds=SETTLES * 2)
