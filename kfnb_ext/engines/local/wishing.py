"""Checks what a restore asks for, before anything is looked at or done.

Rule: a path that is not in the snapshot, that was left out of it, or that lies behind a link is
refused by name; nothing is ever written through a link or into another filesystem.
"""

import os
import stat
from typing import NamedTuple

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.local import choosing, exclude, names, records, volume
from kfnb_ext.engines.local import layout as places
from kfnb_ext.model import snapshots

TOUCHED = "touched.json"


class Wish(NamedTuple):
    """A restore that is asked for."""

    id: str
    kept: records.Kept
    paths: tuple[str, ...]
    exact: bool
    choice: choosing.Choice
    undo_of: str | None = None


def wish(home: places.Layout, request: snapshots.RestoreRequest, restore: str) -> Wish:
    """The wish behind a request. Raises: BadRequest, NotFound, Gone, Conflict."""
    kept, record = records.one(home, request.snapshot)
    for path in request.paths:
        names.checked(path)
    if not kept.is_whole():
        raise errors.Gone(
            f"The record or the manifest of the snapshot {record.id} is damaged. Nothing was "
            "changed.",
            f"Its files are still in {kept.tree}: copy what you need from there.",
        )
    if not kept.tree.is_dir():
        raise errors.Gone(
            f"The files of the snapshot {record.id} are gone: there is no {kept.tree}. Nothing was "
            "changed.",
            "Restore from another snapshot; delete this one.",
        )
    paths = () if "" in request.paths else tuple(dict.fromkeys(request.paths))
    rules = exclude.Rules(record.excluded)
    for path in paths:
        # Exact also takes away what the snapshot does not know; what nobody knows is a mistake.
        live = os.path.lexists(os.path.join(home.workspace, names.raw(path)))
        _in_snapshot(kept, rules, path, request.exact and live)
        _reachable(home, path)
    return Wish(restore, kept, paths, request.exact, choosing.Paths(paths))


def _in_snapshot(kept: records.Kept, rules: exclude.Rules, path: str, exact: bool) -> None:
    """Refuse what the snapshot does not know."""
    here = ""
    for part in names.key(path):
        folder = kept.manifest.folder(here)
        left = dict(folder.left) if folder else {}
        reason = left.get(part) or left.get("")
        if reason or rules.leaves_out(here, part):
            raise errors.BadRequest(
                f"{path!r} was left out of this snapshot: {reason or 'excluded'}. "
                "Nothing was changed.",
                "Choose another path; the record of the snapshot names what it leaves out.",
            )
        here = names.join(here, part)
    if kept.manifest.find(path) is None and not exact:
        raise errors.NotFound(
            f"{path!r} is not in this snapshot. Nothing was changed.",
            'Look into the snapshot for its name; with "exact", what was not there is removed.',
        )


def _reachable(home: places.Layout, path: str) -> None:
    """Refuse a path whose way is a link, a file or another filesystem in the live tree."""
    top = os.stat(home.workspace)
    mounts = volume.mounts_inside(home.workspace) or frozenset()
    here = ""
    for part in names.key(path):
        if here:
            try:
                st = os.lstat(os.path.join(home.workspace, names.raw(here)))
            except FileNotFoundError:
                return
            except OSError as error:
                raise errors.Forbidden(
                    f"{here!r} cannot be looked into: {error.strerror}. Nothing was changed.",
                    "Check that the folder belongs to you and can be entered.",
                ) from error
            if not stat.S_ISDIR(st.st_mode):
                kind = "a link" if stat.S_ISLNK(st.st_mode) else "a file"
                raise errors.Conflict(
                    f"{here!r} is {kind} now, so {path!r} cannot be put there. Nothing was "
                    "changed.",
                    f"Restore {here!r} itself, or move it away first.",
                )
            if st.st_dev != top.st_dev or names.raw(here) in mounts:
                raise errors.Conflict(
                    f"Another filesystem is mounted at {here!r}. Nothing was changed.",
                    "Unmount it first, or restore other paths.",
                )
        here = names.join(here, part)


def made(home: places.Layout) -> tuple[snapshots.Restore, ...]:
    """The restores that were made, newest first; without safety snapshot no undo."""
    found = [
        stored.restore
        for folder in places.children(home.restores)
        if (stored := records.read(folder / records.RECORD, records.StoredRestore))
        and stored.restore.id == folder.name
        and stored.restore.ended.tzinfo is not None
    ]
    undone = {r.undo_of for r in found}
    there = {path.name for path in places.children(home.snapshots)}
    found.sort(key=lambda r: (r.ended, r.id), reverse=True)
    return tuple(
        msgspec.structs.replace(
            r, undone=r.id in undone, safety=r.safety if r.safety in there else None
        )
        for r in found
    )


def taken_back(home: places.Layout, restore: str, undo: str) -> Wish:
    """The wish that takes back ``restore``. Raises: NotFound, Conflict, Gone."""
    one = next((r for r in made(home) if r.id == restore), None)
    if one is None:
        raise errors.NotFound(f"There is no restore {restore[:100]!r}.")
    if one.undone:
        raise errors.Conflict(
            "This restore was undone already. Nothing was changed.",
            "The undo is a restore itself: undo that to have it again.",
        )
    if one.safety is None:
        raise errors.Gone(
            "The snapshot taken before this restore was deleted, so it cannot be undone. "
            "Nothing was changed.",
            "Restore from another snapshot.",
        )
    kept, _ = records.one(home, one.safety)
    try:
        touched = choosing.Touched.read(home.restores / restore / TOUCHED)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise errors.Gone(
            "The record of what this restore touched is lost, so it cannot be undone alone. "
            "Nothing was changed.",
            f"The workspace as it was before it is in the snapshot {one.safety}.",
        ) from error
    return Wish(undo, kept, one.paths, True, choosing.Again(touched), restore)
