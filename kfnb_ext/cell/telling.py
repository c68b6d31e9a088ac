"""Leaves a small file that says what frameworks in this kernel know of their GPU memory.

Rule: no message of Jupyter's, in or out: the kernel stays as busy, or as idle for so long, as it
is. A kernel without a framework pays one look into ``sys.modules`` for each cell.
"""

import atexit
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfnb_ext.state import State

NAMES = ("torch", "jax", "tensorflow", "cupy")  # as in probes.gpu.frameworks, not loaded yet
EVERY = 5.0  # seconds between two looks, also while a cell runs


class Teller:
    """One thread, from the first cell on that has a framework."""

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._pid = 0
        self._wake = threading.Event()

    def cell(self, *_: Any) -> None:
        """A cell begins or has ended."""
        if not any(name in sys.modules for name in NAMES):
            return
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._wake = threading.Event()
            threading.Thread(target=self._serve, name="kfnb-telling", daemon=True).start()
        self._wake.set()

    def _serve(self) -> None:
        try:
            tell = _teller()
        except Exception:  # a configuration that cannot be used is the server's to tell
            return
        while True:
            self._wake.wait(self._every)
            self._wake.clear()
            tell()


def _teller() -> Callable[[], None]:
    from datetime import datetime, timezone

    from kfnb_ext import errors
    from kfnb_ext.model.gpu import Framework, FrameworkUse
    from kfnb_ext.probes import processes
    from kfnb_ext.probes.gpu import frameworks as probe
    from kfnb_ext.services.gpu import frameworks

    where, me, pid = _state(), processes.one(os.getpid()), os.getpid()
    last: tuple[Framework, ...] = ()

    def take_back() -> None:
        if os.getpid() == pid:
            frameworks.take_back(where, pid)

    def tell() -> None:
        nonlocal last
        now = probe.read()
        if now == last:
            return
        use = FrameworkUse(
            pid=pid,
            start_ticks=me.start_ticks if me else None,
            taken=datetime.now(timezone.utc),
            frameworks=now,
        )
        try:
            frameworks.leave(where, use)
            last = now
        except errors.KfnbError:  # a full disk: the next look tries again
            return

    atexit.register(take_back)
    return tell


def _state() -> "State":
    from kfnb_ext import assembly, config, state

    site, user = assembly.layers()
    options = config.settle(site, os.environ, user)
    return state.State(assembly.find_workspace(options.workspace), options.state_dir)


def listen(shell: Any) -> None:
    """Look after each cell, and while one runs."""
    teller = Teller()
    for event in ("pre_run_cell", "post_run_cell"):
        shell.events.register(event, teller.cell)
