"""One folder of a snapshot while it is being filled, and what a whole snapshot adds up to.

Rule: plain data; who makes it is in ``making``.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import NamedTuple, TypeAlias, TypeVar

from kfnb_ext.engines.local import copying, manifest
from kfnb_ext.model import snapshots

NAMED_AT_MOST = 1000
_BATCH_FILES, _BATCH_BYTES = 100, 4 * 1024 * 1024
_WORTH_TELLING = 512 * 1024
_With = TypeVar("_With")

Copy: TypeAlias = tuple[manifest.Item, copying.Old | None]


class Work(NamedTuple):
    """One folder that is being filled."""

    folder: manifest.Folder
    todo: str
    live: int
    tree: int
    before: int
    copies: list[Copy]
    taken: list["Future[list[copying.Taken]]"]

    def results(self) -> dict[int, copying.Taken]:
        """What the threads found, by the identity of the item; waits for them."""
        done = [taken for future in self.taken for taken in future.result()]
        return {id(item): taken for (item, _), taken in zip(self.copies, done, strict=True)}

    def close(self) -> None:
        """Close its descriptors."""
        for fd in (self.live, self.tree, self.before):
            if fd >= 0:
                os.close(fd)


class Outcome:
    """What a made snapshot adds up to."""

    def __init__(self) -> None:
        self.files = self.bytes_total = self.bytes_added = 0
        self.left_out: list[snapshots.LeftOut] = []
        self.left_out_count = 0
        self.complete = True

    def leave(self, path: str, reason: str, complete: bool) -> None:
        """Name something that the snapshot does not hold as it should."""
        self.left_out_count += 1
        self.complete = self.complete and complete
        if len(self.left_out) < NAMED_AT_MOST:
            self.left_out.append(snapshots.LeftOut(path=path, reason=reason))


class Told:
    """Progress of one thread, told on in portions."""

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
    """Files in portions that are worth handing to a thread; a large one goes alone."""
    batch: list[tuple[manifest.Item, _With]] = []
    weight = 0
    for pair in files:
        batch.append(pair)
        weight += pair[0].size
        if len(batch) >= _BATCH_FILES or weight >= _BATCH_BYTES:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch
