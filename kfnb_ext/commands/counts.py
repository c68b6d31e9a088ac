"""Counts as the words of options.

Rule: as in ``grammar.py``: only argparse, so that help is quick.
"""

import argparse
from collections.abc import Callable

MOST = 100_000


def at_least(least: int) -> Callable[[str], int]:
    """What reads a whole number up to ``MOST``. It raises: ArgumentTypeError."""

    def count(word: str) -> int:
        try:
            number = int(word)
        except ValueError:
            number = least - 1
        if not least <= number <= MOST:
            text = f"{word[:40]!r} is not a whole number from {least} to {MOST}"
            raise argparse.ArgumentTypeError(text)
        return number

    return count
