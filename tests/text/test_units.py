"""Figures, times and names: nothing steers the terminal, nothing small is said to be 0."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfnb_ext.text import tables, units

UTC = timezone.utc
GIB = 1024**3
NOW = datetime(2026, 5, 3, 12, 30, tzinfo=UTC)


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
