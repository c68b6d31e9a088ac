"""Restores as text: what was made, what was kept, and what an undo would do.

Rule: what is kept is named, with the way to let it go.
"""

from kfnb_ext.model import snapshots
from kfnb_ext.text import tables, units

SHOWN = 10  # files that are named; --json names them all


def restored(record: snapshots.Restore) -> str:
    """One restore on one line."""
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


def undoing(record: snapshots.Restore) -> str:
    """What an undo would do, before anybody is asked."""
    as_was = "the workspace is as before it"
    if record.grown and record.switches:
        first = record.switches[0]
        as_was = (
            f"the notebook restarts on {first.old} as it was left; what was written since is on "
            f"{first.new} alone, which is kept"
        )
    return f"Take back this restore, so that {as_was}:\n  {restored(record)}"


def _of_volumes(record: snapshots.Restore) -> list[str]:
    """What a restore of whole volumes has made, and what it kept."""
    if record.way == "new_notebook":
        claims = ", ".join(one.new for one in record.switches)
        return [f"The notebook {record.notebook} is made from {record.snapshot}, on {claims}."]
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
