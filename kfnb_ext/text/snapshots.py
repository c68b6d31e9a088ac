"""Snapshots, restores and what is about to happen to them, as text.

Rule: before something changes, the text says what will be written, what will go and what stays.
"""

from collections.abc import Iterable

from kfnb_ext.model import retention, snapshots
from kfnb_ext.text import restores, tables, units

WAYS: dict[str, str] = {
    "new_notebook": "a new notebook beside this one",
    "data_volume": "a volume more",
}
SHOWN = 10  # paths that a preview names of each kind; --json names up to 1000

APART = "one after another: what was written between two cuts is in the later one alone."
REASONS = {
    "manual": "",
    "before_restore": "safety, before a restore",
    "before_undo": "safety, before an undo",
    "before_growth": "a growth was made from it",
    "schedule": "by schedule",
}


def listing(found: snapshots.SnapshotList) -> str:
    """All snapshots as a table, what the engines say, and the restores that can be undone."""
    seen = all(one.available or one.absent for one in found.engines)
    parts = ["There is no snapshot yet."] if seen and not found.snapshots else []
    parts += [_table(found.snapshots)] if found.snapshots else []
    parts += restores.listed(found.restores)
    told = [one for one in found.engines if len(found.engines) == 1 or not one.absent]
    parts.append("\n".join(map(_engine, told)))
    return "\n\n".join(parts)


def _table(found: tuple[snapshots.Snapshot, ...]) -> str:
    rows: list[tuple[str, ...]] = [
        (
            one.id,
            one.engine,
            units.date(one.created),
            "-" if one.files is None else f"{one.files:,}",
            _size(one.bytes_total),
            _size(one.bytes_added),
            title(one) + _mark(one),
        )
        for one in found
    ]
    head: tuple[str, ...] = ("ID", "ENGINE", "TAKEN", "FILES", "SIZE", "ADDED", "NAME")
    if len({one.engine for one in found}) < 2:  # then it says nothing
        head, rows = _without(head), [_without(row) for row in rows]
    return tables.table(head, rows, "FILES SIZE ADDED")


def _without(row: tuple[str, ...]) -> tuple[str, ...]:
    return row[:1] + row[2:]


def _mark(one: snapshots.Snapshot) -> str:
    """What keeps it from being relied upon."""
    marks: list[str] = [one.state] if one.state != "ready" else []
    marks += [] if one.complete else ["incomplete"]
    return f" ({', '.join(marks)})" if marks else ""


def title(one: snapshots.Snapshot) -> str:
    """What a person calls it: its name, or why it was taken."""
    return ", ".join(filter(None, [units.plain(one.name), REASONS.get(one.reason, one.reason)]))


def _engine(info: snapshots.EngineInfo) -> str:
    if not info.available:
        why = [f"Engine {info.engine}: unavailable:", units.plain(info.reason), info.hint]
        return "\n".join(filter(None, [" ".join(filter(None, why)), info.role.rstrip()]))
    said = ""
    if info.used is not None and info.allowed is not None:
        said = f": snapshots use {units.share(info.used, info.allowed)} that they may"
    elif info.used is not None:
        said = f": snapshots use {units.size(info.used)}"
    told = [f"Engine {info.engine}{said}.", units.plain(info.note)]
    against = f"No snapshot can be taken now: {units.plain(info.against)}" if info.against else ""
    return "\n".join(filter(None, [*told, against, info.role.rstrip()]))


def line(one: snapshots.Snapshot) -> str:
    """One snapshot on one line."""
    return "  ".join(filter(None, [one.id, units.date(one.created), _held(one), title(one)]))


def one(record: snapshots.Snapshot) -> str:
    """Everything about one snapshot."""
    why = REASONS.get(record.reason, record.reason) or "on request"
    rows = [
        ("Snapshot", record.id),
        ("Name", units.plain(record.name) or "(none)"),
        *([("Note", units.plain(record.note))] if record.note else []),
        ("Taken", f"{units.date(record.created)}, {why}"),
        ("Holds", _held(record)),
        *_added(record),
        ("Engine", record.engine + ("" if record.durable else " (lost together with its volume)")),
        ("Place", units.plain(record.place)),
        ("Left out", _left_out(record)),
    ]
    if not record.complete:
        rows.append(("Complete", "no: something that should be in it is not, see above"))
    if record.state != "ready":
        rows.append(("State", f"{record.state}: {units.plain(record.error) or 'not ready yet'}"))
    if not record.together:
        rows.append(("Together", APART))
    rows += [("Mind", units.plain(said)) for said in record.warnings]
    return tables.fields(rows)


