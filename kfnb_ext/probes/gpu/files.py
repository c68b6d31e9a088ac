"""Who keeps a GPU open, by the device files of each process.

Rule: it works with every driver, and tells who, never how much. A process that has only asked for
figures (as we do) has the GPU open too, but not CUDA's own device: it holds nothing.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

# The beginning is left open: a link is told from the root of the process that opened it.
_GPU = re.compile(r"/dev/nvidia(\d+)$")
_CUDA = re.compile(r"/dev/nvidia-uvm$")


def holders(pids: Iterable[int], proc_root: Path) -> dict[int, frozenset[int]]:
    """The numbers of the GPUs (of their device nodes) that each process computes on."""
    found = {}
    for pid in pids:
        links = _links(f"{proc_root}/{pid}/fd")
        if any(_CUDA.search(link) for link in links):
            gpus = (_GPU.search(link) for link in links)
            found[pid] = frozenset(int(match[1]) for match in gpus if match)
    return found


def terminal(pid: int, proc_root: Path) -> bool:
    """Whether the process runs in a terminal that is still there."""
    try:
        stat = Path(f"{proc_root}/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[4] != "0"


def _links(folder: str) -> list[str]:
    found = []
    try:
        for name in os.listdir(folder):
            link = os.readlink(f"{folder}/{name}")
            if "/nvidia" in link:
                found.append(link)
    except OSError:  # it has ended, or is another user's
        pass
    return found
