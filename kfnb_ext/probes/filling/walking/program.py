"""The walk as a child of its own: ``python -I -S -c START FOLDER_OF_WALKING``.

Rule: it does nothing but read, at low priority, and ends when whoever asked is gone.
"""

import gc
import marshal
import os
import sys
from typing import Any, BinaryIO

from .walk import Walk

START = "import sys; sys.path.insert(0, sys.argv[1]); from walking import program; program.run()"


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """As a child: a request comes in, counts go out, then the folders, by ``marshal``."""
    top, before, idle, forks = marshal.load(source)
    os.nice(19 if idle else 10)
    if idle and hasattr(os, "sched_setscheduler"):  # only what nobody else wants of the CPU
        try:  # noqa: SIM105 - contextlib costs more to import than this child has time
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        except OSError:  # a sandbox may forbid it
            pass

    def tell(*message: Any) -> None:
        data = marshal.dumps(message)
        sink.write(len(data).to_bytes(8, "little") + data)
        sink.flush()

    try:
        walk = Walk(
            top, before, lambda files, size: tell("at", files, size), forks=forks, rests=idle
        )  # fmt: skip
        tell("done", walk.run(), walk.listed)
    except BrokenPipeError:
        raise
    except OSError as error:
        tell("failed", error.errno or 0, error.strerror or "")


def run() -> None:
    """Serve one request from stdin to stdout."""
    gc.disable()  # nothing here refers to itself
    try:
        main(sys.stdin.buffer, sys.stdout.buffer)
    except (BrokenPipeError, KeyboardInterrupt):  # whoever asked is gone
        os._exit(1)
