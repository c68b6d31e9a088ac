"""What a shell says of a notebook before it ends it."""

from datetime import datetime, timedelta, timezone

from kfnb_ext.model.activity import Activity, Reason
from kfnb_ext.text import changing

NOW = datetime(2026, 11, 25, 14, 10, tzinfo=timezone.utc)


def verdict(*, in_use: bool) -> Activity:
    busy = Reason("kernel demo.ipynb is busy", NOW - timedelta(minutes=8), "kernel_busy")
    reasons = (busy, Reason("train.py uses 2.0 cores", None, "process"))
    return Activity(in_use=in_use, since=NOW, last_use=NOW, known=True, reasons=reasons, unknown=())


def test_what_is_at_work_is_named_with_the_time_since():
    said = changing.used(verdict(in_use=True), NOW).splitlines()
    assert said[0] == ""
    since = (NOW - timedelta(minutes=8)).astimezone()
    assert said[2] == f"  kernel demo.ipynb is busy since {since:%H:%M}"
    assert said[3] == "  train.py uses 2.0 cores"


def test_where_nothing_is_at_work_or_nobody_knows_nothing_is_added():
    assert changing.used(verdict(in_use=False), NOW) == ""
    assert changing.used(None, NOW) == ""