def _added(record: snapshots.Snapshot) -> list[tuple[str, str]]:
    if record.volumes:
        lines = [_volume(part) for part in record.volumes]
        return [("Volumes", "\n".join(lines))]
    return [("Added", f"{_size(record.bytes_added)} on the volume")]


def _volume(part: snapshots.SnapshotVolume) -> str:
    size = "" if part.size is None else f", {units.size(part.size)}"
    state = "ready" if part.ready else "not ready"
    error = f": {units.plain(part.error)}" if part.error and not part.ready else ""
    return f"{part.claim} ({units.plain(part.mount)}{size}): {state}{error}"


def _left_out(record: snapshots.Snapshot) -> str:
    patterns = ", ".join(map(units.plain, record.excluded))
    lines = [f"by pattern: {patterns}"] if patterns else []
    lines += [f"{units.plain(one.path)}: {one.reason}" for one in record.left_out[:SHOWN]]
    more = record.left_out_count - min(SHOWN, len(record.left_out))
    lines += [f"and {more:,} more"] if more > 0 else []
    return "\n".join(lines) or "nothing"


def taken(record: snapshots.Snapshot) -> str:
    """What a create has made."""
    named = f' "{units.plain(record.name)}"' if record.name else ""
    added = "" if record.bytes_added is None else f", {units.size(record.bytes_added)} added"
    lines = [f"Snapshot {record.id}{named}: {_held(record)}{added}."]
    if record.left_out_count:
        lines.append(f"Left out:\n{tables.indent(_left_out(record).splitlines())}")
    if not record.durable:
        lines.append("It lies on the volume of the workspace and is lost together with it.")
    lines += [] if record.together else [f"Its volumes were cut {APART}"]
    lines += map(units.plain, record.warnings)
    return "\n".join(lines)


def deleting(record: snapshots.Snapshot, restores: Iterable[snapshots.Restore]) -> str:
    """What goes with a snapshot, before anybody is asked."""
    lines = ["Delete this snapshot for good:", f"  {line(record)}"]
    lines += [
        f"The restore {one.id} can then not be undone."
        for one in restores
        if one.safety == record.id and not one.undone and not one.switches
    ]
    return "\n".join(lines)


def preview(plan: snapshots.RestorePlan, snapshot: snapshots.Snapshot) -> str:
    """What a restore would do, before anybody is asked."""
    named = title(snapshot)
    of = f"{snapshot.id} ({named})" if named else snapshot.id
    what = units.count(len(plan.paths), "path") if plan.paths else "the whole workspace"
    what = WAYS.get(plan.way, what)
    lines = [f"Restore {what} from the snapshot {of}, taken {units.date(snapshot.created)}:"]
    return "\n".join([*lines, *restores.planned(plan)])


def checked(found: Iterable[snapshots.Verification]) -> str:
    """What a verify has found."""
    return "\n".join(map(_checked, found)) or "There is no snapshot to check."


def _checked(one: snapshots.Verification) -> str:
    read = f"{units.count(one.files, 'file')}, {units.size(one.bytes_read)} read"
    if one.ok:
        return f"{one.snapshot}  ok  {read}"
    count = units.count(one.differences_count, "difference")
    lines = [f"{one.problem:<10} {units.plain(one.path)}" for one in one.differences[:SHOWN]]
    more = one.differences_count - min(SHOWN, len(one.differences))
    lines += [f"and {more:,} more"] if more > 0 else []
    return f"{one.snapshot}  {count}  {read}\n{tables.indent(lines)}"


def pruning(plan: retention.PrunePlan, found: tuple[snapshots.Snapshot, ...]) -> str:
    """What a prune would delete and what stays."""
    if not plan.delete:
        return f"Nothing to delete: all {units.count(len(plan.keep), 'snapshot')} are kept."
    gone = tuple(one for one in found if one.id in plan.delete)
    freed = f", about {units.size(plan.bytes_freed)} freed" if plan.bytes_freed is not None else ""
    head = f"Delete {units.count(len(plan.delete), 'snapshot')}{freed}; keep {len(plan.keep):,}:"
    return f"{head}\n{_table(gone)}"


def _held(one: snapshots.Snapshot) -> str:
    """What it holds: files and bytes, or volumes."""
    if one.files is None:
        claims = ", ".join(part.claim for part in one.volumes)
        return f"{units.count(len(one.volumes), 'volume')} ({claims})"
    return f"{units.count(one.files, 'file')}, {_size(one.bytes_total)}"


def _size(count: int | None) -> str:
    return "-" if count is None else units.size(count)
