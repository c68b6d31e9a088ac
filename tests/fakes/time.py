"""A clock that the test moves: passed in wherever time is read."""

from datetime import datetime, timezone

from kfnb_ext.services.clock import Clock

START = 1_800_000_000.0  # an arbitrary moment, in seconds since 1970


class Time:
    """A wall clock, and seconds since boot, that stand still until they are moved."""

    def __init__(self) -> None:
        self.wall = START
        self.ticks = 5000.0
        self.boot = "boot-1"
        self.clock = Clock(lambda: self.wall, lambda: self.ticks, lambda: self.boot)

    def pass_(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> None:
        """Let true time pass."""
        passed = seconds + 60 * minutes + 3600 * hours
        self.wall += passed
        self.ticks += passed

    def jump(self, *, hours: float) -> None:
        """Set the wall clock alone."""
        self.wall += 3600 * hours

    def utc(self) -> datetime:
        """What the wall clock shows."""
        return datetime.fromtimestamp(self.wall, timezone.utc)
