"""``kfnb keep-awake``, ``kfnb activity`` and its probe, as processes beside a server's record."""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb_ext import assembly, config, state
from kfnb_ext.commands import talk, use
from kfnb_ext.model.culling import KeepAwakeState
from kfnb_ext.services import status as services_status
from kfnb_ext.services.evidence import Witnessed
from tests.commands.shell import kfnb, record

Server = Callable[..., assembly.Pod]


@pytest.fixture
def server(place: Path) -> Server:
    """What a server leaves; this process is the server, and it lives."""

    def leave(taken: datetime | None = None, **variables: str) -> assembly.Pod:
        pod = assembly.Pod(config.settle({}, {**os.environ, **variables}, {}), place, "server")
        status = pod.status.read(Witnessed(server=os.getpid()), 0)
        pod.status.leave(msgspec.structs.replace(status, taken=taken or status.taken))
        return pod

    return leave


def test_keep_awake_reaches_the_server_and_every_face_shows_it(place: Path, server: Server):
    pod = server()
    before = datetime.now(timezone.utc)
    said = kfnb("keep-awake", "2h", "--reason", "a long download").stdout

    assert said.startswith("Kept awake until ")
    assert said.endswith(": a long download\n")
    evidence = pod.keep_awake.evidence()
    assert evidence is not None
    assert evidence.active
    assert kfnb("keep-awake").stdout == said
    assert "a long download" in kfnb("status").stdout
    shown = record(KeepAwakeState, "keep-awake")
    assert isinstance(shown, KeepAwakeState)
    assert shown.current is not None
    assert abs(shown.current.until - before - timedelta(hours=2)) < timedelta(seconds=20)

    assert "no longer" in kfnb("keep-awake", "--end").stdout
    assert pod.keep_awake.evidence() is None
    assert "At most 12 h" in kfnb("keep-awake").stdout


def test_the_administrator_has_the_last_word(place: Path, server: Server):
    server()
    capped = os.environ | {"KFNB_KEEP_AWAKE_HOURS": "1"}
    assert "at most 1 h" in kfnb("keep-awake", "2h", status=1, env=capped).stderr
    none = os.environ | {"KFNB_KEEP_AWAKE_HOURS": "0"}
    assert "does not allow" in kfnb("keep-awake", "90m", status=1, env=none).stderr
    assert "does not allow" in kfnb("keep-awake", env=none).stdout


def test_without_a_server_nobody_could_tell_the_cluster(place: Path):
    failed = kfnb("keep-awake", "1h", status=1)
    assert "could tell the cluster" in failed.stderr
    assert "kfnb agent" in failed.stderr


