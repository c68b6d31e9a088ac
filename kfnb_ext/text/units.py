"""Figures, times and names as a person reads them.

Rule: one form for each kind of figure. What another program could have written (a file name, a
name of a snapshot) goes through ``plain``, so that it cannot steer the terminal.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import TypeVar

T = TypeVar("T")

LONGEST = 1000  # characters of one sentence
UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
SPANS = ((60.0, 1.0, "s"), (3600.0, 60.0, "min"), (172800.0, 3600.0, "h"), (math.inf, 86400.0, "d"))


def size(count: float) -> str:
    """Bytes as "512 B", "1.5 GiB"."""
    unit = _unit(count)
    return f"{_scaled(count, unit)} {UNITS[unit]}"


def share(part: float, whole: float) -> str:
    """Bytes of a whole, in the unit of the whole: "3.1 of 8.0 GiB (39 %)"."""
    unit = _unit(whole)
    ratio = f" ({percent(part / whole)})" if whole > 0 else ""
    small = "0" if part == 0 else size(part)
    shown = small if _scaled(part, unit) in ("0", "0.0") else _scaled(part, unit)
    return f"{shown} of {_scaled(whole, unit)} {UNITS[unit]}{ratio}"


def cores(number: float) -> str:
    """CPU cores as "1.4"; what is not quite nothing is never "0.0"."""
    return "<0.1" if 0 < number < 0.05 else f"{number:.1f}"


def percent(ratio: float) -> str:
    """A ratio 0..1 as "39 %"; what is not quite nothing is never "0 %", nor not quite all 100."""
    whole = round(ratio * 100)
    if whole == 0 and ratio > 0:
        return "<1 %"
    if whole == 100 and ratio < 1:
        return ">99 %"
    return f"{whole} %"


def span(seconds: float) -> str:
    """Seconds as "12 s", "12 min", "3 h", "9 d"."""
    seconds = max(0.0, seconds)
    for below, divisor, name in SPANS:
        if seconds < below:
            return f"{int(seconds / divisor)} {name}"
    raise AssertionError("the last span is endless")


def moment(when: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """A time in the local zone: "14:02" today, else "2026-05-03 14:02"."""
    local, today = when.astimezone(zone), now.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == today.date() else date(when, zone)


def date(when: datetime, zone: tzinfo | None = None) -> str:
    """A time in the local zone as "2026-05-03 14:02"."""
    return f"{when.astimezone(zone):%Y-%m-%d %H:%M}"


def count(number: int, one: str, many: str = "") -> str:
    """A number of things: "1 file", "1,234 files"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def known(value: T | None, form: Callable[[T], str], missing: Mapping[str, str], field: str) -> str:
    """The value in its form, or "unknown (why)"."""
    if value is not None:
        return form(value)
    reason = missing.get(field, "")
    return f"unknown ({reason.rstrip('.')})" if reason else "unknown"


def plain(text: str) -> str:
    """The text on one line, with what would steer a terminal or cannot be seen spelt out."""
    return "".join(_shown(character) for character in text)


def brief(text: str) -> str:
    """A sentence on one line, as ``plain``; one that quotes too much is cut in its middle."""
    shown = plain(text)
    return shown if len(shown) <= LONGEST else f"{shown[:400]} ... {shown[-400:]}"


def width(text: str) -> int:
    """The columns that the text takes in a terminal."""
    return sum(_columns(character) for character in text)


def fit(text: str, columns: int) -> str:
    """The text, cut to so many columns with an ellipsis."""
    if width(text) <= columns:
        return text
    cut = ""
    for character in text:
        if width(cut) + _columns(character) > columns - 1:
            break
        cut += character
    return cut + "…"


def _unit(value: float) -> int:
    # 1023.99 KiB is said as 1.0 MiB, never as 1024.0 KiB.
    unit = 0
    while unit < len(UNITS) - 1 and abs(value) / 1024**unit >= (1024 if unit == 0 else 1023.95):
        unit += 1
    return unit


def _scaled(value: float, unit: int) -> str:
    if unit == 0:
        return f"{value:.0f}"
    scaled = value / 1024**unit
    return f"{scaled:.1f}" if scaled < 100 else f"{scaled:.0f}"


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    # A byte of a name that is not UTF-8: as Python holds it, and as our records do.
    if "\udc80" <= character <= "\udcff" or "\uf780" <= character <= "\uf7ff":
        return f"\\x{ord(character) & 0xFF:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
