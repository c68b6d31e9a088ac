"""The door to whose a process is: the notebook, or the program, that it belongs to.

Rule: read from /proc alone, so that a shell and a kernel see the same as the server. A kernel is
told by its connection file, and from its forked copies by being the leader of its session. What a
kernel has left behind when it was killed is an orphan: nobody waits for it any more.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from kfnb_ext.model import servers
from kfnb_ext.probes import processes
from kfnb_ext.probes.processes import Process

Kind = Literal["kernel", "server", "orphan", "other"]

# Jupyter Server names the file by the kernel's id, and passes it on the command line.
_CONNECTION = re.compile(r"kernel-([0-9A-Za-z][0-9A-Za-z-]*)\.json$")
# Set for each kernel, and inherited by all that it starts (jupyter_client, jupyter_server).
_PARENT, _SESSION = "JPY_PARENT_PID", "JPY_SESSION_NAME"
UNNAMED = "a kernel without a notebook"


# What a process was started with, until it runs another program: reading it for each costs as much
# as the rest of a look.
Started = dict[tuple[int, int, tuple[str, ...]], dict[str, str]]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A kernel, a server, or another program, with all that it has started."""

    kind: Kind
    source: str  # the kernel's id; of others the pid
    name: str  # the notebook's path; of others what runs
    pid: int  # of the eldest; of orphans the pid of the one who led their session


class Families:
    """Whose each process of one look is."""

    def __init__(
        self,
        table: Mapping[int, Process],
        proc_root: Path = processes.PROC,
        top: str = "",
        started: Started | None = None,
    ) -> None:
        """``top``: names of notebooks are given from this folder on; ``started``: kept from the
        look before, and brought up to date.
        """
        self._table = table
        self._proc_root = proc_root
        self._started = {} if started is None else started
        for gone in self._started.keys() - {_key(p) for p in table.values()}:
            del self._started[gone]
        self._top = top.rstrip("/") + "/"
        self._known: dict[int, Family] = {}
        self.kernels = {p.pid: self._kernel(p) for p in table.values() if self._is_kernel(p)}

    def of(self, pid: int) -> Family:
        """The family of a process of the table."""
        if pid not in self._known:
            self._known[pid] = self._find(self._table[pid])
        return self._known[pid]

    def _find(self, process: Process) -> Family:
        for one in self._line(process):
            if one.pid in self.kernels:
                return self.kernels[one.pid]
        if process.session in self.kernels and self._is_younger(process, process.session):
            return self.kernels[process.session]
        return self._left_behind(process) or self._other(process)

    def _left_behind(self, process: Process) -> Family | None:
        """The family of what outlived the process that had started it, by what it inherited."""
        leader = self._table.get(process.session)
        living = leader and leader.command and not self._copy_of(leader)  # no zombie
        if living or servers.serves(process.command):
            return None  # a terminal's, or a program in a session of its own
        said = self._said(process)
        if not said:
            return None
        name = self._named(said)
        # A worker that was forked stays in its kernel's session: with that it has lost its kernel.
        others = {} if self._copy_of(process) else self.kernels
        for pid, kernel in others.items():
            # A daemon that a living kernel has started is no orphan; what is older than the
            # kernel was left by the one that ran there before it was restarted.
            if kernel.name == name and name != UNNAMED and self._is_younger(process, pid):
                return kernel
        source = self._copy_of(process) or str(process.session)
        return Family(kind="orphan", source=source, name=name, pid=process.session)

    def _other(self, process: Process) -> Family:
        line = [*self._line(process)]
        server = next((p for p in line if servers.serves(p.command) and p.command), None)
        if server is process:
            kind: Kind = "server"
            top = process
        else:
            above = line[: line.index(server)] if server else line
            kind, top = "other", above[-1]
        name = servers.shown(top.command) or top.name
        return Family(kind=kind, source=str(top.pid), name=name, pid=top.pid)

    def _line(self, process: Process) -> Iterator[Process]:
        """The process and its ancestors, the nearest first."""
        seen: set[int] = set()
        while process.pid not in seen:
            seen.add(process.pid)
            yield process
            above = self._table.get(process.ppid)
            if above is None:
                return
            process = above

    def _is_kernel(self, process: Process) -> bool:
        # A worker that the kernel forked has the kernel's own command line.
        return process.session == process.pid and self._copy_of(process) is not None

    def _copy_of(self, process: Process) -> str | None:
        found = (_CONNECTION.search(word) for word in process.command)
        return next((match[1] for match in found if match), None)

    def _kernel(self, process: Process) -> Family:
        said = self._said(process)
        source = self._copy_of(process) or ""
        return Family(kind="kernel", source=source, name=self._named(said), pid=process.pid)

    def _said(self, process: Process) -> Mapping[str, str]:
        key = _key(process)
        if key not in self._started:
            names = (_PARENT, _SESSION)
            self._started[key] = processes.variables(process.pid, names, self._proc_root)
        return self._started[key]

    def _named(self, said: Mapping[str, str]) -> str:
        return said.get(_SESSION, "").removeprefix(self._top) or UNNAMED

    def _is_younger(self, process: Process, pid: int) -> bool:
        return process.start_ticks >= self._table[pid].start_ticks


def _key(process: Process) -> tuple[int, int, tuple[str, ...]]:
    return process.pid, process.start_ticks, process.command
