"""Levels of fullness, and when a person is told that one was passed.

Rule: pure. One notice for each level and direction: a figure that trembles around a level is told
once, since a level is left only when the figure lies clearly below it.
"""

from typing import Literal

import msgspec

from kfnb_ext.model.reading import Record

Level = Literal["good", "warning", "alarm"]
RANK: dict[Level, int] = {"good": 0, "warning": 1, "alarm": 2}
SLACK = 0.03  # share of the whole below a level before it is left again


class Levels(Record, frozen=True, kw_only=True):
    """From which share (0..1) on there is a warning, and an alarm."""

    warning: float = 0.80
    alarm: float = 0.95


def level(share: float, levels: Levels, before: Level = "good") -> Level:
    """The level of a share, given the one before."""
    if share >= levels.alarm or (before == "alarm" and share >= levels.alarm - SLACK):
        return "alarm"
    held = before != "good" and share >= levels.warning - SLACK
    return "warning" if share >= levels.warning or held else "good"


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """A subject that has come to another level."""

    subject: str
    before: Level
    now: Level

    @property
    def rises(self) -> bool:
        """It is fuller than before."""
        return RANK[self.now] > RANK[self.before]
