"""Watches the GPUs while a cell runs.

Rule: one thread, ended with the cell however that ends. It asks only what changes fast; whose it
is is asked before and after. A GPU that cannot be read keeps no cell from running.
"""

import os
import statistics
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from kfnb_ext import errors
from kfnb_ext.model.gpu import Gpu, GpuCell, GpuCellPoint, GpuCellUse, Gpus, MigSlice
from kfnb_ext.probes import gpu as probe
from kfnb_ext.probes.gpu import frameworks
from kfnb_ext.probes.gpu.quick import Quick

SHM = "/dev/shm"
MOST_POINTS = 200  # of each GPU; beyond, every second one is dropped and the pace is halved


class Look(NamedTuple):
    """All GPUs at one moment."""

    at: float
    quick: Mapping[str, Quick]


class Watch:
    """One cell: ``begin``, run it, ``end``."""

    def __init__(self, interval: float, gpus: "probe.GpuProbe | None" = None) -> None:
        self._probe = gpus or probe.GpuProbe(slow=float("inf"))
        self._interval = interval
        self._stop = threading.Event()
        self._looks: list[Look] = []
        self._count = 0
        self._shm_peak: int | None = None
        self._thread: threading.Thread | None = None
        self._before: Gpus | None = None
        self._energy: Mapping[str, int | None] = {}
        self._began = 0.0
        self.reason = ""

    def begin(self) -> None:
        """Look once, and go on in a thread."""
        try:
            self._before = self._probe.read()
            self._energy = self._probe.energy()
        except errors.KfnbError as error:
            self.reason = error.message
        self._began = time.perf_counter()
        self._look()
        self._thread = threading.Thread(target=self._serve, name="kfnb-cell", daemon=True)
        self._thread.start()

    def end(self) -> GpuCell:
        """What the cell did."""
        seconds = time.perf_counter() - self._began
        self._stop.set()
        if self._thread:
            self._thread.join(2.0)
        self._look()
        uses: tuple[GpuCellUse, ...] = ()
        if self._before is not None:
            try:
                self._probe.forget()
                after, energy = self._probe.read(), self._probe.energy()
                uses = tuple(self._uses(self._before, after, energy))
            except errors.KfnbError as error:
                self.reason = error.message
        self._probe.close()
        return GpuCell(
            seconds=seconds,
            readings=self._count,
            gpus=uses,
            frameworks=frameworks.read(),
            shm_peak=self._shm_peak,
            shm_total=_shm()[1],
            reason=self.reason,
        )

    def _serve(self) -> None:
        while not self._stop.wait(self._interval):
            self._look()

    def _look(self) -> None:
        used, _ = _shm()
        if used is not None:
            self._shm_peak = max(used, self._shm_peak or 0)
        if self._before is None:
            return
        try:
            quick = {one.uuid: one for one in self._probe.quick()}
        except errors.KfnbError as error:
            self.reason = error.message
            return
        self._count += 1
        self._looks.append(Look(time.perf_counter() - self._began, quick))
        if len(self._looks) > MOST_POINTS:
            self._looks = self._looks[::2]
            self._interval *= 2

    def _uses(
        self, before: Gpus, after: Gpus, energy: Mapping[str, int | None]
    ) -> list[GpuCellUse]:
        then = {target.uuid: target for target, _ in _targets(before)}
        return [
            self._use(then.get(target.uuid, target), target, board, energy)
            for target, board in _targets(after)
        ]

    def _use(
        self,
        before: Gpu | MigSlice,
        after: Gpu | MigSlice,
        board: Gpu,
        energy: Mapping[str, int | None],
    ) -> GpuCellUse:
        mine = [
            (look.at, look.quick[after.uuid]) for look in self._looks if after.uuid in look.quick
        ]
        memory = [one.memory for _, one in mine if one.memory is not None]
        shares = [one.share for _, one in mine if one.share is not None]
        watts = [one.power for _, one in mine if one.power is not None]
        whole = isinstance(after, Gpu)
        first, last = self._energy.get(board.uuid), energy.get(board.uuid)
        known = whole and first is not None and last is not None
        return GpuCellUse(
            uuid=after.uuid,
            name=after.name if isinstance(after, Gpu) else f"{board.name} MIG {after.profile}",
            memory_total=after.memory_total,
            before=before.memory_used,
            after=after.memory_used,
            peak=max(memory, default=None),
            own_before=_own(before),
            own_after=_own(after),
            others=after.memory_others if isinstance(after, Gpu) else None,
            share_mean=statistics.fmean(shares) if shares else None,
            share_most=max(shares, default=None),
            power_milliwatts=round(statistics.fmean(watts)) if watts else None,
            energy_joules=((last or 0) - (first or 0)) / 1000 if known else None,
            throttling=board.throttling,
            points=tuple(
                GpuCellPoint(at=round(at, 3), memory=one.memory, share=one.share)
                for at, one in mine
            ),
            missing=dict(after.missing),
        )


def _targets(reading: Gpus) -> list[tuple[Gpu | MigSlice, Gpu]]:
    """Each slice, and each GPU that has none, with its board."""
    found: list[tuple[Gpu | MigSlice, Gpu]] = []
    for one in reading.gpus:
        found += [(part, one) for part in one.slices] if one.slices else [(one, one)]
    return found


def _own(one: Gpu | MigSlice) -> int | None:
    me = os.getpid()
    mine = [p.memory for p in one.processes if p.pid == me]
    if mine:
        return mine[0]
    return 0 if one.memory_own is not None else None


def _shm(path: str = SHM) -> tuple[int | None, int | None]:
    try:
        found = os.statvfs(path)
    except OSError:
        return None, None
    return (found.f_blocks - found.f_bfree) * found.f_frsize, found.f_blocks * found.f_frsize