@pytest.mark.parametrize(
    "words",
    [("soon",), ("0h",), ("until", "25:00"), ("until",), ("2h", "tea"), ("-3h",), ("--end", "2h"),
     ("--reason", "x"), ("1e9h",), ("99999999h",), ("",)],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_an_example(place: Path, words: tuple[str, ...]):
    assert kfnb("keep-awake", *words, status=2).stderr


def test_times_are_read_as_people_write_them():
    now = datetime(2026, 11, 21, 12, 0, 30).astimezone()
    hour = 3600.0

    assert use.seconds(["2h"], now) == 2 * hour
    assert use.seconds(["90m"], now) == 1.5 * hour
    assert use.seconds(["1h30m"], now) == use.seconds(["1.5", "h"], now) == 1.5 * hour
    assert use.seconds(["45MIN"], now) == 0.75 * hour
    assert use.seconds(["until", "18:30"], now) == 6.5 * hour - 30
    assert use.seconds(["until", "7:00"], now) == 19 * hour - 30
    assert use.seconds(["until", "12:00"], now) == 24 * hour - 30
    with pytest.raises(talk.Usage):
        use.seconds(["12:00"], now)


def test_a_night_that_is_an_hour_longer_is_counted_with_that_hour(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        evening = datetime(2026, 10, 24, 23, 0).astimezone()
        assert use.seconds(["until", "08:00"], evening) == 10 * 3600
    finally:
        monkeypatch.undo()
        time.tzset()


def test_activity_says_the_verdict_the_forecast_and_what_is_seen_of_the_culler(
    place: Path, server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NB_PREFIX", "/notebook/ns/name")
    monkeypatch.setenv("KFNB_WORKSPACE", str(place))
    server(KFNB_CULL_IDLE_MINUTES="60")
    said = kfnb("activity").stdout

    assert "the notebook started" in said
    assert "stops at" in said
    assert "Kubeflow's notebook controller" in said
    assert "has not looked yet" in said
    assert "stops after 60 min without use" in said
    found = json.loads(kfnb("activity", "--json").stdout)
    assert found["culling"]["culler"] == "kubeflow"
    assert found["activity"]["in_use"] is False
    assert set(found) == {"taken", "activity", "culling", "keep_awake"}


def test_a_server_that_has_gone_silent_is_said_to_be(place: Path, server: Server):
    server(taken=datetime.now(timezone.utc) - timedelta(minutes=7))
    assert "7 min ago" in kfnb("activity").stdout


def test_without_a_server_the_use_is_not_known(place: Path):
    failed = kfnb("activity", status=1)
    assert "No notebook server has told its use here." in failed.stderr
    assert "kfnb agent" in failed.stderr


def probe(target: Path | str | None, status: int, **settings: Any) -> str:
    """Run the probe as the controller does; what it said on stderr."""
    named = {} if target is None else {"OUTPUT_JSON_PATH": str(target)}
    return kfnb("activity", "--probe", status=status, env=os.environ | named, **settings).stderr


def test_the_probe_writes_the_last_use_for_the_controller(
    place: Path, server: Server, tmp_path: Path
):
    pod = server()
    target = tmp_path / ".ws-activity-probe-1.json"
    target.touch()
    probe(target, 0)

    told = json.loads(target.read_bytes())
    assert set(told) == {"last_activity"}
    last = datetime.strptime(told["last_activity"], "%Y-%m-%dT%H:%M:%SZ")
    assert last == pod.use.keeper.last_use.replace(microsecond=0, tzinfo=None)
    assert [one.name for one in tmp_path.glob(".ws*")] == [target.name]


@pytest.mark.parametrize("minutes", [-6, 6])
def test_the_probe_does_not_believe_what_is_too_old_or_ahead(
    place: Path, server: Server, tmp_path: Path, minutes: int
):
    server(taken=datetime.now(timezone.utc) + timedelta(minutes=minutes))
    assert "not within the last 5 minutes" in probe(tmp_path / "out", 1)
    assert not (tmp_path / "out").exists()


def test_the_probe_finds_the_one_server_of_the_pod_from_any_folder(
    place: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server()
    (tmp_path / "home").mkdir()
    monkeypatch.chdir("/")
    monkeypatch.setenv("NB_PREFIX", "/workspace/connect/ns/ws/jupyterlab/")
    probe(tmp_path / "out", 0)
    assert "last_activity" in json.loads((tmp_path / "out").read_bytes())

    monkeypatch.setenv("KFNB_WORKSPACE", str(tmp_path / "home"))
    assert "nothing was written" in probe(tmp_path / "more", 1)


def test_the_probe_fails_where_nobody_told_anything(place: Path, tmp_path: Path):
    assert "nothing was written" in probe(tmp_path / "out", 1)
    assert not (tmp_path / "out").exists()


def test_the_probe_fails_for_a_server_that_has_died(place: Path, server: Server, tmp_path: Path):
    left = server()
    data = left.state.read(services_status.RECORD)
    assert data is not None
    found = msgspec.json.decode(data, type=services_status.Left)
    dead = msgspec.structs.replace(found.owner, started_ticks=1)
    left.state.write(
        services_status.RECORD, msgspec.json.encode(msgspec.structs.replace(found, owner=dead))
    )
    assert not state.alive(dead)
    assert "nothing was written" in probe(tmp_path / "out", 1)
    assert not (tmp_path / "out").exists()


def test_the_probe_fails_without_a_place_to_write(place: Path, server: Server, tmp_path: Path):
    server()
    assert "OUTPUT_JSON_PATH is not set" in probe(None, 1)
    assert "OUTPUT_JSON_PATH is not set" in probe("", 1)
    for target in (tmp_path / "none" / "out", tmp_path, Path("/dev/full")):
        assert "cannot be written" in probe(target, 1)
    assert Path("/dev/full").is_char_device()
