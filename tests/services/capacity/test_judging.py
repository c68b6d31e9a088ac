"""What a person is told of the readings: once for each level and direction."""

from datetime import datetime, timedelta, timezone

import msgspec
import pytest

from kfnb_ext.model import advice, levels
from kfnb_ext.model.limits import Kill
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.model.shm import Shm
from kfnb_ext.model.status import Status
from kfnb_ext.model.volumes import Volume, Volumes
from kfnb_ext.services.capacity.claims import Seen
from kfnb_ext.services.capacity.judging import Judge, Word, killed

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
NONE = Unavailable(reason="none")
GIB = 1 << 30


CLUSTER = Seen(
    mounts={"/home/me": "home"},
    claims={"home": {"status": {"capacity": {"storage": "10Gi"}}}},
    spec={
        "template": {
            "spec": {
                "containers": [{"name": "demo", "volumeMounts": []}],
                "volumes": [{"name": "data", "emptyDir": {}}],
            }
        }
    },
)


def volume(used: int, total: int = 100 * GIB, **extra: object) -> Volume:
    return Volume(
        mount="/home/me", filesystem="ext4", source="x", kind="block", survives_restart=True,
        is_workspace=True, read_only=False, stale=False, total=total, used=used, free=total - used,
        inodes_total=None, inodes_free=None, **extra,
    )  # type: ignore[arg-type]  # fmt: skip


def shm(used: int, total: int = 64 << 20) -> Shm:
    return Shm(
        total=total, used=used, listed=0, hidden=used, origin="runtime_default",
        counts_against_memory=True,
    )  # fmt: skip


def status(minutes: float = 0, **readings: object) -> Status:
    base = dict.fromkeys(Status.__struct_fields__, NONE)
    base |= {"version": "", "seq": 1, "taken": NOW + timedelta(minutes=minutes), "workspace": ""}
    base |= {"keep_awake": None, "operations": (), "read_only": False, "snapshots_enabled": True}
    base |= {"advice": (), "levels": levels.Levels(), "history": ()}
    return Status(**{**base, **readings})  # type: ignore[arg-type]


@pytest.fixture
def told() -> list[Word]:
    return []


@pytest.fixture
def judge(told: list[Word]) -> Judge:
    made = Judge(levels.Levels(), advice.Known())
    made.tell.append(told.append)
    return made


def mounts(used: int) -> Volumes:
    return Volumes(volumes=(volume(used * GIB),))


def test_one_notice_for_each_level_and_direction(judge: Judge, told: list[Word]):
    for used in (50, 81, 82, 79, 81, 96, 97, 94, 85, 60, 50):
        judge.look(status(volumes=mounts(used)))
    assert [(word.level, word.title) for word in told] == [
        ("warning", "/home/me is 81 % full"),
        ("error", "/home/me is 96 % full"),
        ("info", "/home/me is 85 % full"),
        ("info", "/home/me is 60 % full"),
    ]


def test_a_volume_that_cannot_be_read_changes_nothing(judge: Judge, told: list[Word]):
    judge.look(status(volumes=mounts(90)))
    judge.look(status(volumes=NONE))
    judge.look(status(volumes=mounts(90)))
    assert len(told) == 1


def test_a_full_volume_is_looked_at_again_and_again_by_whoever_scans(judge: Judge):
    called: list[int] = []
    judge.filling.append(lambda: called.append(1))
    judge.look(status(volumes=mounts(50)))
    judge.look(status(volumes=mounts(90)))
    assert called == [1]


def test_the_forecast_comes_with_the_readings_of_minutes(judge: Judge):
    for minute in range(30):
        size = 82 * GIB + minute * (GIB // 10)
        last = judge.look(status(minute, volumes=Volumes(volumes=(volume(size),))))
    assert isinstance(last.volumes, Volumes)
    found = last.volumes.volumes[0].forecast
    assert found
    left = (100 * GIB - (82 * GIB + 29 * (GIB // 10))) / (GIB / 10)
    assert (found.full_at - last.taken).total_seconds() / 60 == pytest.approx(left, rel=0.05)


def test_a_shm_that_fills_fast_is_told_before_it_is_full(judge: Judge, told: list[Word]):
    import time

    for step in range(1, 7):
        judge.glance(64 << 20, step * (6 << 20))
        time.sleep(0.05)
    assert told[0].title == "/dev/shm fills up fast"
    assert "bus error" in told[0].message
    judge.glance(64 << 20, 60 << 20)
    assert [word.level for word in told] == ["warning", "warning"]


def test_kills_and_advice_are_in_the_status(told: list[Word]):
    kill = Kill(kernel="k", name="big.ipynb", pid=1, at=NOW, memory=3 * GIB, limit=4 * GIB)
    judge = Judge(levels.Levels(), advice.Known(), kills=lambda: (kill,))
    from tests.model.test_capacity import limits

    found = judge.look(status(limits=limits(memory_limit=4 * GIB, memory_working_set=GIB)))
    assert found.limits.kills == (kill,)  # type: ignore[union-attr]
    assert "big.ipynb" in found.advice[0].text
    word = killed(kill)
    assert word.level == "error"
    assert "3.0 GiB of the 4.0 GiB" in word.message
    assert msgspec.json.encode(found)


def test_the_size_of_the_claim_tells_a_share_from_a_volume_of_its_own():
    judge = Judge(levels.Levels(), advice.Known(), cluster=lambda: CLUSTER)
    found = judge.look(status(volumes=mounts(50)))
    assert isinstance(found.volumes, Volumes)
    assert (found.volumes.volumes[0].claim, found.volumes.volumes[0].scope) == ("home", "shared")


def test_patches_are_made_from_the_notebook_where_the_cluster_has_told_it():
    known = advice.Known(namespace="team", notebook="demo")
    judge = Judge(levels.Levels(), known, cluster=lambda: CLUSTER)
    (found,) = judge.look(status(shm=shm(1 << 20))).advice
    assert "are guesses" not in found.patch
    assert '"/spec/template/spec/containers/0/volumeMounts"' in found.patch
    (blind,) = Judge(levels.Levels(), known).look(status(shm=shm(1 << 20))).advice
    assert "are guesses" in blind.patch
