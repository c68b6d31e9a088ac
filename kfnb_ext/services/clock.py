"""Time that no jump of the wall clock can bend.

Rule: what was used when is kept in seconds since the machine started; the wall clock only says
what to call such a moment. A wall clock that jumps is not believed until it has stood still for
`SETTLES` again, or until somebody who knows the time (the API server) has told it.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec

JUMP = 5.0  # seconds between the two clocks within one reading: scheduling, never NTP's slewing
SLEW = 0.25  # seconds that the two clocks may drift apart before that is followed
SETTLES = 600.0  # seconds for which a jumped clock must stay before it is believed

_BOOT = getattr(time, "CLOCK_BOOTTIME", None)  # counts on while a node sleeps, as cullers do


def seconds_since_boot() -> float:
    """Seconds since the machine started, by a clock that is never set."""
    return time.monotonic() if _BOOT is None else time.clock_gettime(_BOOT)


def boot_id() -> str:
    """Names this run of the machine: seconds since boot compare only within one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""  # not known: nothing is compared


class Clock(msgspec.Struct, frozen=True):
    """Where time comes from. Tests pass in their own."""

    wall: Callable[[], float] = time.time  # seconds since 1970
    ticks: Callable[[], float] = seconds_since_boot
    boot: Callable[[], str] = boot_id


SYSTEM = Clock()


class Timeline:
    """Turns seconds since boot into UTC and back, steadily."""

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._offset = clock.wall() - clock.ticks()
        self._strange: tuple[float, float] | None = None  # an offset not believed yet, since when
        self._told = False

    def now(self) -> datetime:
        """The present in UTC."""
        return self.utc(self.clock.ticks())

    def utc(self, ticks: float) -> datetime:
        """What a moment in seconds since boot is called."""
        self.doubtful()
        return datetime.fromtimestamp(self._offset + ticks, timezone.utc)

    def ticks(self, moment: datetime) -> float:
        """The moment in seconds since boot."""
        return moment.timestamp() - self._offset

    def doubtful(self) -> bool:
        """Whether the wall clock has jumped and is not believed yet."""
        ticks = self.clock.ticks()
        offset = self.clock.wall() - ticks
        with self._lock:
            away = abs(offset - self._offset)
            if self._told or away <= JUMP:
                # NTP's small corrections are followed, but one moment keeps one name meanwhile.
                if not self._told and away > SLEW:
                    self._offset = offset
                self._strange = None
            elif self._strange is None or abs(offset - self._strange[0]) > JUMP:
                self._strange = (offset, ticks)
            elif ticks - self._strange[1] >= SETTLES:
                self._offset, self._strange = offset, None
            return self._strange is not None

    def learn(self, truth: datetime) -> None:
        """Somebody who knows has told the time, in whole seconds: the API server's Date."""
        offset = truth.timestamp() + 0.5 - self.clock.ticks()
        with self._lock:
            self._told = True
            # Within the second that such a header is cut to, what we have is the finer.
            if abs(offset - self._offset) > 1.0:
                self._offset = offset
            self._strange = None

    def skew(self) -> timedelta:
        """How far the wall clock is ahead of what is believed."""
        return timedelta(seconds=self.clock.wall() - self.clock.ticks() - self._offset)


class Stamps:
    """Moments that others stamp with the wall clock, kept in seconds since boot.

    A stamp that changed was made since the last look, whatever it says: so a clock that jumped
    can move it by no more than the time between two looks.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, tuple[datetime, float | None, float]] = {}

    def ticks(self, source: str, stamp: datetime, born: float = 0.0) -> float | None:
        """The moment in seconds since boot; None: it lies in the future, nothing is known.

        ``born``: the source did not exist before that moment.
        """
        now = self._clock.ticks()
        age = self._clock.wall() - stamp.timestamp()
        known = self._known.get(source)
        if known is None:
            at = max(now - max(age, 0.0), born) if age >= -JUMP else None
        elif known[0] == stamp:
            at = known[1]
        else:
            at = now - min(max(age, 0.0), now - known[2])
        self._known[source] = (stamp, at, now)
        return at

    def forget(self, but: set[str]) -> None:
        """Drop the sources that are gone."""
        self._known = {s: k for s, k in self._known.items() if s in but}


class Spans:
    """Since when something goes on without a break, in seconds since boot."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def update(self, going: dict[str, float]) -> dict[str, float]:
        """Since when each of ``going`` goes on; its value is the start to take if it is new."""
        self._since = {key: self._since.get(key, start) for key, start in going.items()}
        return self._since
