"""The status as a person reads it in a terminal.

Rule: each reading that could not be had says why and what to do, in its own place.
"""

from datetime import datetime

from kfnb_ext.model import activity, gpu, limits, shm, volumes
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.model.status import Status
from kfnb_ext.text import gpu as gpu_text
from kfnb_ext.text import operations, tables, units, use

KINDS = {"network": "network", "block": "block device", "node_local": "on the node's own disk"}
KINDS |= {"empty_dir": "emptyDir", "memory": "in memory", "container_layer": "container layer"}
KINDS |= {"host": "of the host"}


def text(status: Status, now: datetime) -> str:
    """The whole status; ``now`` gives ages and decides which times need a date."""
    rows = [("Workspace", units.plain(status.workspace) + _forbidden(status))]
    rows += _culling(status, now) + limits_rows(status.limits)
    rows += [("/dev/shm", _shm(status.shm)), ("Volumes", _volumes(status.volumes))]
    rows.append(("GPUs", _gpus(status.gpus)))
    if status.advice:
        titles = [units.plain(one.title) for one in status.advice]
        commands = sorted({one.section for one in status.advice})
        rows.append(
            ("Advice", "\n".join([*titles, "See " + ", ".join(f"`kfnb {c}`" for c in commands)]))
        )
    if status.operations:
        lines = [operations.line(one, now) for one in status.operations]
        rows.append(("Operations", "\n".join(lines)))
    return f"{_use(status.activity, now)}\n\n{tables.fields(rows)}"


def _forbidden(status: Status) -> str:
    if status.read_only:
        return " (read-only: the site forbids every change)"
    return "" if status.snapshots_enabled else " (the site has switched snapshots off)"


def _use(reading: activity.Activity | Unavailable, now: datetime) -> str:
    if isinstance(reading, Unavailable):
        return _unavailable(reading, "Use is not known")
    since = units.moment(reading.since, now)
    idle = units.span((now - reading.since).total_seconds())
    text = f"In use since {since}" if reading.in_use else f"Idle for {idle}, since {since}"
    if reading.reasons:
        text += ": " + "; ".join(units.plain(reason.text) for reason in reading.reasons)
    if reading.unknown:
        text += "\nNot known: " + "; ".join(map(units.plain, reading.unknown))
    return text


def _culling(status: Status, now: datetime) -> list[tuple[str, str]]:
    rows, reading, kept = [], status.culling, status.keep_awake
    if kept:
        rows.append(("Kept awake", use.until(kept, now)))
    if isinstance(reading, Unavailable):
        # No server has told of either: the use says so already.
        return rows if reading == status.activity else [*rows, ("Culling", _unavailable(reading))]
    stops, lines = reading.forecast.stops_at, [reading.forecast.text, reading.forecast.hint]
    if stops:
        left = units.span((stops - now).total_seconds())
        lines[0] = f"stops at {units.moment(stops, now)}, in {left}. {reading.forecast.text}"
    return [*rows, ("Culling", "\n".join(units.plain(line) for line in lines if line))]


def _unavailable(reading: Unavailable, what: str = "unavailable") -> str:
    hint = f"\n{units.plain(reading.hint)}" if reading.hint else ""
    return f"{what}: {units.plain(reading.reason)}{hint}"


def limits_rows(reading: limits.Limits | Unavailable) -> list[tuple[str, str]]:
    """Memory, CPU and processes as rows."""
    if isinstance(reading, Unavailable):
        return [("Memory, CPU", _unavailable(reading))]
    rows = [("Memory", _memory(reading)), ("CPU", _cpu(reading))]
    if reading.processes is not None and reading.processes_limit is not None:
        rows.append(("Processes", f"{reading.processes:,} of {reading.processes_limit:,}"))
    return rows


