"""What time it is by the API server: each answer tells it, and from there it is reckoned on.

Two nodes may differ by minutes. What one process writes down for another to hold it to (a deadline,
the time of a change) is therefore of the one clock that both of them hear.

Rule: until an answer has told it, it is this node's own time, and nothing is held up for it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

APART = timedelta(seconds=2)  # an answer tells whole seconds, and was some time on its way


class Told:
    """``ticks`` are seconds of a clock that nobody sets."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._known: tuple[datetime, float] | None = None  # a time, and when it was that

    def learn(self, date: datetime | None) -> None:
        """An answer told the time; None: it told none."""
        if date is not None and (self._known is None or abs(date - self.now()) > APART):
            self._known = date.astimezone(timezone.utc), self._ticks()

    def now(self) -> datetime:
        """The present in UTC."""
        if self._known is None:
            return datetime.now(timezone.utc)
        date, when = self._known
        return date + timedelta(seconds=self._ticks() - when)
