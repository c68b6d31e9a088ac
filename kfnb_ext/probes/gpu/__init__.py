"""The GPUs that this pod was granted, through NVML.

Rule: each field apart. What one GPU does not tell is None with its reason, and all the rest, and
all other GPUs, are read as if nothing had happened. What is slow to ask (processes, slices, power,
errors) is asked every ten seconds at most.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone

from kfnb_ext.model.gpu import Gpu, Gpus
from kfnb_ext.probes import cgroup, nvml, processes
from kfnb_ext.probes.gpu import quick, whose, words
from kfnb_ext.probes.gpu.activity import Activities
from kfnb_ext.probes.gpu.asking import LOST, REVOKED
from kfnb_ext.probes.gpu.board import Board, Places
from kfnb_ext.probes.gpu.quick import Quick
from kfnb_ext.probes.gpu.xid import Errors
from kfnb_ext.probes.nvml import NvmlError, said

SLOW = 10.0  # seconds between two slow looks
PLACES = Places(processes.PROC, cgroup.CGROUP)


class GpuProbe:
    """Reads all GPUs."""

    def __init__(
        self,
        door: nvml.Door = nvml.door,
        *,
        clock: Callable[[], float] = time.monotonic,
        places: Places = PLACES,
        top: str = "",
        slow: float = SLOW,
    ) -> None:
        """``top``: names of notebooks are given from this folder on."""
        self._door, self._clock, self._places, self._top = door, clock, places, top
        self._slow = slow
        self._boards: list[Board] = []
        self._activities = Activities(door, clock)
        self._errors = Errors(door)
        self._looked: float | None = None  # slowly
        self._generation = -1
        self._found: whose.Whose | None = None
        self._versions: tuple[str | None, str | None] = (None, None)

    def read(self, *, pcie: bool = False) -> Gpus:
        """One reading. Raises: NvmlError with the reason why there is no GPU to read."""
        try:
            return self._read(pcie)
        except NvmlError as error:
            if error.code != said.UNINITIALISED:
                raise
        # Somebody else in this process has shut NVML down. Once more, from the start.
        self._door.renew(at_once=True)
        return self._read(pcie)

    def forget(self) -> None:
        """The next reading asks what is slow as well."""
        self._looked = None

    def close(self) -> None:
        """Give back what the driver keeps for this probe, which reads no more."""
        for part in (self._activities, self._errors):
            with suppress(NvmlError), self._door.opened():
                part.forget()
            self._door.closing.remove(part.forget)

    def quick(self) -> list[Quick]:
        """The figures that change fast, after a reading. Raises: NvmlError."""
        with self._door.opened():
            return [one for board in self._boards for one in quick.of(board)]

    def energy(self) -> dict[str, int | None]:
        """Millijoules that each GPU has taken, by UUID, after a reading. Raises: NvmlError."""
        with self._door.opened():
            return {board.uuid: quick.energy(board) for board in self._boards}

    def _read(self, pcie: bool) -> Gpus:
        with self._door.opened():
            try:
                return self._gpus(pcie)
            except NvmlError as error:
                if error.code in LOST | REVOKED:
                    self._door.renew()
                raise

    def _gpus(self, pcie: bool) -> Gpus:
        count, now = self._door.call("nvmlDeviceGetCount"), self._clock()
        slow = self._is_due(now) or count != len(self._boards)
        known = self._boards[:count]
        new = range(len(known), count)
        self._boards = known + [Board(self._door, n, self._activities, self._places) for n in new]
        for board in self._boards:
            board.look(slow, pcie)
        refusals = [board.refusal for board in self._boards if board.refusal]
        # Not one GPU is lost but the right to all of them.
        if refusals and len(refusals) == count and all(r.code in REVOKED for r in refusals):
            raise NvmlError(refusals[0].code)
        if count == 0:
            raise NvmlError(said.NO_GPU)
        if slow:
            self._look_slowly(now)
        return Gpus(
            driver_version=self._versions[0],
            nvml_version=self._versions[1],
            gpus=tuple(self._gpu(board) for board in self._boards),
            taken=datetime.now(timezone.utc),
            pid_mode=self._found.mode if self._found else "unknown",
            notes=self._notes(),
        )

    def _is_due(self, now: float) -> bool:
        """Handles and lists of an earlier opening are void."""
        late = self._looked is None or now - self._looked >= self._slow
        return late or self._generation != self._door.generation

    def _look_slowly(self, now: float) -> None:
        self._looked, self._generation = now, self._door.generation
        names = ("nvmlSystemGetDriverVersion", "nvmlSystemGetNVMLVersion")
        driver, library = (self._version(name) for name in names)
        self._versions = (driver, library)
        self._errors.look({b.uuid: b.handle for b in self._boards if not b.refusal})
        self._activities.keep(
            {uuid for b in self._boards for uuid in (b.uuid, *(s.uuid for s in b.slices))}
        )
        self._found = whose.Whose(driver, self._places.proc_root, self._top)
        self._found.look(self._boards)

    def _version(self, name: str) -> str | None:
        try:
            return str(self._door.call(name))
        except NvmlError:
            return None

    def _gpu(self, board: Board) -> Gpu:
        found = self._found.by_target if self._found else {}
        xid = self._errors.seen.get(board.uuid, (None, None))
        gpu = board.record(found, whose.sharing, xid)
        why = self._errors.refused(board.uuid)
        if xid[0] is None and why and not board.refusal:
            gpu.missing["xid"] = why
        return gpu

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if sum(len(board.slices) for board in self._boards) > 1:
            notes.append("A CUDA program can use only one of these slices at a time.")
        if self._found and self._found.mode == "host":
            notes.append(words.HOST_PIDS)
        return tuple(notes)


_probe = GpuProbe()


def read() -> Gpus:
    """One reading. Raises: NvmlError with the reason why there is no GPU to read."""
    return _probe.read()
