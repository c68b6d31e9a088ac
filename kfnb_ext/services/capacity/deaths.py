"""Kernels that the memory limit took: a kernel that ended within seconds of an OOM kill.

Rule: a process says nothing when it is killed; so its end and the counter of our own cgroup are
watched side by side, cheaply: a descriptor for each kernel, and one small file every few seconds.
"""

import contextlib
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone

import msgspec

from kfnb_ext.model.limits import Kill
from kfnb_ext.probes import processes
from kfnb_ext.probes.families import Families, Family

EVERY = 2.0  # seconds between two looks at the counter and at the list of kernels
NEAR = 5.0  # seconds between an OOM kill and the end of a kernel that belong together
KEPT = 20

Tell = Callable[[Kill], None]


def _nothing(*_: object) -> None:
    return None


class _Kernel(msgspec.Struct):
    family: Family
    handle: int
    memory: int | None = None


class Deaths:
    """Watches the kernels of one server."""

    def __init__(
        self,
        server: int,
        counter: Callable[[], int | None],
        limit: Callable[[], int | None],
        *,
        top: str = "",
        every: float = EVERY,
    ) -> None:
        """``counter``: OOM kills so far; ``limit``: bytes; ``top``: notebooks are named from it."""
        self._server, self._top, self._every = server, top, every
        self._counter, self._limit = counter, limit
        self.tell: Tell = _nothing  # called from the watching thread
        self.also: Callable[[], None] = _nothing  # called at each look
        self._kernels: dict[int, _Kernel] = {}
        self._children = ""
        self._killed_at = float("-inf")
        self._count: int | None = None
        self._ended: list[tuple[float, _Kernel]] = []
        self._stop, self._wake = os.pipe()
        self._thread: threading.Thread | None = None
        self.kills: deque[Kill] = deque(maxlen=KEPT)

    def start(self) -> None:
        """Begin to watch, once."""
        if self._thread is None and hasattr(os, "pidfd_open"):
            self._count = self._counter()
            self._thread = threading.Thread(target=self._run, name="kfnb-deaths", daemon=True)
            self._thread.start()

    @property
    def watched(self) -> tuple[int, ...]:
        """The pids of the kernels that are known."""
        return tuple(self._kernels)

    def stop(self) -> None:
        """Let the thread end."""
        with contextlib.suppress(OSError):
            os.write(self._wake, b".")

    def _run(self) -> None:
        while True:
            handles = {kernel.handle: pid for pid, kernel in self._kernels.items()}
            poll = select.poll()  # select() knows no descriptor above 1023
            for handle in (self._stop, *handles):
                poll.register(handle, select.POLLIN)
            ready = [handle for handle, _ in poll.poll(self._every * 1000)]
            if self._stop in ready:
                return
            with contextlib.suppress(OSError):
                self.look([handles[one] for one in ready])
                self.also()

    def look(self, ended: list[int]) -> None:
        """One look; ``ended`` are the pids of kernels that have just ended."""
        now = time.monotonic()
        count = self._counter()
        if count is not None and self._count is not None and count > self._count:
            self._killed_at = now
        self._count = count
        for pid in ended:
            kernel = self._kernels.pop(pid)
            os.close(kernel.handle)
            self._ended.append((now, kernel))
        # The counter rises right before or right after the end is seen, so both may come first.
        for at, kernel in self._ended:
            if abs(at - self._killed_at) <= NEAR:
                self._note(kernel)
        told = self._killed_at
        self._ended = [
            (at, k) for at, k in self._ended if now - at < NEAR and abs(at - told) > NEAR
        ]
        self._find()

    def _note(self, kernel: _Kernel) -> None:
        kill = Kill(
            kernel=kernel.family.source,
            name=kernel.family.name,
            pid=kernel.family.pid,
            at=datetime.now(timezone.utc),
            memory=kernel.memory,
            limit=self._limit(),
        )
        self.kills.appendleft(kill)
        self.tell(kill)

    def _find(self) -> None:
        """Kernels are children of the server: only when these change is more looked at."""
        children = _children(self._server)
        if children != self._children:
            self._children = children
            pids = [int(pid) for pid in children.split()]
            table = {p.pid: p for p in map(processes.one, pids) if p}
            for pid, family in Families(table, top=self._top).kernels.items():
                if pid not in self._kernels:
                    with contextlib.suppress(OSError):
                        self._kernels[pid] = _Kernel(family, os.pidfd_open(pid))
        for pid, kernel in self._kernels.items():
            kernel.memory = _resident(pid) or kernel.memory


def _children(pid: int) -> str:
    """The pids of all children, of whichever thread has started them."""
    found = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children") as file:
                found.append(file.read())
    return " ".join(sorted(filter(None, found)))


def _resident(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return None
