"""The model of the culler, held to what the real ones did."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.culler import CHECK, LAST, STOP, Culler, Notebook, parse, text

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "culler.json").read_text())
NOW = datetime(2026, 11, 20, 22, 0, tzinfo=timezone.utc)
ROWS = [
    pytest.param(row, kind, id=f"{row['row']}-{kind}")
    for row in VECTORS["rows"]
    for kind in ("v1", "odh")
    if row["expect"][kind]
]


def ago(seconds: float) -> str:
    return text(NOW - timedelta(seconds=seconds))


def annotation(said: Any, row: int) -> str:
    if said == "naive":
        return "2020-01-01T00:00:00"
    if said == "garbage":
        return "yesterday"
    if row == 16:
        moment = (NOW - timedelta(seconds=said)).astimezone(timezone(timedelta(hours=2)))
        return moment.strftime("%Y-%m-%dT%H:%M:%S.123456789+02:00")
    return ago(said)


def entry(said: dict[str, Any]) -> dict[str, Any]:
    if "last_activity_age_s" in said:
        said = {**said, "last_activity": ago(said["last_activity_age_s"])}
    return said


def answers(row: dict[str, Any]) -> Callable[[str], tuple[int, bytes]]:
    def get(path: str) -> tuple[int, bytes]:
        body = row[path.removeprefix("api/")]
        if body == "html":
            return 200, b"<html></html>"
        listed = None if body is None else [entry(one) for one in body]
        return row["http_status"], json.dumps(listed).encode()

    return get


def race(row: dict[str, Any], notebook: Notebook) -> Callable[[int], None]:
    patches = {
        "before_first_put": (1, {LAST: ago(0)}),
        "between_puts": (2, {LAST: ago(0)}),
        "lease_before_first_put": (1, {LAST: ago(0), CHECK: ago(-840)}),
    }
    number, patch = patches.get(row.get("race", ""), (0, {}))
    return lambda put: notebook.patch(**patch) if put == number else None


@pytest.mark.parametrize(("row", "kind"), ROWS)
def test_the_model_decides_as_the_real_culler_did(row: dict[str, Any], kind: Any):
    expect = row["expect"][kind]
    given = {
        LAST: row["last_activity_annotation_age_s"],
        CHECK: row["check_timestamp_age_s"],
        STOP: 0 if row.get("already_stopped") else None,
    }
    notebook = Notebook(
        {key: annotation(age, row["row"]) for key, age in given.items() if age is not None},
        pod=not row.get("pod_missing"),
    )
    before = notebook.annotations.get(LAST)
    culler = Culler(kind, notebook, answers(row), lambda: NOW, before_put=race(row, notebook))
    culler.reconcile()

    assert notebook.stopped == expect["stopped"]
    after = notebook.annotations.get(LAST)
    said = {
        "kept": ago(0) if row.get("race") else before,
        "now": ago(0),
        "moved back to the kernel's time": ago(10800),
        "5 min ago": ago(300),
        "1 min ago": ago(60),
        "removed": None,
    }
    assert after == said[expect["last_activity"]]
    for count in ("gets", "puts"):
        assert getattr(culler, count) == expect.get(count, getattr(culler, count))


def stopped_at(
    kind: Any,
    answer: Callable[[datetime, datetime], Any],
    write: Callable[[Notebook, int, datetime], None] = lambda notebook, minute, now: None,
    hours: int = 4,
) -> int | None:
    """The minute of the stop; the controller's minutes are a little longer than ours."""
    now = NOW
    notebook = Notebook({LAST: text(NOW), CHECK: text(NOW - timedelta(minutes=2))})

    def get(path: str) -> tuple[int, bytes]:
        if path == "api/terminals":
            return 200, b"[]"
        listed = answer(now, NOW + timedelta(minutes=59, seconds=3))
        return (403, b"") if listed is None else (200, json.dumps(listed).encode())

    culler = Culler(kind, notebook, get, lambda: now)
    for minute in range(hours * 60):
        now = NOW + timedelta(seconds=minute * 60.05)
        write(notebook, minute, now)
        culler.reconcile()
        if notebook.stopped:
            return minute
    return None


def kernel(at: datetime) -> dict[str, str]:
    return {"execution_state": "idle", "last_activity": text(at)}


OLD = kernel(NOW - timedelta(hours=2))


def truth(now: datetime, end: datetime) -> Any:
    return [OLD, kernel(min(now, end))]


def lease(notebook: Notebook, minute: int, now: datetime) -> None:
    """A lease of 15 minutes, renewed after 10, while the use goes on."""
    if minute < 59 and minute % 10 == 0:
        notebook.patch(**{LAST: text(now), CHECK: text(now + timedelta(minutes=14))})


def every(minutes: int, *more: int) -> Callable[[Notebook, int, datetime], None]:
    def write(notebook: Notebook, minute: int, now: datetime) -> None:
        if (minute < 59 and minute % minutes == 0) or minute in more:
            notebook.patch(**{LAST: text(now)})

    return write


def test_the_timelines_are_those_of_the_real_cullers():
    expected = [one["stopped_at_minute"] for one in VECTORS["timelines"]]
    unreachable = lambda now, end: None  # noqa: E731
    idle = lambda now, end: [OLD]  # noqa: E731
    always = lambda notebook, minute, now: notebook.patch(**{LAST: text(now)})  # noqa: E731

    assert expected == [
        {"v1": stopped_at("v1", truth), "odh": stopped_at("odh", truth)},
        {"v1": stopped_at("v1", idle, always), "odh": stopped_at("odh", idle, always)},
        {"v1": stopped_at("v1", idle, lease)},
        {"v1": stopped_at("v1", truth, lease)},
        {"v1": stopped_at("v1", unreachable, every(15))},
    ]
    assert stopped_at("v1", unreachable, every(15, 59)) == 119


def test_times_are_read_as_go_reads_them():
    assert parse("2026-11-20T22:00:00Z") == NOW
    assert parse("2026-11-21T00:00:00.000000001+02:00") == NOW
    assert parse("2026-11-20T22:00:00") is None
    assert parse(None) is None
