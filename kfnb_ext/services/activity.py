"""The last use: it only moves forward, whatever the evidence or the clock says."""

from datetime import datetime

from kfnb_ext.model import activity


class ActivityKeeper:
    """Weighs the evidence and remembers the last use."""

    def __init__(self, started: datetime) -> None:
        self._last_use = started

    def weigh(self, evidence: tuple[activity.Evidence, ...], now: datetime) -> activity.Activity:
        """The verdict at ``now`` (UTC)."""
        verdict = activity.weigh(evidence, self._last_use, now)
        self._last_use = max(self._last_use, min(verdict.last_use, now))
        return verdict
