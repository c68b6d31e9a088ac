"""Records as text: nothing unknown is shown as 0, nothing steers the terminal."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfnb_ext.model import activity, gpu, limits, operations, shm, snapshots, status, volumes
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.text import operations as operations_text
from kfnb_ext.text import snapshots as snapshots_text
from kfnb_ext.text import status as status_text
from kfnb_ext.text import tables, units

UTC = timezone.utc
NOW = datetime(2026, 5, 3, 12, 30, tzinfo=UTC)
GIB = 1024**3


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (8 * GIB, "8.0 GiB"),
        (252 * GIB, "252 GiB"),
        (5000 * 1024**5, "5000 PiB"),
    ],
)
def test_bytes_are_said_in_the_unit_that_fits(count: int, said: str):
    assert units.size(count) == said


def test_a_share_is_said_in_the_unit_of_the_whole():
    assert units.share(3.1 * GIB, 8 * GIB) == "3.1 of 8.0 GiB (39 %)"
    assert units.share(0, 8 * GIB) == "0 of 8.0 GiB (0 %)"
    assert units.share(12 * 1024, 8 * GIB) == "12.0 KiB of 8.0 GiB (<1 %)"


@given(st.floats(0, 1))
def test_only_nothing_is_0_percent_and_only_all_is_100(ratio: float):
    assert (units.percent(ratio) == "0 %") == (ratio == 0)
    assert (units.percent(ratio) == "100 %") == (ratio == 1)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (172800, "2 d")],
)
def test_a_span_is_said_in_one_unit(seconds: float, said: str):
    assert units.span(seconds) == said


def test_a_time_of_today_needs_no_date_and_is_local():
    zone = timezone(timedelta(hours=2))

    assert units.moment(NOW, NOW, zone) == "14:30"
    assert units.moment(NOW - timedelta(days=1), NOW, zone) == "2026-05-02 14:30"
    assert units.moment(datetime(2026, 5, 2, 23, 0, tzinfo=UTC), NOW, zone) == "01:00"


@given(st.text(st.characters(exclude_categories=())))
def test_what_others_wrote_cannot_steer_the_terminal(text: str):
    shown = units.plain(text)

    assert shown.isprintable()
    shown.encode("utf-8")


def test_control_characters_and_bytes_are_spelt_out():
    assert units.plain("a\x1b[31m\nb") == r"a\x1b[31m\nb"
    assert units.plain("caf\udce9") == units.plain("caf\uf7e9") == r"caf\xe9"


@given(st.text(max_size=60), st.integers(1, 80))
def test_a_cut_text_takes_no_more_columns_than_there_are(text: str, columns: int):
    assert units.width(units.fit(text, columns)) <= columns


def test_columns_are_aligned_also_behind_wide_characters():
    text = tables.table(("NAME", "N"), [("日本", "1"), ("ab", "22")], "N")

    assert text == "NAME   N\n日本   1\nab    22"


def test_the_status_says_what_is_used_of_what():
    text = status_text.text(a_status(), NOW)

    assert text.startswith(f"In use since {units.moment(NOW, NOW)}: kernel demo.ipynb is busy\n")
    assert "Memory     3.0 of 8.0 GiB (38 %)" in text
    assert "1.4 of 4 cores; held back 12 % of the time" in text
    assert "/dev/shm   0 of 2.0 GiB (0 %), of it 1.0 GiB in deleted files" in text
    assert "12.0 of 50.0 GiB (24 %), 38.0 GiB free, inodes 10 %" in text
    assert "0: H200, memory 1.0 of 141 GiB (1 %), busy 50 %, 40 °C, 120 W" in text


def test_what_is_unknown_is_said_with_its_reason_and_never_as_0():
    missing = dict.fromkeys(("memory_working_set", "cpu_usage_cores", "used"), "It hides.")
    unknown = limits_of(memory_working_set=None, cpu_usage_cores=None, missing=missing)
    dead = volume_of(total=None, used=None, free=None, stale=True, missing=missing)
    text = status_text.text(a_status(limits=unknown, volumes=volumes.Volumes(volumes=(dead,))), NOW)

    assert "Memory     unknown (It hides), limit 8.0 GiB" in text
    assert "CPU        unknown (It hides) of 4 cores" in text
    assert "/home/me  unknown (It hides), it does not answer" in text


def test_what_is_unavailable_says_why_and_what_to_do():
    none = Unavailable(reason="There is no such thing.", hint="Ask for one.")
    text = status_text.text(
        a_status(activity=none, limits=none, shm=none, volumes=none, gpus=none), NOW
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


def test_progress_is_never_more_than_all_and_invents_no_total():
    grown = an_operation(done=300, total=200, phase="copying")
    endless = an_operation(done=2048, total=None, phase="looking")

    assert operations_text.progress(grown, None) == "copying  99 %  300 of 200 B"
    assert operations_text.progress(endless, 1024) == "looking  2.0 KiB  1.0 KiB/s"
    assert operations_text.progress(an_operation(), None) == "working"


def test_operations_are_a_table_with_the_result():
    ended = an_operation(state="failed", message="No\x1broom.")

    lines = operations_text.text((ended,), NOW).splitlines()

    assert lines[0].split() == ["STARTED", "STATE", "OPERATION", "BY", "RESULT"]
    assert "failed  a snapshot  kernel of me  No\\x1broom." in lines[1]


def test_an_incomplete_snapshot_says_so_and_names_what_is_left_out():
    pipe = snapshots.LeftOut(path="a pipe", reason="a pipe")
    record = a_snapshot(complete=False, left_out=(pipe,), left_out_count=3, name="n\n")

    assert "(incomplete)" in snapshots_text.listing(a_list(record))
    text = snapshots_text.one(record)
    assert "a pipe: a pipe\n          and 2 more" in text
    assert "Complete  no" in text
    assert "n\\n" in text


def test_a_preview_says_what_goes_what_comes_and_what_stays():
    plan = snapshots.RestorePlan(
        snapshot="s1", paths=(), exact=False, create=5, replace=12, remove=0, unchanged=3,
        newer_kept=2, bytes_to_write=2048, created_paths=("new", "new/a", "new/a/b", "new b"),
        replaced_paths=tuple(f"f{n}" for n in range(12)), removed_paths=(),
        findings=("Look out.",), possible=True,
    )  # fmt: skip
    text = snapshots_text.preview(plan, a_snapshot())

    assert text.startswith("Restore the whole workspace from the snapshot s1 (mine), taken ")
    assert (
        "  create   5, 2.0 KiB to write\n"
        "             new and 2 in it\n             new b\n             and 1 more\n"
    ) in text
    assert "  replace  12\n             f0\n" in text
    assert "and 2 more" in text
    assert "remove" not in text.replace("--exact would remove them", "")
    assert "  keep     2 created since" in text
    assert text.endswith("Look out.")


def test_a_check_that_found_differences_names_them():
    found = snapshots.Verification(
        snapshot="s1", ok=False, files=2, bytes_read=10, differences_count=12,
        differences=(snapshots.Difference(path="a\tb", problem="changed"),),
    )  # fmt: skip

    assert snapshots_text.checked([found]) == (
        "s1  12 differences  2 files, 10 B read\n  changed    a\\tb\n  and 11 more"
    )


def a_status(**changes: object) -> status.Status:
    now = {
        "version": "1", "seq": 1, "taken": NOW, "workspace": "/home/me", "operations": (),
        "read_only": False, "snapshots_enabled": True, "limits": limits_of(),
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


def an_operation(**changes: object) -> operations.Operation:
    owner = operations.Owner(pid=1, started_ticks=1, host="h", face="kernel", user="me")
    figures = {
        "id": "o1", "kind": "create", "engine": "local", "title": "a snapshot", "owner": owner,
        "state": "running", "started": NOW, "updated": NOW,
    }  # fmt: skip
    return operations.Operation(**{**figures, **changes})


def a_snapshot(**changes: object) -> snapshots.Snapshot:
    figures = {
        "id": "s1", "engine": "local", "name": "mine", "created": NOW, "reason": "manual",
        "complete": True, "files": 1, "bytes_total": 10, "bytes_added": 10, "excluded": (),
        "left_out": (), "left_out_count": 0, "durable": False, "place": "/home/me/.kfnb",
    }  # fmt: skip
    return snapshots.Snapshot(**{**figures, **changes})


def a_list(*found: snapshots.Snapshot) -> snapshots.SnapshotList:
    return snapshots.SnapshotList(engines=(), snapshots=found, restores=())
