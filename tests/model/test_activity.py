"""The verdict over the evidence."""

from datetime import datetime, timedelta, timezone

import pytest

from kfnb_ext.model.activity import ActivityPolicy, Evidence, Reason, Use, weigh

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=timezone.utc)
LONG_AGO = Use(at=NOW - timedelta(hours=9), text="the notebook started")
POLICY = ActivityPolicy()


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def going(kind: str = "kernel_busy", since: float = 10, **more: object) -> Evidence:
    given: dict[str, object] = {
        "kind": kind, "source": "1", "at": NOW, "active": True, "since": ago(since),
        "text": f"{kind} goes on",
    }  # fmt: skip
    return Evidence(**{**given, **more})  # type: ignore[arg-type]


def over(kind: str = "kernel", at: float | None = 30, **more: object) -> Evidence:
    given: dict[str, object] = {
        "kind": kind, "source": "1", "at": None if at is None else ago(at), "active": False,
        "text": f"{kind} was used",
    }  # fmt: skip
    return Evidence(**{**given, **more})  # type: ignore[arg-type]


def test_without_evidence_the_last_use_known_so_far_stays():
    verdict = weigh((), POLICY, NOW, LONG_AGO)

    assert not verdict.in_use
    assert verdict.since == verdict.last_use == LONG_AGO.at
    assert verdict.reasons == (Reason(text="the notebook started", since=LONG_AGO.at),)


@pytest.mark.parametrize(
    "evidence",
    [
        going("kernel_busy"),
        going("process", cpu=0.96),
        going("process", cpu=None, io=5_000_000),
        going("gpu", gpu=0.9),
        going("operation"),
        going("keep_awake"),
    ],
    ids=lambda evidence: evidence.kind,
)
def test_what_goes_on_right_now_is_use_since_it_began(evidence: Evidence):
    verdict = weigh((evidence, over()), POLICY, NOW, LONG_AGO)

    assert verdict.in_use
    assert (verdict.since, verdict.last_use) == (ago(10), NOW)
    assert verdict.reasons == (Reason(text=evidence.text, since=ago(10), kind=evidence.kind),)


@pytest.mark.parametrize("kind", ["kernel", "terminal", "save", "application", "file"])
def test_what_is_over_is_the_last_use_at_its_own_time(kind: str):
    verdict = weigh((over(kind), over("terminal", at=200)), POLICY, NOW, LONG_AGO)

    assert not verdict.in_use
    assert verdict.last_use == verdict.since == ago(30)
    assert verdict.reasons == (Reason(text=f"{kind} was used", since=ago(30), kind=kind),)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["kernel", "terminal", "save", "application", "file"])
def test_what_was_marked_a_minute_ago_still_goes_on_and_vouches_for_its_mark_alone(kind: str):
    verdict = weigh((over(kind, at=1.2),), POLICY, NOW, LONG_AGO)
    later = weigh((over(kind, at=1.6),), POLICY, NOW, LONG_AGO)

    assert (verdict.in_use, verdict.last_use, verdict.since) == (True, ago(1.2), ago(1.2))
    assert (later.in_use, later.last_use) == (False, ago(1.6))
    assert not weigh((over("keep_awake", at=0.5),), POLICY, NOW, LONG_AGO).in_use


def test_each_reason_has_its_own_time_and_the_longest_comes_first():
    verdict = weigh((going(since=5), going("process", 90, cpu=1.0)), POLICY, NOW, LONG_AGO)

    assert [reason.since for reason in verdict.reasons] == [ago(90), ago(5)]
    assert verdict.since == ago(90)


def test_the_last_use_never_moves_backward():
    before = Use(at=ago(5), text="terminal 1 was used")

    assert weigh((over(at=30),), POLICY, NOW, before).last_use == ago(5)
    assert weigh((), POLICY, NOW - timedelta(hours=1), before).last_use == ago(5)
    assert weigh((going(),), POLICY, NOW - timedelta(hours=1), before).last_use == ago(5)


def test_evidence_from_the_future_is_no_evidence():
    verdict = weigh((over(at=-480), going(at=ago(-480))), POLICY, NOW, LONG_AGO)

    assert not verdict.in_use
    assert verdict.last_use == LONG_AGO.at


def test_two_clocks_read_one_after_the_other_may_differ_a_little():
    assert weigh((over(at=-0.05),), POLICY, NOW, LONG_AGO).last_use == NOW


@pytest.mark.parametrize(
    "evidence",
    [going("process", cpu=0.04, io=1000), going("process", cpu=None, io=None), going("gpu", gpu=0)],
)
def test_what_merely_lives_is_no_use(evidence: Evidence):
    assert not weigh((evidence,), POLICY, NOW, LONG_AGO).in_use


def test_the_thresholds_are_the_administrators():
    strict = ActivityPolicy(process_cpu=1.0, process_io=10_000_000, gpu=0.5)
    evidence = (going("process", cpu=0.96, io=9_000_000), going("gpu", gpu=0.4))

    assert not weigh(evidence, strict, NOW, LONG_AGO).in_use


@pytest.mark.parametrize("kind", ["kernel_busy", "keep_awake", "operation"])
def test_a_kind_that_is_switched_off_does_not_count(kind: str):
    off = ActivityPolicy(off=frozenset({kind}))

    assert not weigh((going(kind),), off, NOW, LONG_AGO).in_use
    assert weigh((over(kind, at=3),), off, NOW, LONG_AGO).last_use == LONG_AGO.at


def test_what_is_unknown_is_named_and_speaks_neither_for_nor_against():
    unknown = over("gpu", at=None, text="GPU 0: its use cannot be read")
    idle = weigh((unknown,), POLICY, NOW, LONG_AGO)
    used = weigh((unknown, going()), POLICY, NOW, LONG_AGO)

    assert (idle.in_use, used.in_use) == (False, True)
    assert idle.unknown == used.unknown == ("GPU 0: its use cannot be read",)
    assert idle.last_use == LONG_AGO.at


def test_a_busy_kernel_is_use_however_quiet_unless_the_administrator_says_otherwise():
    quiet = going(since=800, quiet_since=ago(12 * 60 + 1))
    policy = ActivityPolicy(quiet=timedelta(hours=12))

    assert weigh((quiet,), POLICY, NOW, LONG_AGO).in_use
    verdict = weigh((quiet,), policy, NOW, Use(at=ago(800)))
    assert not verdict.in_use
    assert verdict.last_use == ago(12 * 60 + 1), "the true time, not now"


def test_a_busy_kernel_whose_progress_is_unknown_is_in_use():
    policy = ActivityPolicy(quiet=timedelta(hours=12))

    assert weigh((going(quiet_since=None),), policy, NOW, LONG_AGO).in_use


def test_two_hundred_reasons_are_cut_to_a_list_that_a_person_reads():
    many = tuple(going("process", source=str(n), cpu=1.0) for n in range(200))

    assert len(weigh(many, POLICY, NOW, LONG_AGO).reasons) == 12
