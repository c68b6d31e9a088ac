"""What fills the pod as a person reads it in a terminal.

Rule: a figure that is not known says why; advice ends with the patch to copy, never applied.
"""

from collections.abc import Sequence
from datetime import datetime

from kfnb_ext.model import filling as model
from kfnb_ext.model.advice import Advice
from kfnb_ext.model.limits import Limits, Pressure
from kfnb_ext.model.shm import Cleared, Holder, Leftover, Need, Shm
from kfnb_ext.model.volumes import Volume, Volumes
from kfnb_ext.text import status, tables, units

ORIGINS = {
    "runtime_default": "the runtime's default",
    "empty_dir": "a memory volume with a size of its own",
    "empty_dir_unbounded": "a memory volume without a size of its own",
    "node_half": "half of the node's memory",
    "host": "the machine's",
    "unknown": "unknown",
}
KINDS = {"kernel": "notebook", "server": "server", "orphan": "ORPHAN of", "other": "program"}
BAR = 20


def of(advice: Sequence[Advice], section: str) -> list[Advice]:
    """The advice for one section."""
    return [one for one in advice if one.section == section]


def shm(one: Shm, advice: Sequence[Advice]) -> str:
    """/dev/shm, its holders and what was left."""
    rows = [
        ("Used", units.share(one.used, one.total)),
        ("Provided", ORIGINS[one.origin]),
        ("Memory", _counts(one)),
        ("Listed", units.known(one.listed, units.size, one.missing, "listed")),
        ("Hidden", units.known(one.hidden, units.size, one.missing, "hidden")),
    ]
    if one.fills and one.fills > 0:
        rows.append(("Fills", f"{units.size(one.fills)} a second"))
    rows.append(("Held by", _holders(one)))
    if one.leftovers:
        rows.append(("Left over", "\n".join(map(_leftover, one.leftovers))))
    text = tables.fields(rows)
    if any(holder.kind == "orphan" for holder in one.holders or ()):
        text += "\n\nOrphans: what killed kernels have left. `kfnb shm --end` ends them."
    if any(not left.refused for left in one.leftovers or ()):
        text += "\n\nNobody uses these files: `kfnb shm --clear` removes what is known."
    return text + _advice(advice)


def _counts(one: Shm) -> str:
    if one.counts_against_memory is None:
        return units.known(None, str, one.missing, "counts_against_memory")
    return "counts against the limit" if one.counts_against_memory else "no limit is set"


def _holders(one: Shm) -> str:
    rows = [
        (
            units.known(h.bytes, units.size, {}, ""),
            f"{KINDS[h.kind]} {units.plain(h.name)}",
            f"{units.count(len(h.tasks), 'process', 'processes')}, {units.size(h.memory)} memory",
        )
        for h in one.holders or ()
    ]
    said = f"unknown in part ({one.missing['holders']})" if "holders" in one.missing else ""
    return (
        "\n".join(filter(None, [tables.align(rows, [True, False, False]) if rows else "", said]))
        or "nobody"
    )


def _leftover(one: Leftover) -> str:
    why = f" ({one.refused})" if one.refused else ""
    maker = f", of {one.maker}" if one.maker else ""
    return f"{units.size(one.bytes)}  {units.plain(one.name)}{maker}, {units.span(one.age)}{why}"


def cleaning(orphans: Sequence[Holder], left: Sequence[Leftover]) -> str:
    """What is about to be ended and removed."""
    lines = []
    for holder in orphans:
        lines.append(f"End what {units.plain(holder.name)} has left:")
        lines += [f"  {task.pid}  {units.plain(task.command)}" for task in holder.tasks]
    if left:
        lines.append("Remove from /dev/shm:")
        lines += [f"  {_leftover(one)}" for one in left]
    return "\n".join(lines)


def cleaned(ended: Cleared | None, cleared: Cleared | None) -> str:
    """What was ended and removed, and what was not."""
    lines = []
    if ended:
        lines.append(f"{units.count(len(ended.done), 'process', 'processes')} ended.")
    if cleared:
        count = units.count(len(cleared.done), "file")
        lines.append(f"{count} removed, {units.size(cleared.freed)} free again.")
    for one in filter(None, (ended, cleared)):
        lines += [f"Left: {units.plain(name)}: {why}" for name, why in one.left.items()]
    return "\n".join(lines)


def need(one: Need, patch: str = "") -> str:
    """Whether a loader fits, and the patch with which it would."""
    if not one.workers:
        return "It has no workers, so nothing passes through /dev/shm."
    parts = f"({one.workers} workers x {one.prefetch} prefetched + 2) x {units.size(one.batch)}"
    text = f"It needs {units.size(one.need)} of /dev/shm: {parts}.\n"
    if one.fits:
        return text + f"It fits: {units.size(one.free)} of {units.size(one.total)} are free."
    if one.need <= one.total:
        return text + f"It does not fit now: {units.size(one.free)} are free. `kfnb shm` says why."
    text += f"It does not fit: /dev/shm has {units.size(one.total)}. Fewer workers or a smaller "
    text += "prefetch_factor need less."
    return f"{text}\n\n{patch}".rstrip() if patch else text


