"""A child that fills folders: what it is asked comes in lines, and so do its answers.

Rule: it does what ``Filler`` does and decides nothing. It ends with its input.
"""

import gc
import sys
from typing import IO

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.local import copying, filling, scan, volume

FILL, TAKE, END = b"*", b"t", b"."
DONE = END + b"\n"
_UNLIMITED = 1 << 62  # who asks keeps the budget


class Start(msgspec.Struct, array_like=True):
    """The first line: what a ``Filler`` needs."""

    ground: volume.Ground
    roots: tuple[int, int, int]
    check_sizes: bool


class Wanted(msgspec.Struct, array_like=True):
    """Some files of a folder that someone else fills."""

    path: str
    inode: int
    batch: list[filling.Copy]


class Failed(msgspec.Struct, array_like=True):
    """Why it could not be done: what the system said, or else what a person reads."""

    errno: int | None
    text: str
    filename: str | None = None


Answer = tuple[int, int, int, list[tuple[str, str, bool]]]  # a Filled without its line
encode = msgspec.json.Encoder().encode
_draft = msgspec.json.Decoder(scan.Draft).decode
_wanted = msgspec.json.Decoder(Wanted).decode


class Hand:
    """Reads, does, answers."""

    def __init__(self, source: IO[bytes], target: IO[bytes]) -> None:
        self._source, self._target = source, target
        start = msgspec.json.decode(source.readline(), type=Start)
        budget = copying.Budget(_UNLIMITED, "all bounds")
        job = copying.Job(start.ground, budget, self._advance)
        self._filler = filling.Filler(job, *start.roots, start.check_sizes)
        self._done = 0

    def run(self) -> None:
        """Until there is nothing more to read."""
        for line in self._source:
            if line.startswith(END):
                self._target.write(b"%d\n" % self._done)
                self._target.flush()
                self._done = 0
            else:
                self._answer(line[:1], line[1:])

    def _advance(self, done: int) -> None:
        self._done += done

    def _answer(self, what: bytes, line: bytes) -> None:
        if what == FILL:
            filled = self._filler.whole(_draft(line))
            self._target.write(encode(filled[1:]) + b"\n" + filled.line + b"\n")
        else:
            wanted = _wanted(line)
            taken = self._filler.some(wanted.path, wanted.inode, wanted.batch)
            self._target.write(encode(taken) + b"\n")


def main() -> None:
    """Serve on stdin and stdout."""
    gc.disable()  # nothing here refers to itself in a circle
    target = sys.stdout.buffer
    try:
        Hand(sys.stdin.buffer, target).run()
    except OSError as error:
        failed = Failed(error.errno, error.strerror or str(error), error.filename)
    except errors.KfnbError as error:
        failed = Failed(None, error.message)
    else:
        return
    target.write(b"!" + encode(failed) + b"\n")
    target.flush()
