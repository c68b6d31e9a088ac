"""The status as text: what is unknown says why and is never shown as 0."""

from datetime import datetime, timedelta, timezone

import msgspec

from kfnb_ext.model import (
    activity,
    culling,
    gpu,
    limits,
    shm,
    status,
    volumes,
)
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.text import status as status_text
from kfnb_ext.text import units

UTC = timezone.utc
NOW = datetime(2026, 5, 3, 12, 30, tzinfo=UTC)
GIB = 1024**3


def test_the_status_says_what_is_used_of_what():
    text = status_text.text(a_status(), NOW)

    assert text.startswith(f"In use since {units.moment(NOW, NOW)}: kernel demo.ipynb is busy\n")
    assert "Memory     3.0 of 8.0 GiB (38 %)" in text
    assert "1.4 of 4 cores; held back 12 % of the time" in text
    assert "/dev/shm   0 of 2.0 GiB (0 %), of it 1.0 GiB in deleted files" in text
    assert "38.0 GiB free, 12.0 of 50.0 GiB (24 %) used, inodes 10 %" in text
    assert "0: H200, memory 1.0 of 141 GiB (1 %), busy 50 %, 40 °C, 120 W" in text


def test_what_is_unknown_is_said_with_its_reason_and_never_as_0():
    missing = dict.fromkeys(("memory_working_set", "cpu_usage_cores", "used"), "It hides.")
    unknown = limits_of(memory_working_set=None, cpu_usage_cores=None, missing=missing)
    dead = volume_of(total=None, used=None, free=None, stale=True, missing=missing)
    text = status_text.text(a_status(limits=unknown, volumes=volumes.Volumes(volumes=(dead,))), NOW)

    assert "Memory     unknown (It hides), limit 8.0 GiB" in text
    assert "CPU        unknown (It hides) of 4 cores" in text
    assert "/home/me  unknown (It hides), it does not answer" in text


def test_the_memory_tells_of_its_level_of_its_swap_and_of_a_limit_that_the_node_has_not():
    odd = limits_of(
        memory_limit_set=96 * GIB, memory_high=7 * GIB, swap_used=GIB // 2, swap_limit=GIB
    )
    text = status_text.text(a_status(limits=odd), NOW)

    assert "the limit is 96.0 GiB: the node has less" in text
    assert "slowed down from 7.0 GiB on" in text
    assert "512 MiB of 1.0 GiB swapped out" in text


def test_what_is_unavailable_says_why_and_what_to_do():
    none = Unavailable(reason="There is no such thing.", hint="Ask for one.")
    text = status_text.text(
        a_status(activity=none, culling=none, limits=none, shm=none, volumes=none, gpus=none), NOW
    )

    assert text.startswith("Use is not known: There is no such thing.\nAsk for one.\n")
    for name in ("Memory, CPU", "/dev/shm", "Volumes", "GPUs"):
        assert f"{name:<13}unavailable: There is no such thing.\n{'':<13}Ask for one." in text


def test_idle_says_for_how_long_and_what_could_not_be_seen():
    idle = activity.Activity(
        in_use=False,
        since=NOW - timedelta(minutes=12),
        last_use=NOW,
        reasons=(),
        unknown=("terminal 1", "terminal 2"),
    )
    lines = status_text.text(a_status(activity=idle), NOW).splitlines()

    assert lines[0].startswith("Idle for 12 min, since ")
    assert lines[1] == "Not known: terminal 1; terminal 2"


def test_who_stops_it_and_when_and_who_keeps_it_is_said():
    soon = culling.StopForecast(
        stops_at=NOW + timedelta(minutes=20), known=True, text="Any use puts that off."
    )
    kept = culling.KeepAwake(until=NOW, since=NOW, reason="training\n", by="me")
    told = msgspec.structs.replace(a_status().culling, forecast=soon)
    text = status_text.text(a_status(culling=told, keep_awake=kept), NOW)

    stops = units.moment(NOW + timedelta(minutes=20), NOW)
    assert f"Culling     stops at {stops}, in 20 min. Any use puts that off." in text
    assert f"Kept awake  until {units.moment(NOW, NOW)}, asked for by me: training\\n" in text


def a_status(**changes: object) -> status.Status:
    now = {
        "version": "1", "seq": 1, "taken": NOW, "workspace": "/home/me", "operations": (),
        "read_only": False, "snapshots_enabled": True, "limits": limits_of(),
        "culling": culling.Culling(
            culler="kubeflow", sight="looks", last_look=NOW, period_seconds=60.0, idle_minutes=60.0,
            text="", forecast=culling.StopForecast(stops_at=None, known=True, text="Not in use."),
        ),
        "keep_awake": None,
        "activity": activity.Activity(
            in_use=True, since=NOW, last_use=NOW,
            reasons=(activity.Reason("kernel demo.ipynb is busy", NOW),),
        ),
        "shm": shm.Shm(total=2 * GIB, used=0, listed=0, hidden=GIB, origin="empty_dir",
                       counts_against_memory=True),
        "volumes": volumes.Volumes(volumes=(volume_of(),)),
        "gpus": gpu.Gpus(driver_version="1", nvml_version="1", gpus=(gpu.Gpu(
            index=0, uuid="u", name="H200", memory_total=141 * GIB, memory_used=GIB,
            utilisation=0.5, temperature_c=40, power_milliwatts=120_000, mig_enabled=False),)),
    }  # fmt: skip
    return status.Status(**{**now, **changes})


def limits_of(**changes: object) -> limits.Limits:
    figures = {
        "cgroup_version": 2, "memory_current": 4 * GIB, "memory_working_set": 3 * GIB,
        "memory_limit": 8 * GIB, "memory_shm": 0, "oom_kills": 0, "cpu_usage_cores": 1.4,
        "cpu_limit_cores": 4.0, "cpu_available_cores": 8, "cpu_throttled_ratio": 0.12,
        "processes": 5, "processes_limit": 100, "node_memory_total": 64 * GIB,
    }  # fmt: skip
    return limits.Limits(**{**figures, **changes})


def volume_of(**changes: object) -> volumes.Volume:
    figures = {
        "mount": "/home/me", "filesystem": "ext4", "source": "/dev/sdb", "kind": "block",
        "survives_restart": True, "is_workspace": True, "read_only": False, "stale": False,
        "total": 50 * GIB, "used": 12 * GIB, "free": 38 * GIB, "inodes_total": 100,
        "inodes_free": 90,
    }  # fmt: skip
    return volumes.Volume(**{**figures, **changes})
