"""A fork of the child that looks at folders as well, so that two processors share the work.

Rule: it only answers. It is given a batch of folders at a time and says what is in them; it ends
when nobody asks any more. Only a process of a single thread may fork.
"""

import marshal
import os
import select
from typing import Any, BinaryIO

from .looking import Looker

BATCH = 32  # folders at most that it gets at once
LOOK = 0.1  # seconds that one waits for it at a time

Ahead = tuple[int, str, str, int]  # parent's index, name, path, index in the scan before or -1


class Fork:
    """Another process that looks at the folders that it is given, a batch at a time."""

    def __init__(self, looker: Looker) -> None:
        """Raises: OSError when there can be none."""
        ask, asked = os.pipe()
        told, tell = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            for fd in (asked, told, 1):
                os.close(fd)
            _serve(looker, os.fdopen(ask, "rb"), os.fdopen(tell, "wb"))
        os.close(ask)
        os.close(tell)
        self._ask, self._told = os.fdopen(asked, "wb"), os.fdopen(told, "rb", 0)
        self._poll = select.poll()
        self._poll.register(told, select.POLLIN)
        self.batch: list[Ahead] = []

    def give(self, batch: list[Ahead]) -> None:
        """Have it look at these. Raises: OSError when it is gone."""
        self.batch = batch
        marshal.dump([(path, known) for _, _, path, known in batch], self._ask)
        self._ask.flush()

    def take(self, wait: bool) -> Any:
        """What it found; None: not yet. Raises: EOFError when it is gone."""
        if not self._poll.poll(LOOK * 1000 if wait else 0):
            return None
        return marshal.load(self._told)

    def end(self) -> None:
        """Let it end."""
        for pipe in (self._ask, self._told):
            try:  # noqa: SIM105 - contextlib costs more to import than this child has time
                pipe.close()
            except OSError:  # it was killed, and what it should have looked at is still here
                pass
        os.waitpid(self.pid, 0)


def _serve(looker: Looker, source: BinaryIO, sink: BinaryIO) -> None:
    looker.beat = lambda count: None
    try:
        while True:
            marshal.dump([looker.look(path, known) for path, known in marshal.load(source)], sink)
            sink.flush()
    except BaseException:  # whoever asked is gone
        os._exit(0)
