"""Waiting for an operation: its progress on one line, and the stop that a person asks for.

Rule: a stop is asked for and waited for. Whoever waits learns how the operation really ended.
"""

import shutil
import time
from collections import deque
from typing import TextIO

from kfnb_ext import errors
from kfnb_ext.commands.talk import Stopped, Talk
from kfnb_ext.model.operations import Operation
from kfnb_ext.services.operations import Running
from kfnb_ext.text import operations as text
from kfnb_ext.text import units

STEP = 0.1  # seconds between two looks
QUIET = 0.4  # seconds without a line: what ends sooner needs none
WINDOW = 5.0  # seconds over which the rate is taken


def finish(running: Running, talk: Talk) -> Operation:
    """Wait for the end. Raises: Stopped on Ctrl-C, KfnbError with what made it fail."""
    line, asked, ended = ProgressLine(talk.line), False, False
    while not ended:
        try:
            if asked and not running.record.cancel_requested:
                running.cancel()
            ended = running.wait(STEP)
            if not ended:
                line.show(running.record)
        except KeyboardInterrupt:
            asked = True
    line.clear()
    record = running.record
    if record.state == "succeeded":
        return record
    if record.state == "cancelled" and asked:
        raise Stopped(record.message, record.hint)
    raise errors.KfnbError(record.message, record.hint)


class ProgressLine:
    """One line that is written over. Without a stream it does nothing."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._shown = ""
        self._began = time.monotonic()
        self._seen: deque[tuple[float, int]] = deque()

    def show(self, record: Operation) -> None:
        """Write it over with how far the operation is."""
        now = time.monotonic()
        self._seen.append((now, record.done))
        while now - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        if now - self._began > QUIET:
            columns = shutil.get_terminal_size().columns - 1
            self._write(units.fit(text.progress(record, self._rate()), columns))

    def clear(self) -> None:
        """Leave an empty line, with the cursor at its beginning."""
        if self._shown:
            self._write("")

    def _rate(self) -> float | None:
        (then, before), (now, done) = self._seen[0], self._seen[-1]
        return (done - before) / (now - then) if now - then > 1 and done > before else None

    def _write(self, line: str) -> None:
        if self._stream is None or line == self._shown:
            return
        # Blanks and not an escape sequence: a notebook knows "\r" but no other control.
        blank = " " * (units.width(self._shown) - units.width(line))
        try:
            self._stream.write(f"\r{line}{blank}" + ("" if line else "\r"))
            self._stream.flush()
        except OSError:  # the terminal is gone; the work goes on
            self._stream = None
        self._shown = line
