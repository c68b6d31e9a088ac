"""What a person reads as a reason.

Rule: who, then what, with its figure: "terminal 2: `python train.py` used 96 % of a core".
"""

from typing import TYPE_CHECKING

from kfnb_ext.model.activity import ActivityPolicy
from kfnb_ext.probes.usage import Work

if TYPE_CHECKING:
    from kfnb_ext.services.evidence import Kernel

STATES = {
    "busy": "is busy",
    "starting": "is starting",
    "restarting": "is restarting",
    "autorestarting": "is restarting",
    "dead": "is dead, which the cluster takes for busy",
}


def kernel(one: "Kernel") -> str:
    """What a kernel does or did."""
    if one.state == "idle":
        return f"kernel {one.name} was used"
    if one.waits_for_input:
        return f"kernel {one.name} waits for an answer to input()"
    state = STATES.get(one.state, f"is in the state {one.state!r}, which is taken for busy")
    return f"kernel {one.name} {state}"


def work(one: Work, of: "Kernel | None", policy: ActivityPolicy) -> str:
    """What processes did."""
    did = _cpu(one.cpu) if one.cpu >= policy.process_cpu or not one.io else _io(one.io)
    if one.kind == "terminal":
        return f"terminal {one.source}: `{one.command}` {did}"
    if one.kind == "pod":
        return f"`{one.command}` (process {one.pid}) {did}"
    name = of.name if of else one.source
    if not one.itself:
        return f"kernel {name}: `{one.command}` {did}"
    background = of is not None and of.state == "idle"
    return f"kernel {name}: work in the background {did}" if background else f"kernel {name} {did}"


def hours(seconds: float) -> str:
    """A length of time: "2 h 30 min", "45 min"."""
    minutes = round(seconds / 60)
    full, rest = divmod(minutes, 60)
    return " ".join(
        [*([f"{full} h"] if full else []), *([f"{rest} min"] if rest or not full else [])]
    )


def _cpu(cores: float) -> str:
    if cores < 1.005:
        return f"used {max(round(cores * 100), 1)} % of a core"
    return f"used {cores:.1f} cores"


def _io(rate: int) -> str:
    return f"moved {rate / 1e6:.1f} MB per second"
