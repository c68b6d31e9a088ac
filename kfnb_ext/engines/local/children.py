"""Child processes that work on a snapshot, each lent to one thread at a time.

Rule: threads of one Python hinder each other at work that is many short calls, and the server's
event loop with them; children do not. One ends at once when who started it dies, and the lock of
those who write is its own as well, so that nobody else begins while it still works.
"""

import contextlib
import os
import queue
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import IO

from kfnb_ext import errors

COUNT = 2
# Before all else a child sees to it that it dies with this process (linux/prctl.h).
_START = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
if os.getppid() != {parent}: os._exit(1)
sys.path[:] = {path!r}
{code}
"""


class Child:
    """One, asked and answering through pipes."""

    def __init__(self, code: str, path: list[str], descriptors: Iterable[int]) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", "-c"),
                _START.format(parent=os.getpid(), path=path, code=code),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[fd for fd in descriptors if fd >= 0],
            cwd="/",
            start_new_session=True,  # Ctrl-C on the terminal is this process's to answer
        )
        assert self._process.stdin
        assert self._process.stdout
        self._in: IO[bytes] = self._process.stdin
        self._out: IO[bytes] = self._process.stdout

    def ask(self, *parts: bytes) -> None:
        """Send it something."""
        try:
            self._in.writelines(parts)
            self._in.flush()
        except BrokenPipeError:
            return  # it has said why, or it was killed: the answer tells

    def line(self) -> bytes:
        """The next line of its answer. Raises: EngineFailed when it has ended."""
        return self._told(self._out.readline())

    def read(self, length: int) -> bytes:
        """So many bytes of its answer. Raises: EngineFailed when it has ended."""
        data = self._out.read(length)
        return self._told(data if len(data) == length else b"")

    def _told(self, data: bytes) -> bytes:
        if not data:
            raise errors.EngineFailed(
                "A process that copied files for the snapshot was ended from outside. "
                "Nothing was changed.",
                "Perhaps memory is short: look at the pod's memory, then try again.",
            )
        return data

    def end(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):
                pipe.close()


class Children:
    """Some of a kind, once they are started; none before, or where none can be."""

    def __init__(self) -> None:
        self._all: list[Child] = []
        self._free: queue.SimpleQueue[Child] = queue.SimpleQueue()

    def start(self, code: str, path: list[str], descriptors: Iterable[int]) -> None:
        """Start ``COUNT`` of them. ``code`` is run with ``path`` as its ``sys.path``."""
        for _ in range(COUNT):
            with contextlib.suppress(OSError):
                child = Child(code, path, descriptors)
                self._all.append(child)
                self._free.put(child)

    def tell(self, first: bytes) -> None:
        """Send each of them what it needs before it is asked."""
        for child in self._all:
            child.ask(first)

    def __bool__(self) -> bool:
        return bool(self._all)

    @contextlib.contextmanager
    def one(self) -> Iterator[Child]:
        """Borrow one; waits until one is free."""
        child = self._free.get()
        try:
            yield child
        finally:
            self._free.put(child)

    def close(self) -> None:
        """End them all."""
        for child in self._all:
            child.end()
