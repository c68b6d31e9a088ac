"""Asks children to fill folders of a snapshot, as ``filling.Filler`` would.

Rule: they are worth their start from some files on. Where none can be started the threads of who
asks do it themselves.
"""

import os
import sys

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.local import children, copying, filling, hand, scan

_CODE = "from kfnb_ext.engines.local import hand\nhand.main()"
_answer = msgspec.json.Decoder(hand.Answer).decode
_taken = msgspec.json.Decoder(list[copying.Taken]).decode
_failed = msgspec.json.Decoder(hand.Failed).decode


class Hands:
    """Some children, or none."""

    def __init__(self, start: hand.Start, wanted: bool, lock: int) -> None:
        self._children = children.Children()
        if wanted:
            path = [*map(os.path.abspath, sys.path)]
            self._children.start(_CODE, path, (*start.roots, lock))
            self._children.tell(hand.encode(start) + b"\n")

    def __bool__(self) -> bool:
        return bool(self._children)

    def close(self) -> None:
        """End them."""
        self._children.close()

    def fill(self, job: copying.Job, batch: list[scan.Draft]) -> list[filling.Filled]:
        """Fill folders. Raises: OSError, EngineFailed."""
        filled = []
        with self._children.one() as child:
            child.ask(*(hand.FILL + hand.encode(draft) + b"\n" for draft in batch), hand.DONE)
            for _ in batch:
                answer = _answer(_line(child))
                filled.append(filling.Filled(_line(child)[:-1], *answer))
            done = int(_line(child))
        _spent(job, sum(one.added for one in filled), done)
        return filled

    def take(
        self, job: copying.Job, work: filling.Work, batch: list[filling.Copy]
    ) -> dict[int, copying.Taken]:
        """As ``Filler.take``."""
        wanted = hand.Wanted(work.folder.path, work.folder.me.inode, batch)
        with self._children.one() as child:
            child.ask(hand.TAKE + hand.encode(wanted) + b"\n", hand.DONE)
            taken = _taken(_line(child))
            done = int(_line(child))
        _spent(job, sum(one.added for one in taken), done)
        return {id(item): one for (item, _), one in zip(batch, taken, strict=True)}


def _spent(job: copying.Job, count: int, done: int) -> None:
    job.budget.spend(count)
    job.advance(done)


def _line(child: children.Child) -> bytes:
    line = child.line()
    if line.startswith(b"!"):
        failed = _failed(line[1:])
        if failed.errno is not None:
            raise OSError(failed.errno, failed.text, failed.filename)
        raise errors.EngineFailed(failed.text)
    return line
