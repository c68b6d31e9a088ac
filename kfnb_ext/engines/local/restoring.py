"""Restores and undoes: plan, safety snapshot, staging, swap, record; and what a crash left.

Rule: nothing live is touched before everything that is needed lies beside it; after the commit
it is carried through, by whoever comes next if need be.
"""

import contextlib
import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.local import (
    aside,
    changes,
    choosing,
    creating,
    deleting,
    differing,
    exclude,
    failing,
    looking,
    manifest,
    names,
    opening,
    records,
    removing,
    scan,
    staging,
    swapping,
    volume,
    wishing,
)
from kfnb_ext.engines.local import layout as places
from kfnb_ext.model import snapshots


class Restorer:
    """Restores into one workspace; who changes something holds the lock."""

    def __init__(
        self,
        home: places.Layout,
        settings: creating.Settings,
        now: Callable[[], datetime],
    ) -> None:
        self._home, self._settings, self._now = home, settings, now

    def compare(
        self, wish: wishing.Wish, progress: base.Progress, patience: float | None = None
    ) -> changes.Changes:
        """What a restore would do, from the live tree itself. ``patience``: see ``looking``."""
        with ExitStack() as stack:
            root = creating.opened(self._home.workspace, stack)
            newest = next((k for k in records.all_kept(self._home) if k.is_whole()), None)
            walk = scan.Scan(
                root,
                self._settings.rules,
                volume.mounts_inside(self._home.workspace),
                0,
                newest.manifest if newest else None,
            )
            live = looking.Live(root, progress, patience)
            comparison = self._comparison(wish, live.fill)
            found = comparison.run(wish.kept.manifest.folders(), live.folders(walk))
            self._permitted(root, found)
        if live.guessed:
            found.guessed = True
            found.find(
                f"{live.guessed} files were not read, for it would have taken too long: they are "
                "judged by their times. The restore itself reads them."
            )
        return found

    def _comparison(self, wish: wishing.Wish, fill: differing.Fill) -> differing.Comparison:
        record = wish.kept.snapshot
        rules = exclude.Rules(record.excluded if record else ())
        return differing.Comparison(wish.choice, wish.exact, rules, fill)

    def _permitted(self, root: int, found: changes.Changes) -> None:
        """Find folders that we may not write to: renames in them would fail half-way."""
        if os.geteuid() == 0:
            return
        for folder in {names.split(path)[0] for path in found.steps}:
            try:
                st = os.stat(names.raw(folder) or ".", dir_fd=root)
            except OSError:
                continue
            if st.st_uid != os.geteuid() and not os.access(
                names.raw(folder) or ".", os.W_OK | os.X_OK, dir_fd=root
            ):
                found.blocked.append(f"The folder {folder or 'itself'} belongs to someone else.")

    def restore(self, wish: wishing.Wish, progress: base.Progress) -> snapshots.Restore:
        """Do it. Raises: Conflict, NoSpace, Cancelled (then nothing was changed)."""
        progress.phase("Comparing")
        self._check(wish, progress)
        reason: snapshots.SnapshotReason = "before_undo" if wish.undo_of else "before_restore"
        order = creating.Order("", reason, self._now())
        try:
            safety = creating.create(self._home, self._settings, order, progress)
        except errors.NoSpace as error:
            why = "Before a restore a safety snapshot is taken, and there is no room for it. "
            raise errors.NoSpace(why + error.message, error.hint) from error
        work = self._home.staging / wish.id
        try:
            with failing.told("the restore"):
                work.mkdir(mode=0o700)
                journal = self._staged(wish, safety, work, progress)
                progress.advance(0)
                progress.phase("Putting it in place")
                journal.write(work)
        except BaseException:
            removing.tree(work)
            deleting.delete(self._home, safety.id, base.Silent())
            raise
        with failing.told("the restore", "It is carried through at the next start."):
            return self.carry_through(work)

    def _check(self, wish: wishing.Wish, progress: base.Progress) -> None:
        """Refuse what cannot be done. What it compared is let go of: it may be large."""
        found = self.compare(wish, progress)
        if found.blocked:
            raise errors.Conflict(
                "This restore is not possible. Nothing was changed. " + " ".join(found.blocked),
                "Put that right, or choose other paths; then try again.",
            )
        self.room(wish, found)

    def room(self, wish: wishing.Wish, found: changes.Changes) -> None:
        """Refuse what would not fit. Raises: NoSpace."""
        need = self._need(wish, found)
        volume.require(self._home.home, need, found.entries_to_write + 16, "This restore")

    def _need(self, wish: wishing.Wish, found: changes.Changes) -> int:
        """Bytes that will be written: files with holes take less than they are long."""
        if found.bytes_to_write <= volume.room(self._home.home).free:
            return found.bytes_to_write
        puts = (path for path, step in found.steps.items() if step.what == changes.PUT)
        taken = sum(volume.taken(wish.kept.tree / names.raw(path)) for path in puts)
        return min(found.bytes_to_write, taken)

    def _staged(
        self, wish: wishing.Wish, safety: snapshots.Snapshot, work: Path, progress: base.Progress
    ) -> swapping.Journal:
        """Compare with the safety snapshot, which is the live state, and stage."""
        kept = records.Kept(self._home.snapshots / safety.id)
        found = self._comparison(wish, _never).run(
            wish.kept.manifest.folders(), kept.manifest.folders()
        )
        if found.blocked:
            raise errors.Conflict(f"{found.blocked[0]} Nothing was changed.")
        steps = found.ordered()
        for name in (swapping.NEW, swapping.OLD):
            (work / name).mkdir(mode=0o700)
        progress.expect(found.bytes_to_write)
        progress.phase("Restoring")
        with ExitStack() as stack:
            tree = creating.opened(wish.kept.tree, stack)
            new = creating.opened(work / swapping.NEW, stack)
            root = creating.opened(self._home.workspace, stack)
            puts = {s.path: n for n, s in enumerate(steps) if s.what == changes.PUT}
            reflink = volume.probe(work).reflink
            stager = staging.Stager((tree, new, root), found.anchors, reflink, progress)
            stager.stage(puts, wish.kept.manifest.folders(), wish.choice)
            finish = _finish(root, wish.choice, found)
        found.touched.write(work / wishing.TOUCHED)
        restore = snapshots.Restore(
            id=wish.id,
            engine="local",
            snapshot=wish.kept.folder.name,
            safety=safety.id,
            paths=wish.paths,
            exact=wish.exact,
            ended=self._now(),
            undone=False,
            undo_of=wish.undo_of,
        )
        return swapping.Journal(restore, steps, finish)

    def carry_through(self, work: Path) -> snapshots.Restore:
        """From the commit to the end; can be begun again wherever it was cut off."""
        journal = swapping.Journal.read(work)
        with ExitStack() as stack:
            root = creating.opened(self._home.workspace, stack)
            old = creating.opened(work / swapping.OLD, stack)
            new = creating.opened(work / swapping.NEW, stack)
            if not (work / swapping.SWAPPED).exists():
                swapping.Swap(root, old, new).run(journal)
                swapping.mark(work / swapping.SWAPPED)
            keep = self._unexpected(journal, old)
        for path in places.children(work / swapping.OLD):
            if path.name not in keep and "." not in path.name:
                self._drop(path, f"{work.name}.{path.name}")
        kept = tuple(
            errors.spelt(str(self._home.restores / work.name / part / path.name))
            for part in (swapping.OLD, swapping.NEW)
            for path in places.children(work / part)
        )
        restore = msgspec.structs.replace(journal.restore, ended=self._now(), kept=kept)
        places.replace(
            work / records.RECORD, msgspec.json.encode(records.StoredRestore(restore=restore))
        )
        os.rename(work, self._home.restores / work.name)
        return restore

    def _drop(self, path: Path, name: str) -> None:
        """Remove what the safety snapshot has, by one rename first; what resists stays there."""
        with contextlib.suppress(OSError):
            os.rename(path, self._home.trash / name)
            removing.tree(self._home.trash / name)

    def _unexpected(self, journal: swapping.Journal, old: int) -> set[str]:
        safety = self._home.snapshots / (journal.restore.safety or "")
        return set(aside.Aside(journal, old, records.Kept(safety).manifest).unexpected())


def _never(folder: str, then: manifest.Item, item: manifest.Item) -> None:
    """In a comparison of two manifests every sum is known."""


def _finish(root: int, choice: choosing.Choice, found: changes.Changes) -> list[swapping.Finish]:
    """The figures that folders have at the end: the snapshot's, or those they have now."""
    finish = {path: swapping.Finish(path, me) for path, me in found.finish.items()}
    for path in found.steps:
        parent = names.split(path)[0]
        if parent not in finish:
            fd = opening.walked(root, parent)
            try:
                me = manifest.item("", os.fstat(fd))
                me.xattrs = opening.xattrs(fd)
            finally:
                os.close(fd)
            own = choice.own(parent)
            finish[parent] = swapping.Finish(parent, me, mode_only=not own)
            if own:
                found.touched.owns.add(parent)
    return [finish[path] for path in sorted(finish, key=names.key)]
