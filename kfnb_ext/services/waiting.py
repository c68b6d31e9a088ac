"""A limit for work that somebody waits for in one request.

Rule: the work itself is stopped, not only the waiting for it.
"""

import time

from kfnb_ext import errors


class Waiting:
    """A ``Progress`` that stops the work after ``seconds``."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = time.monotonic() + seconds

    def phase(self, text: str) -> None:
        """Nobody reads it."""

    def expect(self, total: int) -> None:
        """Nobody needs it."""

    def advance(self, done: int) -> None:
        """Go on, if there is time. Raises: TooSlow."""
        if time.monotonic() > self._until:
            raise errors.TooSlow(
                f"Comparing took more than {self._seconds:g} s and was stopped. "
                "Nothing was changed.",
                "Choose some paths instead of the whole, or restore without a preview: "
                "`kfnb snapshot restore ID --yes` in a terminal compares for as long as it takes.",
            )
