"""Builds the tree of a snapshot from the drafts of a walk, and writes its manifest.

Rule: this thread hands out what was not linked ahead, and keeps the order. Light folders go out in
portions. One with large copies, or with names of one file, is begun and completed here, in order,
for such a name needs the first one to be there.
"""

import os
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from msgspec import structs

from kfnb_ext.engines.local import (
    ahead,
    children,
    copying,
    drafts,
    filling,
    hands,
    manifest,
    names,
    portions,
    scan,
)
from kfnb_ext.model import snapshots

THREADS = max(2, min(4, len(os.sched_getaffinity(0))))
NAMED_AT_MOST = 1000
_AHEAD = 48  # heavy folders in flight: three descriptors each
_IN_FLIGHT = 16 * 1024 * 1024  # bytes of memory, about, for what waits for its turn
_ENTRY = 1024  # bytes of memory of one entry


class _Portion(NamedTuple):
    """Light folders that a child fills, or that are filled."""

    weight: int
    filled: "Future[list[filling.Filled]] | list[filling.Filled]"

    def ready(self) -> bool:
        return isinstance(self.filled, list) or self.filled.done()

    def result(self) -> list[filling.Filled]:
        """Waits for it."""
        return self.filled if isinstance(self.filled, list) else self.filled.result()


class _Heavy(NamedTuple):
    """A folder that is completed here."""

    weight: int
    work: filling.Work
    taken: list["Future[dict[int, copying.Taken]]"]

    def ready(self) -> bool:
        return all(future.done() for future in self.taken)


class Outcome:
    """What a made snapshot adds up to."""

    def __init__(self) -> None:
        self.files = self.bytes_total = self.bytes_added = 0
        self.left_out: list[snapshots.LeftOut] = []
        self.left_out_count = 0
        self.complete = True

    def add(self, filled: filling.Filled) -> None:
        """One more folder."""
        self.files += filled.files
        self.bytes_total += filled.size
        self.bytes_added += filled.added
        self.left_out_count += len(filled.left)
        for path, reason, complete in filled.left:
            self.complete = self.complete and complete
            if len(self.left_out) < NAMED_AT_MOST:
                self.left_out.append(snapshots.LeftOut(path=path, reason=reason))


