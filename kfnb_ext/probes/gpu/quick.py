"""A look at figures that change within a cell, ten times a second, at the price of the calls.

Rule: no process is looked at and no record is built here; whose it is, the whole reading tells.
"""

from typing import NamedTuple

from kfnb_ext.probes.gpu.board import Board
from kfnb_ext.probes.nvml import NvmlError


class Quick(NamedTuple):
    """One GPU or slice at one moment."""

    uuid: str
    memory: int | None  # bytes in use by everybody
    share: float | None  # of the time in which it computed
    power: int | None  # milliwatts, of the board


def of(board: Board) -> list[Quick]:
    """The GPU, and each of its slices."""
    board.look(slow=False, pcie=False)
    watts = None if board.refusal else _number(board, "nvmlDeviceGetPowerUsage")
    used = board.memory[1] if board.memory else None
    found = [Quick(board.uuid, used, board.utilisation, watts)]
    for part in board.slices:
        used = part.memory[1] if part.memory else None
        found.append(Quick(part.uuid, used, part.activity.sm if part.activity else None, None))
    return found


def energy(board: Board) -> int | None:
    """Millijoules since the driver was loaded, of the board."""
    return None if board.refusal else _number(board, "nvmlDeviceGetTotalEnergyConsumption")


def _number(board: Board, name: str) -> int | None:
    try:
        return int(board.door.call(name, board.handle))
    except NvmlError:
        return None
