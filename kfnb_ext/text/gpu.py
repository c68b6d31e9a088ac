"""GPUs as a person reads them in a terminal: what there is, who holds it, what is not known.

Rule: an unknown figure is a mark in its column, and below the table stands why, once.
"""

from collections.abc import Callable
from datetime import datetime

from kfnb_ext.model.gpu import Gpu, GpuEnded, GpuHolder, GpuProcess, Gpus, MigSlice
from kfnb_ext.text import tables, units

HEAD = ("GPU", "NAME", "MEMORY", "OURS", "OTHERS", "BUSY", "TEMP", "POWER")
HELD = ("HELD BY", "PID", "GPU", "MEMORY", "BUSY", "IDLE FOR")
SHARING = {
    "exclusive": "nobody else is on it",
    "mig": "cut into slices (MIG)",
    "time_sliced_or_shared": "shared: others are on it too",
    "mps": "shared through MPS, which limits your memory below what is shown",
    "unknown": "not known whether it is shared",
}
KINDS = {"kernel": "", "terminal": "terminal: ", "server": "server: ", "pod": "", "orphan": ""}
AT_LEAST = "≥"


class Notes:
    """Numbers the reasons in the order in which they are first met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def cell(self, shown: str | None, reason: str | None) -> str:
        """The figure, or a mark that leads to its reason."""
        if shown is not None:
            return shown
        if not reason:
            return "-"
        return f"? {self._numbers.setdefault(reason, len(self._numbers) + 1)})"

    def lines(self) -> list[str]:
        """The reasons with their numbers."""
        return [f"{number}) {text}" for text, number in self._numbers.items()]


def text(reading: Gpus, now: datetime) -> str:
    """All of it."""
    notes = Notes()
    rows = [row for one in reading.gpus for row in _rows(one, notes)]
    parts = [tables.table(HEAD, rows, "OURS OTHERS BUSY TEMP POWER"), *_states(reading, now)]
    held = _held(reading, now, notes)
    if held:
        parts += ["", tables.table(HELD, held, "PID MEMORY BUSY")]
    orphans = [one for one in reading.holders if one.kind == "orphan"]
    if orphans:
        pid = orphans[0].pids[0]
        parts.append(
            f"Nobody's: what is left of something that ended. End it: kfnb gpu --end {pid}"
        )
    parts += ["", *notes.lines(), *reading.notes, _driver(reading)]
    return "\n".join(parts).replace("\n\n\n", "\n\n").rstrip()


def ended(record: GpuEnded) -> str:
    """What became of a process."""
    return f"{units.plain(record.command)} (pid {record.pid}): {record.message}"


def brief(reading: Gpus) -> str:
    """One line for each GPU and slice, within a status."""
    lines = []
    for one in reading.gpus:
        name = f"{one.index}: {units.plain(one.name)}"
        parts = [] if one.slices else _brief(one, one.missing, one.utilisation, "utilisation")
        if shared := _shared_with_the_pod(one):
            parts[0] += shared
        if one.temperature_c is not None:
            parts.append(f"{one.temperature_c} °C")
        if one.power_milliwatts is not None:
            parts.append(f"{one.power_milliwatts / 1000:.0f} W")
        lines.append(", ".join([name, *parts]))
        for part in one.slices:
            share = part.activity.sm if part.activity else None
            figures = _brief(part, part.missing, share, "activity")
            lines.append(", ".join([f"   {_slice_name(part)}", *figures]))
    return "\n".join(lines) or "none"


def _brief(
    one: Gpu | MigSlice, missing: dict[str, str], share: float | None, field: str
) -> list[str]:
    if one.memory_used is not None and one.memory_total is not None:
        memory = units.share(one.memory_used, one.memory_total)
    else:
        memory = units.known(one.memory_used, units.size, missing, "memory_used")
    return [f"memory {memory}", f"busy {units.known(share, units.percent, missing, field)}"]


def _rows(one: Gpu, notes: Notes) -> list[tuple[str, ...]]:
    cell, missing = notes.cell, one.missing
    watts = None
    if one.power_milliwatts is not None:
        limit = one.power_limit_milliwatts
        most = f" of {limit / 1000:.0f}" if limit else ""
        watts = f"{one.power_milliwatts / 1000:.0f}{most} W"
    whole = (
        str(one.index),
        units.plain(one.name),
        cell(_memory(one), missing.get("memory_used")) + _shared_with_the_pod(one),
        _size(one.memory_own, missing.get("memory_own"), notes),
        _size(one.memory_others, missing.get("memory_others"), notes),
        cell(_form(one.utilisation, units.percent), missing.get("utilisation")),
        cell(_form(one.temperature_c, lambda c: f"{c} °C"), missing.get("temperature_c")),
        cell(watts, missing.get("power_milliwatts")),
    )
    return [whole, *(_slice(part, notes) for part in one.slices)]


def _slice(one: MigSlice, notes: Notes) -> tuple[str, ...]:
    busy = one.activity.sm if one.activity else None
    return (
        "",
        f"  {_slice_name(one)}",
        notes.cell(_memory(one), one.missing.get("memory_used")),
        _size(one.memory_own, one.missing.get("memory_own"), notes),
        "-",  # a slice is one pod's
        notes.cell(_form(busy, units.percent), one.missing.get("activity")),
        "",
        "",
    )


def _slice_name(one: MigSlice) -> str:
    parts = f", {one.multiprocessors} SMs" if one.multiprocessors else ""
    return f"slice {one.profile or '?'} in slot {one.slot}{parts}"


def _states(reading: Gpus, now: datetime) -> list[str]:
    lines = []
    for one in reading.gpus:
        said = [SHARING[one.sharing]] if one.state == "ok" else [f"state: {one.state}"]
        if one.throttling:
            said.append("held back: " + ", ".join(one.throttling))
        if one.ecc_uncorrected:
            said.append(units.count(one.ecc_uncorrected, "memory error") + " not corrected")
        if one.xid is not None:
            when = f" at {units.moment(one.xid_at, now)}" if one.xid_at else ""
            said.append(f"error {one.xid} (Xid){when}")
        if one.pcie_rx is not None and one.pcie_tx is not None:
            said.append(f"PCIe {units.size(one.pcie_rx)}/s in, {units.size(one.pcie_tx)}/s out")
        lines.append(f"GPU {one.index}: {'; '.join(said)}")
    return lines


def _held(reading: Gpus, now: datetime, notes: Notes) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    where = _where(reading)
    for one in reading.holders:
        memory = _form(one.memory, units.size)
        if memory and one.confidence == "lower_bound":
            memory = f"{AT_LEAST} {memory}"
        rows.append(
            (
                _name(one),
                ",".join(map(str, one.pids)),
                ",".join(dict.fromkeys(place for pid in one.pids for place in where.get(pid, ()))),
                notes.cell(memory, one.missing.get("memory")),
                notes.cell(_form(one.utilisation, units.percent), one.missing.get("utilisation")),
                _idle(one, now, notes),
            )
        )
    return rows


def _where(reading: Gpus) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}

    def add(processes: tuple[GpuProcess, ...], place: str) -> None:
        for process in processes:
            found.setdefault(process.pid, []).append(place)

    for one in reading.gpus:
        add(one.processes, str(one.index))
        for part in one.slices:
            add(part.processes, f"{one.index}/{part.slot}")
    return found


def _name(one: GpuHolder) -> str:
    name = KINDS[one.kind] + units.plain(one.name)
    return f"{name} (nobody's)" if one.kind == "orphan" else name


def _idle(one: GpuHolder, now: datetime, notes: Notes) -> str:
    if one.idle_since is None:
        return notes.cell(None, one.missing.get("idle_since"))
    return units.span((now - one.idle_since).total_seconds())


def _memory(one: Gpu | MigSlice) -> str | None:
    if one.memory_total is None:
        return None
    if one.memory_used is None:
        return None
    return units.share(one.memory_used, one.memory_total)


def _shared_with_the_pod(one: Gpu) -> str:
    """What a GPU without memory of its own has together with the pod."""
    unified = one.memory_kind == "unified" and one.memory_total is not None
    return f" of {units.size(one.memory_total or 0)}" if unified else ""


def _size(value: int | None, reason: str | None, notes: Notes) -> str:
    return notes.cell(_form(value, units.size), reason)


def _form(value: float | None, form: Callable[[float], str]) -> str | None:
    return None if value is None else form(value)


def _driver(reading: Gpus) -> str:
    versions = [f"driver {reading.driver_version}"] if reading.driver_version else []
    versions += [f"NVML {reading.nvml_version}"] if reading.nvml_version else []
    return ", ".join(versions)
