"""Whose the memory and the work on a GPU is: which process, and of which notebook.

Rule: the driver's list is believed as far as its stage goes, and of it only what is ours: a
process that is here, of our own user, and has CUDA's device open. Numbers of processes may
otherwise be another pod's.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from kfnb_ext.model import servers
from kfnb_ext.model.gpu import (
    IDLE,
    SHARED_FROM,
    GpuHolderKind,
    GpuPidMode,
    GpuProcess,
    GpuSharing,
)
from kfnb_ext.probes import processes
from kfnb_ext.probes.families import Families, Family
from kfnb_ext.probes.gpu import files, pids, words
from kfnb_ext.probes.gpu.board import Board
from kfnb_ext.probes.gpu.pids import Own
from kfnb_ext.probes.processes import Process

MPS = "CUDA_MPS_PIPE_DIRECTORY" in os.environ  # of the container, so for as long as we live
VISIBLE = "CUDA_VISIBLE_DEVICES"


class Whose:
    """One slow look at all processes, for all GPUs."""

    def __init__(self, driver: str | None, proc_root: Path, top: str) -> None:
        self._proc_root = proc_root
        self._stage = pids.stage(driver, proc_root)
        self._table = processes.table(proc_root)
        self._families = Families(self._table, proc_root, top)
        programs = (pid for pid, one in self._table.items() if one.command)
        mine = [pid for pid in programs if self._is_mine(pid)]
        self._files = files.holders(mine, proc_root)
        self.by_target: dict[str, Own] = {}
        self.mode: GpuPidMode = "unknown"

    def look(self, boards: Iterable[Board]) -> None:
        """Fill ``by_target``: what is ours, by the UUID of each GPU and slice."""
        boards = [board for board in boards if not board.refusal]
        lists = [x for board in boards for x in (board.listed, *(s.listed for s in board.slices))]
        named = {pid for listed in lists for pid in listed}
        self.mode = self._mode(named)
        for board in boards:
            self._board(board, {pid for s in board.slices for pid in s.listed})

    def _mode(self, named: set[int]) -> GpuPidMode:
        if not named:
            return "none" if self._files else "unknown"
        return "namespaced" if self._stage.lists and named & self._files.keys() else "host"

    def _board(self, board: Board, in_slices: set[int]) -> None:
        for one in board.slices:
            own = self._own(one.listed, {}, one.memory, None, set())
            own = _unless_refused(own, one.missing)
            own.missing.pop("memory_others", None)  # told of whole GPUs alone
            self.by_target[one.uuid] = own
        on_it = {pid for pid, gpus in self._files.items() if board.minor in gpus}
        unlisted = on_it - in_slices - board.listed.keys()
        if self._trusted and self._answered(board):
            # The driver lists all that have memory; a forked worker has but inherited the file.
            # One that was left behind keeps what its parent took, though the driver says nothing.
            unlisted = {pid for pid in unlisted if self._kind(pid)[0] == "orphan"}
        own = self._own(board.listed, board.work, board.memory, board.utilisation, unlisted)
        own = _unless_refused(own, board.slow_missing)
        if board.memory_kind == "coherent" and own.others is not None:
            own = own._replace(
                others=None, missing={**own.missing, "memory_others": words.COHERENT}
            )
        # Who may see the whole finds there what is on its slices once more.
        alone = tuple(one for one in own.processes if one.pid not in in_slices)
        self.by_target[board.uuid] = own._replace(processes=alone)

    @staticmethod
    def _answered(board: Board) -> bool:
        """The driver lists processes, of the whole or of the slices that are here."""
        return "processes" not in board.slow_missing or any(
            "processes" not in one.missing for one in board.slices
        )

    @property
    def _trusted(self) -> bool:
        return self._stage.lists and self._stage.memory and self.mode != "host"

    def _own(
        self,
        listed: pids.Listed,
        work: Mapping[int, float],
        memory: tuple[int, int, int | None] | None,
        utilisation: float | None,
        unlisted: set[int],
    ) -> Own:
        ours = [pid for pid in listed if pid in self._files] if self._stage.lists else []
        quiet = utilisation is not None and utilisation <= IDLE
        found = [self._process(pid, listed[pid], self._share(pid, work, quiet)) for pid in ours]
        unlisted |= {p for p in listed if p in self._files} if not self._stage.lists else set()
        found += [self._unlisted(pid) for pid in unlisted]
        found.sort(key=lambda p: (-(p.memory or 0), p.pid))
        missing: dict[str, str] = {}
        own = _sum(found, missing)
        if own == 0 and listed:
            own = None
            missing["memory_own"] = words.HOST_PIDS if self.mode == "host" else words.NOT_OURS
        return Own(tuple(found), own, _others(own, memory, missing), missing)

    def _share(self, pid: int, work: Mapping[int, float], quiet: bool) -> tuple[float | None, str]:
        if not self._stage.work:
            return None, words.UTILISATION_PIDS
        if pid in work:
            return work[pid], ""
        # The driver tells of those alone that did something.
        return (0.0, "") if work or quiet else (None, words.NO_SAMPLE)

    def _process(self, pid: int, memory: int | None, share: tuple[float | None, str]) -> GpuProcess:
        missing = {"utilisation": share[1]} if share[1] else {}
        if not self._stage.memory:
            memory = None
        if memory is None:
            missing["memory"] = words.PID_NAMESPACE if not self._stage.memory else words.NOT_LISTED
        return self._made(pid, memory, share[0], missing)

    def _unlisted(self, pid: int) -> GpuProcess:
        why = words.NOT_LISTED if self._stage.lists and self.mode != "host" else words.HOST_PIDS
        return self._made(pid, None, None, {"memory": why, "utilisation": why})

    def _made(
        self, pid: int, memory: int | None, share: float | None, missing: dict[str, str]
    ) -> GpuProcess:
        one = self._table[pid]
        kind, family = self._kind(pid)
        said = processes.variables(pid, (VISIBLE,), self._proc_root)
        return GpuProcess(
            pid=pid,
            start_ticks=one.start_ticks,
            command=servers.shown(one.command) or one.name,
            memory=memory,
            confidence="unknown" if memory is None else "exact",
            utilisation=share,
            holder=kind,
            source=family.source if kind in ("kernel", "orphan") else None,
            name=family.name,
            can_end=kind == "orphan" and self._is_mine(pid),
            visible_devices=said.get(VISIBLE),
            missing=missing,
        )

    def _is_mine(self, pid: int) -> bool:
        return processes.uid(pid, self._proc_root) == os.getuid()

    def _kind(self, pid: int) -> tuple[GpuHolderKind, Family]:
        family = self._families.of(pid)
        if family.kind != "other":
            return family.kind, family
        one = self._table[pid]
        if files.terminal(pid, self._proc_root):
            return "terminal", family
        return ("orphan" if _left(one, self._table) else "pod"), family


def orphan(pid: int, start_ticks: int, proc_root: Path = processes.PROC) -> bool:
    """Whether this very process still holds a GPU, is ours, and belongs to nobody."""
    found = Whose(None, proc_root, "")
    one = found._table.get(pid)
    if one is None or one.start_ticks != start_ticks or not found._is_mine(pid):
        return False
    return pid in found._files and found._kind(pid)[0] == "orphan"


def sharing(board: Board, own: Own) -> GpuSharing:
    """Who else may compute on it. Whoever was once seen there may come again."""
    if own.others is not None and own.others > SHARED_FROM:
        board.shared = True
    if board.mig_enabled:
        return "mig"
    if MPS:
        return "mps"
    if board.shared:
        return "time_sliced_or_shared"
    return "unknown" if own.others is None else "exclusive"


def _unless_refused(own: Own, missing: Mapping[str, str]) -> Own:
    """The memory of those who are not listed is not 0."""
    if "processes" not in missing:
        return own
    why = missing["processes"]
    return Own(own.processes, None, None, {"memory_own": why, "memory_others": why})


def _left(one: Process, table: Mapping[int, Process]) -> bool:
    """Whoever started it has ended: its session has no leader any more."""
    leader = table.get(one.session)
    return one.session != one.pid and not (leader and leader.command)


def _sum(found: list[GpuProcess], missing: dict[str, str]) -> int | None:
    known = [p.memory for p in found if p.memory is not None]
    if len(known) < len(found):
        why = next(p.missing["memory"] for p in found if p.memory is None)
        missing["memory_own"] = why
        return None
    return sum(known)


def _others(
    own: int | None, memory: tuple[int, int, int | None] | None, missing: dict[str, str]
) -> int | None:
    if memory is None or own is None:
        missing["memory_others"] = words.USED_UNKNOWN if memory is None else words.OTHERS_UNKNOWN
        return None
    _, used, reserved = memory
    if reserved is None:
        missing["memory_others"] = words.RESERVE_UNKNOWN
        return None
    return max(0, used - reserved - own)
