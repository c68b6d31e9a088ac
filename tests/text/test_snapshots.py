"""Snapshots and operations as text: what will go, what comes and what stays."""

from datetime import datetime, timezone

import msgspec

from kfnb_ext.model import operations, snapshots
from kfnb_ext.text import operations as operations_text
from kfnb_ext.text import snapshots as snapshots_text

UTC = timezone.utc
NOW = datetime(2026, 5, 3, 12, 30, tzinfo=UTC)


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


def test_only_a_restore_that_can_be_undone_is_listed_as_such():
    made = a_restore(id="r1"), a_restore(id="r2", safety=None), a_restore(id="r3", undone=True)
    text = snapshots_text.listing(
        snapshots.SnapshotList(engines=(), snapshots=(a_snapshot(),), restores=made)
    )
    assert "r1" in text
    assert "r2" not in text
    assert "r3" not in text


def test_a_delete_says_which_restore_can_then_not_be_undone():
    made = a_restore(id="r1", safety="s1"), a_restore(id="r2", safety="other")
    text = snapshots_text.deleting(a_snapshot(), made)
    assert text.endswith("The restore r1 can then not be undone.")


def test_an_engine_that_cannot_look_does_not_say_that_there_is_nothing():
    closed = snapshots.EngineInfo(engine="local", available=False, reason="Closed.")
    text = snapshots_text.listing(
        snapshots.SnapshotList(engines=(closed,), snapshots=(), restores=())
    )
    assert text == "Engine local: unavailable: Closed."


def a_restore(**changes: object) -> snapshots.Restore:
    figures = {
        "id": "r1", "engine": "local", "snapshot": "s1", "safety": "s2", "paths": (),
        "exact": False, "ended": NOW, "undone": False,
    }  # fmt: skip
    return snapshots.Restore(**{**figures, **changes})


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


def test_a_snapshot_of_volumes_tells_its_volumes_its_state_and_what_to_mind():
    volume = snapshots.SnapshotVolume(
        claim="home", mount="/home/jovyan", object="o", ready=True, size=2 << 30
    )
    record = a_snapshot(
        engine="csi", files=None, bytes_total=None, bytes_added=None, state="pending",
        note="why", together=False, warnings=("Mind this.",), durable=True,
        volumes=(volume, msgspec.structs.replace(volume, claim="data", ready=False, error="away")),
    )  # fmt: skip

    text = snapshots_text.one(record)

    assert "home (/home/jovyan, 2.0 GiB): ready" in text
    assert "data (/home/jovyan, 2.0 GiB): not ready: away" in text
    assert "Note      why" in text
    assert "pending: not ready yet" in text
    assert "one after another" in text
    assert "Mind this." in text
    assert "2 volumes (home, data)" in snapshots_text.taken(record)
    listing = snapshots_text.listing(a_list(record, a_snapshot()))
    assert "ENGINE" in listing
    assert "(pending)" in listing
    assert "ENGINE" not in snapshots_text.listing(a_list(record))
