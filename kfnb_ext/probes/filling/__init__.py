"""What fills a filesystem below a folder: the walk as a child of its own, at low priority.

Rule: the child does nothing but read, and it is ended when nobody waits for it any more. Where
none can be started (no memory, no process left), or little is left to do since the last scan, the
walk is made in the thread that asks.
"""

import contextlib
import marshal
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from kfnb_ext import errors
from kfnb_ext.probes import cgroup
from kfnb_ext.probes.filling.walking import looking, program, walk

LOOK = 0.2  # seconds between two looks whether it was asked to stop, though nothing is told
BRIEF = 0.3  # seconds that a scan on top of another gets in this thread
ENDS = 0.5  # seconds that the child has to end by itself: it looks each tenth of a second
SILENCE = 30.0  # seconds without a sign: the filesystem hangs
STARVED = 1800.0  # the same for an idle scan, which a busy node may leave without any CPU

Folders = list[looking.Folder]
Step = Callable[[int, int], None]  # files and bytes so far; raises to stop


def scan(
    top: str,
    before: Folders | None,
    step: Step,
    *,
    idle: bool = False,
    near: bool = False,
    silence: float | None = None,
) -> tuple[Folders, int]:
    """All folders, and how many were listed anew. ``idle``: only what nobody else wants.

    ``near``: the filesystem cannot hang, so that a little may be done in this very thread.
    ``silence``: seconds without a sign after which it is said to hang.

    Raises: OSError, EngineFailed when the filesystem hangs, and what ``step`` raises.
    """
    if before and near and not idle:
        with contextlib.suppress(_TooLong):
            return _briefly(top, before, step)
    try:
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", program.START, os.path.dirname(__file__)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C on the terminal is this process's to answer
        )
    except OSError:
        made = walk.Walk(top, before, step)
        return made.run(), made.listed
    try:
        return _follow(
            child,
            (top, before, idle, not idle and _two()),
            step,
            silence or (STARVED if idle else SILENCE),
        )
    finally:
        _end(child)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """It ends by itself when nobody reads any more, and takes its fork with it."""
    for pipe in (child.stdin, child.stdout):
        if pipe:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    for wait in (ENDS, 1.0):
        # One that hangs in the kernel ends when that answers.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(wait)
            return
        child.kill()


def _two() -> bool:
    """Whether two processes may work at once: else they would only hold up the server."""
    group = cgroup.find("cpu")
    quota = cgroup.cpu_quota(group) if group else None
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return here > 1 and (quota is None or quota[0] >= 2)


class _TooLong(Exception):
    """Much has changed: the child goes on, whose work no event loop feels."""


def _briefly(top: str, before: Folders, step: Step) -> tuple[Folders, int]:
    """In this thread: where little has changed it is done before a child has started."""
    end = time.monotonic() + BRIEF

    def bounded(files: int, size: int) -> None:
        step(files, size)
        if time.monotonic() > end:
            raise _TooLong

    made = walk.Walk(top, before, bounded)
    return made.run(), made.listed


def _follow(
    child: "subprocess.Popen[bytes]", request: Any, step: Step, silence: float
) -> tuple[Folders, int]:
    assert child.stdin
    assert child.stdout
    child.stdin.write(marshal.dumps(request))
    child.stdin.close()
    out, seen, silent = child.stdout.fileno(), (0, 0), 0.0
    poll = select.poll()
    poll.register(out, select.POLLIN)
    while True:
        if not poll.poll(LOOK * 1000):
            silent += LOOK
            if silent > silence:
                raise errors.EngineFailed(
                    "The filesystem does not answer, so it cannot be scanned.",
                    "Look whether the server behind the volume is reachable, then try again.",
                )
            step(*seen)
            continue
        silent, message = 0.0, _message(out)
        if message[0] == "at":
            seen = message[1], message[2]
            step(*seen)
        elif message[0] == "done":
            return message[1], message[2]
        else:
            raise OSError(message[1], message[2] or os.strerror(message[1]), request[0])


def _message(out: int) -> Any:
    length = int.from_bytes(_exactly(out, 8), "little")
    return marshal.loads(_exactly(out, length))


def _exactly(out: int, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        piece = os.read(out, length - len(found))
        if not piece:
            raise errors.EngineFailed(
                "The scan ended before its end.", "It was killed, perhaps for want of memory."
            )
        found += piece
    return bytes(found)
