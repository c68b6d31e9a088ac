"""Work in portions that are worth handing to a thread, and its progress told in portions.

Rule: plain arithmetic.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from kfnb_ext.engines.local import manifest

FILES, BYTES = 100, 4 * 1024 * 1024  # of one portion
LINKS, FOLDER = 4 * FILES, 8  # of one portion of links; a folder costs about as much as so many
_WORTH_TELLING = 512 * 1024
_With = TypeVar("_With")


class Told:
    """Progress of one thread, told on in portions: a report costs as much as a small copy."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance, self._done = advance, 0

    def advance(self, done: int) -> None:
        """So much more is done."""
        self._done += done
        if self._done >= _WORTH_TELLING:
            self.all()

    def all(self) -> None:
        """Tell what was not told yet."""
        done, self._done = self._done, 0
        self._advance(done)


def batches(
    files: list[tuple[manifest.Item, _With]],
) -> Iterator[list[tuple[manifest.Item, _With]]]:
    """Files in portions; a large one goes alone."""
    batch: list[tuple[manifest.Item, _With]] = []
    weight = 0
    for pair in files:
        batch.append(pair)
        weight += pair[0].size
        if len(batch) >= FILES or weight >= BYTES:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch
