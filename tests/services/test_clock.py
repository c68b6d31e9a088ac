"""Time that no jump of the wall clock can bend."""

from datetime import timedelta

from kfnb_ext.services import clock
from tests.fakes.time import Time


def test_a_moment_keeps_its_name_while_the_wall_clock_jumps_and_comes_back():
    time = Time()
    timeline = clock.Timeline(time.clock)
    moment, name = time.ticks, timeline.now()

    time.jump(hours=8)
    assert timeline.utc(moment) == name
    assert timeline.doubtful()

    time.jump(hours=-8)
    assert timeline.utc(moment) == name
    assert not timeline.doubtful()


def test_a_clock_that_was_set_right_is_believed_once_it_has_stood_still():
    time = Time()
    timeline = clock.Timeline(time.clock)

    time.jump(hours=8)
    assert timeline.doubtful()
    time.pass_(clock.SETTLES)

    assert not timeline.doubtful()
    assert timeline.now() == time.utc()


def test_a_clock_that_never_stands_still_is_never_believed():
    time = Time()
    timeline = clock.Timeline(time.clock)

    for hours in (1, -2, 3, -1):
        time.jump(hours=hours)
        assert timeline.doubtful()
        time.pass_(clock.SETTLES * 0.9)

    assert timeline.doubtful()


def test_the_time_that_the_api_server_tells_is_believed_at_once():
    time = Time()
    time.jump(hours=-1 / 6)
    timeline = clock.Timeline(time.clock)

    timeline.learn(time.utc() + timedelta(minutes=10))

    assert timeline.skew() < timedelta(minutes=-9)
    assert not timeline.doubtful()


def test_small_corrections_of_the_clock_are_followed():
    time = Time()
    timeline = clock.Timeline(time.clock)

    for _ in range(10):
        time.pass_(minutes=10)
        time.wall += 2
        assert not timeline.doubtful()

    assert timeline.now() == time.utc()


def test_a_stamp_made_while_the_clock_was_wrong_is_as_old_as_the_last_look():
    time = Time()
    stamps = clock.Stamps(time.clock)
    stamps.ticks("kernel", time.utc())
    looked = time.ticks

    time.pass_(30)
    time.jump(hours=8)
    wrong = time.utc()
    time.jump(hours=-8)
    assert stamps.ticks("kernel", wrong) == time.ticks

    time.pass_(30)
    time.jump(hours=-8)
    wrong = time.utc()
    time.jump(hours=8)
    at = stamps.ticks("kernel", wrong)
    assert at is not None
    assert looked <= at <= time.ticks


def test_a_stamp_that_does_not_change_ages_whatever_the_clock_says():
    time = Time()
    stamps = clock.Stamps(time.clock)
    stamp = time.utc()
    made = stamps.ticks("kernel", stamp)

    time.jump(hours=8)
    time.pass_(minutes=5)

    assert stamps.ticks("kernel", stamp) == made == time.ticks - 300


def test_a_first_stamp_from_the_future_is_no_evidence():
    time = Time()
    stamps = clock.Stamps(time.clock)

    assert stamps.ticks("file", time.utc() + timedelta(seconds=2)) == time.ticks
    assert stamps.ticks("other file", time.utc() + timedelta(hours=1)) is None
    time.pass_(hours=2)
    assert stamps.ticks("other file", time.utc() - timedelta(hours=1)) is None


def test_the_real_clock_counts_seconds_of_this_boot():
    before = clock.seconds_since_boot()

    assert clock.seconds_since_boot() >= before > 0
    assert clock.boot_id() == clock.boot_id()
