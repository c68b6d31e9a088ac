"""When something will be full: a line through what was read, that deletes do not bend.

Rule: pure, and silent rather than wrong: a forecast is given only when nearly all pairs of
readings agree that it fills, and when the end is near enough to matter.

Theil-Sen: the median of the slopes between all pairs of points (Sen 1968); up to 29 % of the
points may lie anywhere, so that one delete or one burst does not decide.
"""

import itertools
import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta

from kfnb_ext.model.volumes import Forecast

LEAST = 10  # readings; fewer agree by chance
SPAN = 300.0  # seconds that they must cover; a burst of seconds is no trend
HORIZON = 86400.0  # seconds; a line through half an hour says nothing of next week
AGREED = 0.80  # share of the pairs whose slope is positive

Point = tuple[float, float]  # seconds, bytes


def slopes(points: Sequence[Point]) -> list[float]:
    """The slopes between all pairs, sorted."""
    pairs = itertools.combinations(points, 2)
    return sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs if b[0] > a[0])


def rate(points: Sequence[Point]) -> float | None:
    """The median slope, bytes per second; None without two moments."""
    found = slopes(points)
    return statistics.median(found) if found else None


def when_full(points: Sequence[Point], free: float, now: datetime) -> Forecast | None:
    """The forecast at ``now`` with ``free`` bytes left; None: not sure, or not near."""
    if len(points) < LEAST or points[-1][0] - points[0][0] < SPAN:
        return None
    found = slopes(points)
    rising = sum(slope > 0 for slope in found)
    if not found or rising < AGREED * len(found):
        return None
    middle = statistics.median(found)
    low, _, high = statistics.quantiles(found, n=4)
    if middle <= 0 or free / middle > HORIZON:
        return None
    slow = now + timedelta(seconds=free / low) if low > 0 and free / low < 7 * HORIZON else None
    return Forecast(
        full_at=now + timedelta(seconds=free / middle),
        earliest=now + timedelta(seconds=free / max(high, middle)),
        latest=slow,
        rate=middle,
    )
