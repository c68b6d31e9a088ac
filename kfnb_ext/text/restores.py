"""Restores of every kind, as a person reads them: before, in the list, and afterwards.

Rule: what was made, what is kept, and how it is taken back or removed.
"""

from kfnb_ext.model import snapshots
from kfnb_ext.text import tables, units

SHOWN = 10  # paths that a preview names of each kind; --json names up to 1000


def undoing(plan: snapshots.RestorePlan, restore: snapshots.Restore) -> str:
    """What taking back a restore would do, before anybody is asked."""
    as_was = "the workspace is as before it"
    if restore.grown and restore.switches:
        first = restore.switches[0]
        as_was = (
            f"the notebook restarts on {first.old} as it was left; what was written since is on "
            f"{first.new} alone, which is kept"
        )
    lines = [f"Take back this restore, so that {as_was}:", f"  {restored(restore)}"]
    return "\n".join([*lines, *planned(plan)])


def planned(plan: snapshots.RestorePlan) -> list[str]:
    """What would be made, changed, kept and restarted, on lines of their own."""
    lines = []
    written = f", {units.size(plan.bytes_to_write)} to write" if plan.bytes_to_write else ""
    lines += _paths(f"create   {plan.create or 0:,}{written}", plan.created_paths, plan.create)
    lines += _paths(f"replace  {plan.replace or 0:,}", plan.replaced_paths, plan.replace)
    lines += _paths(f"remove   {plan.remove or 0:,}", plan.removed_paths, plan.remove)
    if plan.unchanged is not None:
        lines.append(f"  leave    {plan.unchanged:,} that are the same already")
    lines += [f"  {one.act:<8} {one.kind} {one.name}: {one.text}" for one in plan.objects]
    if plan.newer_kept:
        lines.append(f"  keep     {plan.newer_kept:,} created since (--exact would remove them)")
    return [*lines, *map(units.plain, plan.findings)]


def _paths(head: str, paths: tuple[str, ...], count: int | None) -> list[str]:
    if not count:
        return []
    tops = _tops(paths)
    lines = [units.plain(top) + (f" and {n:,} in it" if n else "") for top, n in tops[:SHOWN]]
    named = sum(1 + n for _, n in tops[:SHOWN])
    lines += [f"and {count - named:,} more"] if count > named else []
    return [f"  {head}", *(f"             {line}" for line in lines)]


def _tops(paths: tuple[str, ...]) -> list[tuple[str, int]]:
    """Paths that lie below no other of them, each with the number of those below it."""
    tops: dict[str, int] = {}
    for path in sorted(paths, key=lambda path: path.split("/")):
        above = next(reversed(tops), None)
        if above is not None and path.startswith(f"{above}/"):
            tops[above] += 1
        else:
            tops[path] = 0
    return list(tops.items())


def _of_volumes(record: snapshots.Restore) -> list[str]:
    """What a restore of whole volumes has made, and what it kept."""
    if record.way == "new_notebook":
        return [
            f"The notebook {record.notebook} is made from {record.snapshot}, on {_made(record)}.",
            "To remove it: delete it where notebooks are listed. Its volumes stay; then",
            *(f"  kfnb cluster --release {one.new}" for one in record.switches),
        ]
    old = ", ".join(dict.fromkeys(one.old for one in record.switches if one.old))
    lines = [f"The restore {record.undo_of} is taken back."] if record.undo_of else []
    if not lines and record.grown:
        lines = [f"The notebook is on the larger claim {record.switches[0].new}."]
    if not lines and record.way == "data_volume":
        lines = [f"{record.snapshot} is mounted at {one.mount}." for one in record.switches]
    lines = lines or [f"The notebook is on the volumes of the snapshot {record.snapshot}."]
    if old:
        lines.append(f"Kept: {old}. To let it go: kfnb cluster --release NAME")
    return [*lines, f"To take this back: kfnb snapshot undo {record.id}"]


def _made(record: snapshots.Restore) -> str:
    return ", ".join(one.new for one in record.switches)


def listed(found: tuple[snapshots.Restore, ...]) -> list[str]:
    """What was restored: what can be undone, and the notebooks that were made beside this one."""
    beside = [one for one in found if one.way == "new_notebook"]
    undoable = [one for one in found if snapshots.can_be_undone(one)]
    parts = []
    if undoable:
        parts.append("\n".join(["Can be undone:", *(f"  {restored(one)}" for one in undoable)]))
    if beside:
        lines = [f"  {restored(one)}" for one in beside]
        parts.append("\n".join(["Made beside this notebook:", *lines]))
    return parts


def restored(record: snapshots.Restore) -> str:
    """One restore on one line."""
    if record.way == "new_notebook":
        made = f"{record.notebook} from {record.snapshot}, on {_made(record)}"
        return f"{record.id}  {units.date(record.ended)}  {made}"
    what = units.count(len(record.paths), "path") if record.paths else "the workspace"
    kind = f"undo of {record.undo_of}" if record.undo_of else f"{what} from {record.snapshot}"
    if record.grown and record.switches and not record.undo_of:
        kind = f"growth of {record.switches[0].old} to {units.size(record.grown)}"
    return f"{record.id}  {units.date(record.ended)}  {kind}"


def done(record: snapshots.Restore) -> str:
    """What a restore or an undo has made."""
    if record.switches:
        return "\n".join(_of_volumes(record))
    what = units.count(len(record.paths), "path") if record.paths else "The workspace"
    verb = "are" if len(record.paths) > 1 else "is"
    lines = [f"{what} {verb} as in the snapshot {record.snapshot}."]
    if record.undo_of:
        lines = [f"The restore {record.undo_of} is taken back."]
    unplaced = snapshots.unplaced(record)
    newer = [path for path in record.kept if path not in unplaced]
    for why, kept in (
        ("Changed while it ran; the newer versions are kept here:", newer),
        ("Could not be put in place (a place is closed to you, or gone); they lie here:", unplaced),
    ):
        if kept:
            lines += [why, tables.indent([*map(units.plain, kept)][:SHOWN])]
    if record.safety:
        lines.append(f"To take this back: kfnb snapshot undo {record.id}")
    return "\n".join(lines)
