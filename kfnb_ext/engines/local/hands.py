"""Children that fill folders of a snapshot, each asked by one thread at a time.

Rule: threads of one Python hinder each other at work that is many short calls, and the server's
event loop with them; children do not. They are worth their start from some files on. Where none
can be started the threads do it themselves.
"""

import contextlib
import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.local import copying, drafts, filling, hand, scan

Light = tuple[bytes, drafts.Same | scan.Draft]  # the line that it had, if it still holds
# Before all else a child sees to it that it dies with this process (linux/prctl.h).
_START = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
if os.getppid() != {parent}: os._exit(1)
sys.path[:] = {path!r}
from kfnb_ext.engines.local import hand
hand.main()
"""
_answer = msgspec.json.Decoder(hand.Answer).decode
_taken = msgspec.json.Decoder(list[copying.Taken]).decode
_failed = msgspec.json.Decoder(hand.Failed).decode


class Hands:
    """Some children, or none."""

    def __init__(self, filler: filling.Filler, count: int, lock: int) -> None:
        self._filler = filler
        self._children: list[subprocess.Popen[bytes]] = []
        self._free: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        roots = (filler.live, filler.tree, filler.before)
        start = hand.encode(hand.Start(filler.job.ground, roots, filler.check_sizes)) + b"\n"
        for _ in range(count):
            with contextlib.suppress(OSError):
                child = _started([fd for fd in (*roots, lock) if fd >= 0])
                _pipes(child)[0].write(start)
                self._children.append(child)
                self._free.put(child)

    def __bool__(self) -> bool:
        return bool(self._children)

    def close(self) -> None:
        """End them."""
        for child in self._children:
            child.kill()
            child.wait()
            for pipe in _pipes(child):
                with contextlib.suppress(OSError):
                    pipe.close()

    @contextlib.contextmanager
    def _one(self) -> Iterator["subprocess.Popen[bytes]"]:
        child = self._free.get()
        try:
            yield child
        finally:
            self._free.put(child)

    def fill(self, lights: list[Light]) -> list[filling.Filled]:
        """Fill folders. Raises: OSError, EngineFailed."""
        filled, again = [], []
        with self._one() as child:
            _ask(child, [_question(draft) for _, draft in lights])
            for line, draft in lights:
                answer = _line(child)
                if isinstance(draft, scan.Draft):
                    filled.append(filling.Filled(_line(child)[:-1], *_answer(answer)))
                else:
                    filled.append(filling.Filled(line, draft.files, draft.size))
                    if not answer.startswith(b"true"):
                        again.append(len(filled) - 1)
            done = int(_line(child))
        for number in again:
            line, draft = lights[number]
            assert isinstance(draft, drafts.Same)
            filled[number] = self._filler.same(line, draft)
        self._spent(sum(one.added for one in filled), done)
        return filled

    def take(self, work: filling.Work, batch: list[filling.Copy]) -> dict[int, copying.Taken]:
        """As ``Filler.take``."""
        wanted = hand.Wanted(work.folder.path, work.folder.me.inode, batch)
        with self._one() as child:
            _ask(child, [hand.TAKE + hand.encode(wanted)])
            taken = _taken(_line(child))
            done = int(_line(child))
        self._spent(sum(one.added for one in taken), done)
        return {id(item): one for (item, _), one in zip(batch, taken, strict=True)}

    def _spent(self, count: int, done: int) -> None:
        self._filler.job.budget.spend(count)
        self._filler.job.advance(done)


def _started(descriptors: list[int]) -> "subprocess.Popen[bytes]":
    code = _START.format(parent=os.getpid(), path=[*map(os.path.abspath, sys.path)])
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=descriptors,
        cwd="/",
        start_new_session=True,  # Ctrl-C on the terminal is this process's to answer
    )


def _pipes(child: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    assert child.stdin
    assert child.stdout
    return child.stdin, child.stdout


def _question(draft: drafts.Same | scan.Draft) -> bytes:
    return (hand.FILL if isinstance(draft, scan.Draft) else hand.SAME) + hand.encode(draft)


def _ask(child: "subprocess.Popen[bytes]", questions: list[bytes]) -> None:
    target = _pipes(child)[0]
    try:
        target.write(b"\n".join((*questions, hand.END)) + b"\n")
        target.flush()
    except BrokenPipeError:
        return  # it has said why, or it was killed: the answer tells


def _line(child: "subprocess.Popen[bytes]") -> bytes:
    line = _pipes(child)[1].readline()
    if line.startswith(b"!"):
        failed = _failed(line[1:])
        if failed.errno is not None:
            raise OSError(failed.errno, failed.text, failed.filename)
        raise errors.EngineFailed(failed.text)
    if not line:
        raise errors.EngineFailed(
            "A process that copied files for the snapshot was ended from outside. "
            "Nothing was changed.",
            "Perhaps memory is short: look at the pod's memory, then try again.",
        )
    return line