def _memory(one: limits.Limits) -> str:
    used, limit, node = one.memory_working_set, one.memory_limit, one.node_memory_total
    if used is not None and limit is not None:
        text = units.share(used, limit)
    else:
        text = units.known(used, units.size, one.missing, "memory_working_set")
        said = one.missing.get("memory_limit", "")
        text += f", limit {units.size(limit)}" if limit is not None else _no_limit(said)
        if limit is None and node is not None:
            text += f"; the node has {units.size(node)}"
    text += _memory_levels(one)
    if one.oom_kills:
        text += f"\n{units.count(one.oom_kills, 'process', 'processes')} killed for want of memory"
    if one.kills:
        text += f", the last the kernel of {units.plain(one.kills[0].name)}"
    return text


def _memory_levels(one: limits.Limits) -> str:
    lines = []
    if one.memory_limit_set is not None:
        lines.append(f"the limit is {units.size(one.memory_limit_set)}: the node has less")
    if one.memory_high is not None:
        lines.append(f"slowed down from {units.size(one.memory_high)} on")
    if one.swap_used:
        of = f" of {units.size(one.swap_limit)}" if one.swap_limit else ""
        lines.append(f"{units.size(one.swap_used)}{of} swapped out")
    return "".join(f"\n{line}" for line in lines)


def _cpu(one: limits.Limits) -> str:
    used = units.known(one.cpu_usage_cores, units.cores, one.missing, "cpu_usage_cores")
    if one.cpu_limit_cores is not None:
        text = f"{used} of {one.cpu_limit_cores:g} cores"
    else:
        unlimited = _no_limit(one.missing.get("cpu_limit_cores", ""))
        text = f"{used} of {units.count(one.cpu_available_cores, 'core')}{unlimited}"
    if one.node_cpu_usage_cores is not None:
        text += f"; the node uses {units.cores(one.node_cpu_usage_cores)}"
    if one.cpu_throttled_ratio:
        text += f"; held back {units.percent(one.cpu_throttled_ratio)} of the time"
    return text


def _no_limit(reason: str) -> str:
    return f", limit unknown ({reason.rstrip('.')})" if reason else ", no limit"


def _shm(reading: shm.Shm | Unavailable) -> str:
    if isinstance(reading, Unavailable):
        return _unavailable(reading)
    text = units.share(reading.used, reading.total)
    if reading.hidden:
        text += f", of it {units.size(reading.hidden)} in deleted files"
    return text + (", counted as memory" if reading.counts_against_memory else "")


def _volumes(reading: volumes.Volumes | Unavailable) -> str:
    if isinstance(reading, Unavailable):
        return _unavailable(reading)
    rows = [(units.plain(one.mount), _volume(one)) for one in reading.volumes]
    return tables.align(rows, [False, False]) if rows else "none"


def _volume(one: volumes.Volume) -> str:
    kind = f"{one.filesystem}, {KINDS[one.kind]}" if one.kind in KINDS else one.filesystem
    marks = ["the workspace"] if one.is_workspace else []
    marks += [kind, *(["read-only"] if one.read_only else [])]
    if one.survives_restart is False:
        marks.append("lost at a restart")
    return f"{room(one)}  [{', '.join(marks)}]"


def room(one: volumes.Volume) -> str:
    """How full a volume is, in bytes and inodes."""
    if one.stale:
        return units.known(None, units.size, one.missing, "used") + ", it does not answer"
    if one.used is None or one.free is None:
        return units.known(None, units.size, one.missing, "used")
    # As `df` has it: blocks kept for root are neither used nor free.
    text = f"{units.size(one.free)} free, {units.share(one.used, one.used + one.free)} used"
    if one.inodes_total and one.inodes_free is not None:
        used = (one.inodes_total - one.inodes_free) / one.inodes_total
        text += f", inodes {units.percent(used)}"
    return text


def _gpus(reading: gpu.Gpus | Unavailable) -> str:
    if isinstance(reading, Unavailable):
        return _unavailable(reading)
    return gpu_text.brief(reading)
