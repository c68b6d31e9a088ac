"""Ends the orphans of killed kernels, and removes what they left in /dev/shm.

Rule: asked for by name or by pid and start, and looked at again right before: what is no orphan
any more, is mapped again, or was not ours, is left, and it is said why.
"""

import os
import select
import signal
import time
from pathlib import Path

from kfnb_ext import errors
from kfnb_ext.model.shm import Cleared, ClearRequest, EndRequest, Leftover, Task
from kfnb_ext.probes import processes, shm
from kfnb_ext.probes.families import Families
from kfnb_ext.probes.shm import holders, segments

PATIENCE = 3.0  # seconds that a process gets to end by itself before it is killed


class Clearing:
    """Clears the shared memory of one pod."""

    def __init__(self, *, read_only: bool, path: Path = shm.SHM) -> None:
        self._read_only = read_only
        self._path = path

    def end(self, request: EndRequest) -> Cleared:
        """End orphans: first politely, then for good. Raises: Forbidden."""
        self._allowed()
        table = processes.table()
        families = Families(table)
        left: dict[str, str] = {}
        chosen: dict[Task, int] = {}
        for task in request.tasks:
            process = table.get(task.pid)
            if process is None or process.start_ticks != task.started_ticks:
                left[str(task.pid)] = "It has ended already."
            elif processes.uid(task.pid) != os.getuid():
                left[str(task.pid)] = "It belongs to another user."
            elif families.of(task.pid).kind != "orphan":
                left[str(task.pid)] = "It is no orphan: somebody still waits for it."
            else:
                _choose(task, chosen)
        done = _end(chosen)
        left |= {str(t.pid): "It did not end." for t in chosen if t not in done}
        return Cleared(done=tuple(str(task.pid) for task in done), left=left, freed=0)

    def clear(self, request: ClearRequest) -> Cleared:
        """Remove leftovers. Raises: Forbidden."""
        self._allowed()
        found, _ = segments.find(processes.table(), self._path, processes.PROC)
        offered = {one.name: one for one in holders.leftovers(self._path, found, processes.PROC)}
        done, freed = [], 0
        left: dict[str, str] = {}
        for name in request.names:
            reason = self._remove(offered.get(name))
            if reason:
                left[name] = reason
            else:
                done.append(name)
                freed += offered[name].bytes
        return Cleared(done=tuple(done), left=left, freed=freed)

    def _remove(self, one: Leftover | None) -> str:
        """Remove it; why not, or empty."""
        if one is None:
            return "It is not there any more, or somebody has mapped it."
        if one.refused:
            return one.refused
        stat = os.lstat(self._path / one.name)
        if holders.is_open(stat.st_ino, stat.st_dev):
            return "A process has it open."
        os.unlink(self._path / one.name)
        return ""

    def _allowed(self) -> None:
        if self._read_only:
            raise errors.Forbidden(
                "The site forbids every change here. Nothing was changed.",
                "Ask the administrator: the option is `read_only`.",
            )


def _choose(task: Task, chosen: dict[Task, int]) -> None:
    """Hold the process by a descriptor: no later one of the same pid can be hit."""
    try:
        handle = os.pidfd_open(task.pid)
    except OSError:
        return
    now = processes.one(task.pid)
    if now is None or now.start_ticks != task.started_ticks:
        os.close(handle)
        return
    chosen[task] = handle


def _end(chosen: dict[Task, int]) -> list[Task]:
    waiting = dict(chosen)
    try:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for handle in waiting.values():
                try:
                    signal.pidfd_send_signal(handle, number)
                except ProcessLookupError:
                    continue
            end = time.monotonic() + PATIENCE
            while waiting and (rest := end - time.monotonic()) > 0:
                poll = select.poll()
                for handle in waiting.values():
                    poll.register(handle, select.POLLIN)
                ended = {handle for handle, _ in poll.poll(rest * 1000)}
                waiting = {t: h for t, h in waiting.items() if h not in ended}
        return [task for task in chosen if task not in waiting]
    finally:
        for handle in chosen.values():
            os.close(handle)
