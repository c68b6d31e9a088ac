"""Keep-awake: bounded, visible, and never longer than the server lives."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from kfnb_ext import assembly, config, errors, state
from kfnb_ext.model.operations import Owner
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.keep_awake import KeepAwakeService
from tests.fakes.time import Time

HOUR = 3600.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def disk(tmp_path: Path) -> state.State:
    return state.State(tmp_path, str(tmp_path / "state"))


def service(
    time: Time, disk: state.State, hours: float = 12, owner: Owner | None = None
) -> KeepAwakeService:
    mine = owner or state.myself("server")
    return KeepAwakeService(Timeline(time.clock), disk, timedelta(hours=hours), lambda: mine)


def test_it_holds_until_its_time_with_its_reason_and_ends_by_itself(time: Time, disk: state.State):
    awake = service(time, disk)
    started = time.utc()
    asked = awake.ask(2 * HOUR, "a long\n download", "anna").current

    assert asked is not None
    assert (asked.since, asked.until) == (started, started + timedelta(hours=2))
    time.pass_(hours=1.99)
    evidence = awake.evidence()
    assert evidence is not None
    assert evidence.active
    assert evidence.text == "anna keeps it awake until 10:00 UTC: a long download"
    time.pass_(hours=0.02)
    assert awake.look().current is None
    over = awake.evidence()
    assert over is not None
    assert (over.active, over.at) == (False, started + timedelta(hours=2))


def test_it_is_extended_by_asking_again_and_can_be_revoked(time: Time, disk: state.State):
    awake = service(time, disk)
    started = time.utc()
    awake.ask(HOUR, "", "anna")
    time.pass_(minutes=30)
    longer = awake.ask(2 * HOUR, "", "anna").current

    assert longer is not None
    assert (longer.since, longer.until) == (started, time.utc() + timedelta(hours=2))
    assert awake.revoke().current is None
    assert awake.revoke().current is None


@pytest.mark.parametrize("seconds", [0, -1, 13 * HOUR, float("inf"), float("nan")])
def test_more_than_the_administrator_allows_is_refused(
    time: Time, disk: state.State, seconds: float
):
    awake = service(time, disk)

    with pytest.raises(errors.BadRequest, match="at most 12 h"):
        awake.ask(seconds, "", "anna")
    assert awake.look().current is None


def test_an_administrator_may_forbid_it(time: Time, disk: state.State):
    with pytest.raises(errors.Forbidden):
        service(time, disk, hours=0).ask(HOUR, "", "anna")


def test_a_record_that_claims_more_than_is_allowed_is_not_honoured(time: Time, disk: state.State):
    service(time, disk, hours=100).ask(50 * HOUR, "", "anna")

    assert service(time, disk, hours=12).look().current is None


def test_a_jump_of_the_clock_neither_ends_nor_extends_it(time: Time, disk: state.State):
    awake = service(time, disk)
    awake.ask(2 * HOUR, "", "anna")
    time.jump(hours=8)
    time.pass_(hours=1.9)
    assert awake.look().current is not None
    time.jump(hours=-16)
    time.pass_(hours=0.2)
    assert awake.look().current is None


def test_it_ends_with_the_server(time: Time, disk: state.State):
    sleeper = subprocess.Popen(["sleep", "60"])
    ticks = int(Path(f"/proc/{sleeper.pid}/stat").read_text().split()[21])
    owner = Owner(
        pid=sleeper.pid, started_ticks=ticks, host=state.myself("server").host, face="server",
        user="anna",
    )  # fmt: skip
    awake = service(time, disk, owner=owner)
    awake.ask(2 * HOUR, "", "anna")
    assert awake.look().current is not None
    assert service(time, disk).look().current is None, "the next server did not promise it"

    sleeper.kill()
    sleeper.wait()
    assert awake.look().current is None


def test_it_ends_with_the_machine(time: Time, disk: state.State):
    service(time, disk).ask(2 * HOUR, "", "anna")
    time.boot, time.ticks = "boot-2", 10.0

    assert service(time, disk).look().current is None


def test_where_no_server_tells_the_cluster_it_is_refused(time: Time, disk: state.State):
    alone = KeepAwakeService(Timeline(time.clock), disk, timedelta(hours=12), lambda: None)

    with pytest.raises(errors.Conflict, match="No notebook server"):
        alone.ask(HOUR, "", "anna")


@pytest.mark.parametrize(("read_only", "seconds"), [(False, 7200), (True, 0)])
def test_what_the_site_allows_stands_in_the_status(tmp_path: Path, read_only: bool, seconds: int):
    options = config.KfnbExt(
        keep_awake_hours=2.0, read_only=read_only, state_dir=str(tmp_path / "state")
    )
    pod = assembly.Pod(options, tmp_path, "shell")

    assert pod.status.look().keep_awake_allowed == seconds
