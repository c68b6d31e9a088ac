"""What frameworks in kernels know of their memory: small files that kernels leave.

Rule: no message goes to a kernel. A file of a process that has ended, or whose number another has
by now, is removed and not believed.
"""

import msgspec

from kfnb_ext import state
from kfnb_ext.model.gpu import FrameworkUse
from kfnb_ext.probes import processes

FOLDER = "frameworks"


def leave(where: state.State, use: FrameworkUse) -> None:
    """Leave what this process knows. Raises: EngineFailed when the folder cannot be used."""
    where.write(f"{FOLDER}/{use.pid}", msgspec.json.encode(use))


def take_back(where: state.State, pid: int) -> None:
    """This process knows nothing any more."""
    where.remove(f"{FOLDER}/{pid}")


def read(where: state.State) -> dict[int, FrameworkUse]:
    """What all processes that live have left."""
    found = {}
    for name in where.names(FOLDER):
        use = _one(where, name)
        if use is None:
            where.remove(name)
        else:
            found[use.pid] = use
    return found


def _one(where: state.State, name: str) -> FrameworkUse | None:
    data = where.read(name)
    try:
        use = msgspec.json.decode(data, type=FrameworkUse) if data else None
    except msgspec.MsgspecError:  # of another version of ours
        return None
    now = processes.one(use.pid) if use else None
    return use if use and now and now.start_ticks == use.start_ticks else None
