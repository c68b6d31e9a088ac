"""A call under a deadline: what hangs costs its own answer and nothing more."""

import threading
import time

import pytest

from kfnb_ext import errors
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.services.bounded import Bounded


def ask(call: Bounded[int]) -> int | Unavailable:
    call.ask()
    return call.answer()


def test_a_call_that_ends_in_time_gives_its_result_each_time():
    results = iter(range(100))
    call = Bounded("number", lambda: next(results), 5)

    assert [ask(call) for _ in range(5)] == [0, 1, 2, 3, 4]


def test_a_call_that_hangs_is_answered_at_its_deadline_and_then_at_once():
    release = threading.Event()
    call = Bounded("volume", lambda: int(release.wait(30)), 0.2)

    started = time.monotonic()
    first = ask(call)
    after_first = time.monotonic() - started
    others = [ask(call) for _ in range(20)]
    after_all = time.monotonic() - started
    release.set()

    assert isinstance(first, Unavailable)
    assert "volume did not end within 0.2 s" in first.reason
    assert after_first >= 0.2
    assert after_all - after_first < 0.15
    assert all(isinstance(one, Unavailable) for one in others)


def test_a_call_that_hung_answers_again_when_it_came_back_and_costs_one_thread():
    release = threading.Event()
    call = Bounded("volume", lambda: int(release.wait(30)), 0.05)
    before = threading.active_count()
    for _ in range(10):
        ask(call)
    assert threading.active_count() == before + 1

    release.set()
    deadline = time.monotonic() + 5
    while isinstance(ask(call), Unavailable) and time.monotonic() < deadline:
        pass
    assert ask(call) == 1


def test_calls_asked_together_are_answered_within_one_deadline():
    release = threading.Event()
    calls = [Bounded("volume", lambda: int(release.wait(30)), 0.3) for _ in range(5)]
    started = time.monotonic()
    for call in calls:
        call.ask()
    for call in calls:
        assert isinstance(call.answer(), Unavailable)
    taken = time.monotonic() - started
    release.set()

    assert taken < 0.9


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.NotFound("There is no cgroup.", "Mount it."), "There is no cgroup."),
        (PermissionError(13, "Permission denied"), "The system refused the reading"),
        (RuntimeError("odd"), "failed: RuntimeError: odd"),
    ],
)
def test_a_call_that_fails_says_why_and_is_tried_again(error: Exception, words: str):
    outcomes: list[Exception | int] = [error, 1]

    def work() -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    call = Bounded("limits", work, 5)
    found = ask(call)

    assert isinstance(found, Unavailable)
    assert words in found.reason
    assert ask(call) == 1