class Maker:
    """Makes one snapshot. Without ``helpers`` this thread fills what is light itself.

    ``unlinked``: which folders that are as they were could not be linked ahead; None: nothing was
    made ahead.
    """

    def __init__(
        self,
        filler: filling.Filler,
        helpers: hands.Hands,
        writer: manifest.Writer,
        unlinked: frozenset[str] | None,
    ) -> None:
        self._unlinked = unlinked
        self._filler, self._helpers, self._writer = filler, helpers, writer
        self._pool = ThreadPoolExecutor(THREADS, "kfnb-copy")
        self._askers = ThreadPoolExecutor(children.COUNT, "kfnb-ask")  # one waits for each child
        self._pending: deque[_Portion | _Heavy] = deque()
        self._weight = self._heavy = 0
        self._lights: list[filling.Filled | scan.Draft] = []
        self._light_files = self._light_bytes = 0
        self._first: dict[str, manifest.Item] = {}  # of hard links, by path
        self.outcome = Outcome()

    def make(self, found: Iterable[tuple[bytes, drafts.Same | scan.Draft]]) -> None:
        """Make everything. Raises what a copy raises; no thread is at work after that."""
        try:
            for line, draft in found:
                self._hand_out(line, draft)
                while self._pending and (self._too_much() or self._pending[0].ready()):
                    self._finish()
            self._flush()
            while self._pending:
                self._finish()
        finally:
            self._helpers.close()
            for pool in (self._askers, self._pool):
                pool.shutdown(wait=True, cancel_futures=True)
            for one in self._pending:
                if isinstance(one, _Heavy):
                    one.work.close()

    def _too_much(self) -> bool:
        return self._weight > _IN_FLIGHT or self._heavy > _AHEAD

    def _hand_out(self, line: bytes, draft: drafts.Same | scan.Draft) -> None:
        """Let a folder be filled, unless it is there, after the folders in it were made."""
        made = self._unlinked
        if isinstance(draft, drafts.Same):
            if made is not None and draft.path not in made:
                self._add(filling.Filled(line, draft.files, draft.size), 0, 0)
                return
            draft = filling.drafted(line)
        items, todo = draft.folder.items, draft.todo
        if made is None:
            ahead.folders(self._filler.tree, draft)
        read = [i.size for i, t in zip(items, todo, strict=True) if t in (scan.NEW, scan.LOOK)]
        size = sum(read)
        linked = any(i.links > 1 for i in items)
        if linked or len(read) > portions.FILES or size > portions.BYTES:
            self._begin(draft)
        else:
            self._add(draft, len(items), size)

    def _add(self, light: filling.Filled | scan.Draft, files: int, size: int) -> None:
        self._lights.append(light)
        self._light_files += files + portions.FOLDER
        self._light_bytes += size
        if self._light_files > portions.LINKS or self._light_bytes > portions.BYTES:
            self._flush()

    def _flush(self) -> None:
        """Hand out the light folders that were gathered."""
        lights, self._lights = self._lights, []
        to_fill = [light for light in lights if isinstance(light, scan.Draft)]
        weight = _ENTRY * self._light_files
        self._light_files = self._light_bytes = 0
        if lights:
            filled = (
                self._askers.submit(self._fill, lights, to_fill)
                if to_fill and self._helpers
                else self._fill(lights, to_fill)
            )
            self._pending.append(_Portion(weight, filled))
            self._weight += weight
        self._filler.job.advance(0)  # where a user who asked to stop is heard

    def _fill(
        self, lights: list[filling.Filled | scan.Draft], to_fill: list[scan.Draft]
    ) -> list[filling.Filled]:
        """All of ``lights``, filled, in their order."""
        filled = iter(
            self._helpers.fill(self._filler.job, to_fill)
            if to_fill and self._helpers
            else map(self._filler.whole, to_fill)
        )
        return [light if isinstance(light, filling.Filled) else next(filled) for light in lights]

    def _begin(self, draft: scan.Draft) -> None:
        """Begin a heavy folder."""
        self._flush()
        work = self._filler.begin(draft)
        heavy = _Heavy(_ENTRY * len(draft.todo), work, [])
        self._pending.append(heavy)
        self._weight += heavy.weight
        self._heavy += 1
        for batch in portions.batches(work.copies):
            # a large one is a few long calls, told and stopped amid them: a thread's work
            large = batch[-1][0].size > portions.BYTES or work.live < 0 or not self._helpers
            if large:
                heavy.taken.append(self._pool.submit(self._filler.take, work, batch))
            else:
                job = self._filler.job
                heavy.taken.append(self._askers.submit(self._helpers.take, job, work, batch))

    def _finish(self) -> None:
        """Wait for the oldest, and write what became of it."""
        one = self._pending[0]
        done = one.result() if isinstance(one, _Portion) else [self._completed(one)]
        self._pending.popleft()
        self._weight -= one.weight
        for filled in done:
            self.outcome.add(filled)
            self._writer.line(filled.line)

    def _completed(self, heavy: _Heavy) -> filling.Filled:
        """Add the further names of hard links, and complete the folder."""
        work, results = heavy.work, dict[int, copying.Taken]()
        for future in heavy.taken:
            results.update(future.result())
        for item, todo in zip(work.folder.items, work.todo, strict=True):
            if todo == scan.GROUP:
                results[id(item)] = self._another_name(work, item)
            taken = results.get(id(item))
            there = item if taken is None else taken.item
            if there and there.links > 1 and there.group is None and there.sha:
                self._first[names.join(work.folder.path, item.name)] = there
        filled = self._filler.complete(work, results)
        work.close()
        self._heavy -= 1
        return filled

    def _another_name(self, work: filling.Work, item: manifest.Item) -> copying.Taken:
        """A further name of a file that the snapshot has already, or else a copy of it."""
        same = self._first.get(item.group or "")
        name = names.raw(item.name)
        first = copying.Old(self._filler.tree, names.raw(item.group or ""))
        if same and copying.link(first, work.tree, name):
            return copying.Taken(structs.replace(same, name=item.name, group=item.group))
        item.group = None
        return self._filler.take(work, [(item, None)])[id(item)]
