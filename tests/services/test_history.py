"""Ten minutes of points: none is lost between two polls, however the readings fall."""

import threading
from datetime import datetime, timedelta, timezone

from kfnb_ext.model.gpu import Gpu, Gpus
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.model.status import Status
from kfnb_ext.services.history import History

NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def reading(used: int, at: datetime = NOON) -> Gpus:
    one = Gpu(
        index=0, uuid="GPU-a", name="G", memory_total=80, memory_used=used, utilisation=0.5,
        temperature_c=None, power_milliwatts=None, mig_enabled=False,
    )  # fmt: skip
    return Gpus(driver_version="1", nvml_version="1", gpus=(one,), taken=at)


def status(history: History, at: datetime = NOON) -> Status:
    unknown = Unavailable(reason="Not here.")
    found = Status(
        version="1", seq=history.number(at), taken=at, workspace="/w", activity=unknown,
        culling=unknown, keep_awake=None, limits=unknown, shm=unknown, volumes=unknown,
        gpus=unknown, operations=(), read_only=False, snapshots_enabled=True,
    )  # fmt: skip
    history.remember(found)
    return found


def used(found: Status) -> list[int | None]:
    return [point.memory_used["GPU-a"] for point in found.gpu_history]


def test_readings_between_two_statuses_come_with_the_later_one() -> None:
    history = History()
    history.hear(reading(1))
    first = status(history)
    history.hear(reading(2))
    history.hear(reading(3))
    second = status(history)
    assert used(history.on(first, 0)) == [1, 2, 3]
    assert used(history.on(second, first.seq)) == [2, 3]
    assert used(history.on(second, second.seq)) == []
    assert [point.seq for point in history.on(second, first.seq).history] == [second.seq]


def test_a_poll_that_names_each_status_it_got_misses_no_reading() -> None:
    history, ended = History(), threading.Event()

    def read() -> None:
        for number in range(3000):
            history.hear(reading(number))
        ended.set()

    thread = threading.Thread(target=read)
    thread.start()
    since, seen = 0, set()
    while True:
        last = ended.is_set()
        found = history.on(status(history), since)
        since, seen = found.seq, seen | set(used(found))
        if last:
            break
    thread.join()
    assert seen == set(range(3000))


def test_what_is_older_than_ten_minutes_goes() -> None:
    history = History()
    for minute in range(15):
        history.hear(reading(minute, NOON + timedelta(minutes=minute)))
        found = status(history, NOON + timedelta(minutes=minute))
    assert used(history.on(found, 0)) == list(range(4, 15))
    assert len(history.on(found, 0).history) == 11


def test_points_of_a_clock_that_was_far_ahead_go_when_it_is_set_right() -> None:
    history = History()
    history.hear(reading(1, NOON + timedelta(days=1)))
    status(history, NOON + timedelta(days=1))
    history.hear(reading(2))
    found = status(history)
    assert used(history.on(found, 0)) == [2]
    assert [point.taken for point in history.on(found, 0).history] == [NOON]


def test_numbers_grow_though_the_clock_goes_back() -> None:
    history = History()
    numbers = [history.number(NOON), history.number(NOON), history.number(NOON - timedelta(1))]
    assert numbers == sorted(set(numbers))
