"""What a cell did to the GPUs, as a few lines.

Rule: what could not be measured says why, in its own place.
"""

from kfnb_ext.model.gpu import Framework, GpuCell, GpuCellUse
from kfnb_ext.text import units


def report(record: GpuCell) -> str:
    """The report below a cell."""
    if not record.gpus:
        return f"%%gpu: {record.reason or 'There is no GPU.'} The cell took {_time(record)}."
    blocks = [_use(one, record) for one in record.gpus]
    blocks += [f"  {one.name:<9}{_framework(one)}" for one in record.frameworks]
    if record.shm_peak is not None and record.shm_total:
        blocks.append(f"  /dev/shm peak {units.share(record.shm_peak, record.shm_total)}")
    return "\n".join(blocks)


def _time(record: GpuCell) -> str:
    return f"{record.seconds:.2f} s" if record.seconds < 100 else units.span(record.seconds)


def _use(one: GpuCellUse, record: GpuCell) -> str:
    lines = [f"{one.name}   {_time(record)}", f"  memory   {_memory(one)}"]
    known = units.known(one.share_mean, units.percent, one.missing, _field(one))
    most = f", most {units.percent(one.share_most)}" if one.share_most is not None else ""
    count = f" ({units.count(record.readings, 'look')})" if one.share_mean is not None else ""
    lines.append(f"  busy     {known}{most}{count}")
    board = []
    if one.power_milliwatts is not None:
        board.append(f"{one.power_milliwatts / 1000:.0f} W")
    if one.energy_joules is not None:
        board.append(f"{one.energy_joules:,.0f} J")
    if one.throttling:
        board.append("held back: " + ", ".join(one.throttling))
    if board:
        lines.append(f"  board    {', '.join(board)}")
    return "\n".join(lines)


def _field(one: GpuCellUse) -> str:
    return "utilisation" if "utilisation" in one.missing else "activity"


def _memory(one: GpuCellUse) -> str:
    parts = []
    if one.own_before is not None and one.own_after is not None:
        parts.append(f"this kernel {_step(one.own_before, one.own_after)}")
    elif "memory_own" in one.missing:
        parts.append(f"this kernel {units.known(None, units.size, one.missing, 'memory_own')}")
    if one.before is not None and one.after is not None:
        whole = f" of {units.size(one.memory_total)}" if one.memory_total else ""
        parts.append(f"all {_step(one.before, one.after)}{whole}")
    if one.peak is not None:
        parts.append(f"peak {units.size(one.peak)}")
    if one.others:
        parts.append(f"others {units.size(one.others)}")
    return ", ".join(parts) or units.known(None, units.size, one.missing, "memory_used")


def _step(before: int, after: int) -> str:
    return f"{units.size(before)} → {units.size(after)}"


def _framework(one: Framework) -> str:
    parts = [f"{one.device} allocated {units.size(one.allocated)}"]
    if one.reserved is not None:
        parts.append(f"reserved {units.size(one.reserved)}")
    if one.peak is not None:
        parts.append(f"peak {units.size(one.peak)}")
    return ", ".join(parts)
