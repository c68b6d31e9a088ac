"""``gpu``: the GPUs, who holds them, and an end to what nobody owns.

Rule: what needs two readings gets them, a second apart; nothing is ended without a confirmation.
"""

import argparse
import time
from datetime import datetime

from kfnb_ext import errors
from kfnb_ext.assembly import Pod
from kfnb_ext.commands.talk import Outcome, Talk, confirm
from kfnb_ext.model.gpu import Gpu, GpuEndRequest, GpuProcess, Gpus, MigSlice
from kfnb_ext.text import gpu as text

PATIENCE = 30.0  # seconds: a driver that nobody keeps awake takes one or two for each GPU
SECOND = 1.1  # seconds between two readings of activity


def gpu(pod: Pod, given: argparse.Namespace, talk: Talk) -> Outcome:
    """``gpu``"""
    reading = pod.gpus.read(PATIENCE)
    if given.end is not None:
        return _end(pod, given, talk, reading)
    if given.pcie:
        reading = pod.gpus.look(pcie=True)
    if _unripe(reading):
        time.sleep(SECOND)
        reading = pod.gpus.look(pcie=given.pcie)
    return Outcome(reading, text.text(reading, datetime.now().astimezone()))


def _unripe(reading: Gpus) -> bool:
    targets = _targets(reading)
    return any("two readings" in one.missing.get("activity", "") for one in targets)


def _end(pod: Pod, given: argparse.Namespace, talk: Talk, reading: Gpus) -> Outcome:
    from kfnb_ext.services.gpu import ending

    if pod.options.read_only:
        raise errors.Forbidden("The site forbids every change. Nothing was ended.")
    found = next((one for one in _processes(reading) if one.pid == given.end), None)
    if found is None or not found.can_end:
        raise errors.NotFound(
            f"No process {given.end} holds a GPU and belongs to nobody. Nothing was ended.",
            "See `kfnb gpu`: what is nobody's is marked so.",
        )
    what = f"End what nobody owns and holds a GPU:\n  pid {found.pid}: {found.command}"
    confirm(talk, given, what, "Kill it?" if given.force else "End it?")
    wish = GpuEndRequest(pid=found.pid, start_ticks=found.start_ticks, force=given.force)
    record = ending.end(wish)
    failure = None
    if not record.ended:
        hint = f"Kill it: kfnb gpu --end {found.pid} --force"
        failure = errors.Conflict("It was asked to end and still runs.", hint)
    return Outcome(record, text.ended(record), failure)


def _processes(reading: Gpus) -> list[GpuProcess]:
    return [process for one in _targets(reading) for process in one.processes]


def _targets(reading: Gpus) -> list[Gpu | MigSlice]:
    slices = [part for one in reading.gpus for part in one.slices]
    return [*reading.gpus, *slices]
