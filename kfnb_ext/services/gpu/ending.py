"""Ends a process that holds a GPU and belongs to nobody.

Rule: asked again at the last moment whether it is still that process, ours, and nobody's. It is
asked to end; killed it is only when that was said.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable

from kfnb_ext import errors
from kfnb_ext.model import servers
from kfnb_ext.model.gpu import GpuEnded, GpuEndRequest
from kfnb_ext.probes import processes
from kfnb_ext.probes.gpu import whose

PATIENCE = 3.0  # seconds for a process to end
STEP = 0.05

GONE = errors.NotFound(
    "The process has ended already, or its number belongs to another by now. Nothing was ended.",
    "Look at the list again.",
)
NOT_OURS = errors.Forbidden(
    "The process belongs to a kernel, to a terminal or to another user, or it holds no GPU. "
    "Nothing was ended.",
    "Shut the kernel down, or end it in its terminal.",
)


def end(request: GpuEndRequest, is_orphan: Callable[[int, int], bool] = whose.orphan) -> GpuEnded:
    """End it. Raises: NotFound, Forbidden; then nothing was done."""
    handle = _handle(request.pid)
    try:
        one = processes.one(request.pid)
        if one is None or one.start_ticks != request.start_ticks:
            raise errors.NotFound(GONE.message, GONE.hint)
        if not is_orphan(request.pid, request.start_ticks):
            raise errors.Forbidden(NOT_OURS.message, NOT_OURS.hint)
        _signal(request, handle)
        ended = _ends(request)
    finally:
        if handle is not None:
            os.close(handle)
    command = servers.shown(one.command) or one.name
    message = "It has ended." if ended else "It was asked to end and still runs."
    return GpuEnded(pid=request.pid, command=command, ended=ended, message=message)


def _handle(pid: int) -> int | None:
    """Whatever comes later, it is this process. None: Linux before 5.3."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise errors.NotFound(GONE.message, GONE.hint) from None
    except OSError:
        return None


def _signal(request: GpuEndRequest, handle: int | None) -> None:
    wish = signal.SIGKILL if request.force else signal.SIGTERM
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        if handle is None:
            os.kill(request.pid, wish)
        else:
            signal.pidfd_send_signal(handle, wish)


def _ends(request: GpuEndRequest) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        one = processes.one(request.pid)
        # Without a command line it is dead, and only waits to be fetched.
        if one is None or one.start_ticks != request.start_ticks or not one.command:
            return True
        time.sleep(STEP)
    return False