def limits(one: Limits, advice: Sequence[Advice], now: datetime) -> str:
    """Memory, CPU, processes, pressure, and what was killed."""
    rows = status.limits_rows(one)
    rows.append(("Peak", units.known(one.memory_peak, units.size, one.missing, "memory_peak")))
    rows.append(("Swap", units.known(one.swap_used, units.size, one.missing, "swap_used")))
    if one.swap_used is not None:
        rows[-1] = ("Swap", _swap(one.swap_used, one.swap_limit))
    for name in ("memory", "cpu", "io"):
        found = units.known(
            getattr(one, f"{name}_pressure"), _waits, one.missing, f"{name}_pressure"
        )
        rows.append((f"Waited ({name})", found))
    for kill in one.kills:
        rows.append(
            ("Killed", f"{units.moment(kill.at, now)}  the kernel of {units.plain(kill.name)}")
        )
    return tables.fields(rows) + _advice(advice)


def _swap(used: int, limit: int | None) -> str:
    if limit == 0:
        return "none: what does not fit into the memory is killed"
    return units.size(used) if limit is None else units.share(used, limit)


def _waits(one: Pressure) -> str:
    text = f"{units.percent(one.some_60s)} of the last minute"
    return text if one.full_60s is None else f"{text}, all at once {units.percent(one.full_60s)}"


def volumes(one: Volumes, advice: Sequence[Advice], now: datetime) -> str:
    """Each volume with what a person must know of it."""
    blocks = [
        f"{units.plain(v.mount)}\n{tables.fields(_volume(v, now), '  ')}" for v in one.volumes
    ]
    return "\n".join(blocks) + _advice(advice)


def _volume(one: Volume, now: datetime) -> list[tuple[str, str]]:
    kept = {True: "yes", False: "NO: lost at a restart", None: "cannot be told from inside"}
    scopes = {
        "own": "this volume's own",
        "shared": "of more that others fill too",
        "unknown": "this volume's, or of a whole export",
    }
    rows = [("Room", status.room(one)), ("Kind", f"{one.filesystem}, {one.kind.replace('_', ' ')}")]
    if one.claim:
        rows.append(("Claim", units.plain(one.claim)))
    rows += [("Kept", kept[one.survives_restart]), ("Figures", scopes[one.scope])]
    if one.forecast:
        rate = units.size(one.forecast.rate * 3600)
        rows.append(("Full", f"about {units.moment(one.forecast.full_at, now)} ({rate} an hour)"))
    flags = [
        ("read-only", one.read_only),
        ("does not answer", one.stale),
        ("the workspace", one.is_workspace),
        ("the home", one.holds_home),
    ]
    if said := ", ".join(word for word, holds in flags if holds):
        rows.append(("Is", said))
    return rows


def filling(one: model.Filling, most: int) -> str:
    """One folder with bars, the known caches, and the largest files."""
    where = units.plain(one.path) if one.path else units.plain(one.top)
    text = f"{where}: {units.size(one.bytes)} in {units.count(one.files, 'file')}\n"
    text += _items(one.items[:most], one.bytes)
    if one.caches:
        rows = [
            (units.size(c.bytes), _named(c), c.cache.cost if c.cache else "")
            for c in one.caches[:most]
        ]
        text += "\n\nWhat tools have made, and what deleting it costs:\n" + tables.align(
            rows, [True, False, False]
        )
    if one.largest:
        rows_ = [(units.size(f.bytes), units.plain(f.path)) for f in one.largest[:10]]
        text += "\n\nThe largest files:\n" + tables.align(rows_, [True, False])
    if one.unreadable:
        text += f"\n\n{units.count(one.unreadable, 'folder')} may not be read and are not counted."
    if one.other_filesystems:
        count = units.count(one.other_filesystems, "folder")
        text += f"\n\nOther volumes are mounted below {count}; they are not counted here."
    if one.trash:
        text += f"\n\nThe trash holds {units.size(one.trash)}: `kfnb du --empty-trash` frees it."
    return text


def _named(one: model.Item) -> str:
    return f"{one.name}, in other folders" if one.kind == "rest" else units.plain(one.path)


def _items(items: Sequence[model.Item], whole: int) -> str:
    rows = []
    for item in items:
        share = item.bytes / whole if whole else 0.0
        filled = round(share * BAR)
        name = (
            units.plain(item.name)
            if item.kind != "rest"
            else units.count(item.files, "smaller file")
        )
        mark = "/" if item.kind == "directory" else ""
        rows.append(
            (units.size(item.bytes), f"{'#' * filled:<{BAR}}", units.percent(share), name + mark)
        )
    return tables.align(rows, [True, False, True, False]) if rows else "  empty"


def _advice(advice: Sequence[Advice]) -> str:
    parts = [
        f"\n\n{one.title}.\n{one.text}" + (f"\n\n{one.patch}".rstrip() if one.patch else "")
        for one in advice
    ]
    return "".join(parts)
