"""The engine itself: each method of the Protocol, in the words of the files beside it.

Rule: whoever writes holds the lock and has first brought to an end what was interrupted.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.local import (
    creating,
    deleting,
    exclude,
    failing,
    planning,
    reading,
    records,
    recovering,
    restoring,
    usage,
    verifying,
    volume,
    wishing,
)
from kfnb_ext.engines.local import layout as places
from kfnb_ext.model import snapshots

NOTE = "These snapshots lie on the workspace's own volume: they do not survive its loss."


def _now() -> datetime:
    return datetime.now(timezone.utc)


class LocalEngine:
    """Keeps snapshots of ``workspace`` in its folder ``.kfnb``.

    ``exclude``: patterns of names to leave out. ``share``: the part of the volume (0..1) that
    snapshots may take. ``patience``: seconds that a preview may read contents.
    ``helpers_from``: from so many files to read on, or five times as many that may be linked, child
    processes do it. Making one changes nothing.
    """

    name = "local"

    def __init__(
        self,
        workspace: Path,
        *,
        exclude: tuple[str, ...] = exclude.DEFAULT_EXCLUDE,
        share: float = 0.30,
        patience: float = 20.0,
        helpers_from: int = 1000,
        now: Callable[[], datetime] = _now,
        environment: Callable[[], bytes] = bytes,
    ) -> None:
        self._home = places.Layout(Path(workspace).absolute())
        self._settings = creating.Settings(_rules(exclude), share, helpers_from, environment)
        self._now, self._patience = now, patience
        self._restorer = restoring.Restorer(self._home, self._settings, now)

    def info(self) -> snapshots.EngineInfo:
        """Whether it can be used here. Never raises, changes nothing."""
        folder = self._home.workspace
        try:
            allowed = int(volume.room(folder).total * self._settings.share)
        except OSError as error:
            return _unavailable(f"The workspace {folder} cannot be read: {error.strerror}.")
        if not os.access(folder, os.W_OK | os.X_OK):
            return _unavailable(f"The workspace {folder} is read-only for you.")
        if why := self._home.unfit():
            return _unavailable(why, places.UNFIT)
        if self._home.home.exists() and not os.access(self._home.home, os.R_OK | os.W_OK | os.X_OK):
            return _unavailable(
                f"The folder {self._home.home} is closed to you.",
                "See whose it is (ls -ld), and have it given to you: it may hold snapshots.",
            )
        used = usage.known(self._home) if self._home.home.exists() else 0
        return snapshots.EngineInfo(
            engine=self.name,
            available=True,
            used=used,
            allowed=allowed,
            note=NOTE + self._damaged(),
        )

    def _damaged(self) -> str:
        kept = map(records.Kept, places.children(self._home.snapshots))
        found = [one.folder.name for one in kept if one.snapshot is None]
        if not found:
            return ""
        return errors.spelt(
            f" The record of {', '.join(found[:10])} is damaged: it is not listed, its files are "
            f"in {self._home.snapshots}; it can be verified and deleted by that name."
        )

    def create(
        self,
        name: str,
        reason: snapshots.SnapshotReason,
        progress: base.Progress,
        note: str = "",
    ) -> snapshots.Snapshot:
        """Take a snapshot. Raises: NoSpace, Forbidden, Unsupported, Conflict, Cancelled."""
        with self._writing():
            order = creating.Order(name, reason, self._now(), note)
            return creating.create(self._home, self._settings, order, progress)

    def list(self) -> tuple[snapshots.Snapshot, ...]:
        """All snapshots, newest first; damaged and foreign folders are passed over."""
        return tuple(s for kept in records.all_kept(self._home) if (s := kept.snapshot))

    def get(self, snapshot: str) -> snapshots.Snapshot:
        """One snapshot. Raises: NotFound, Gone."""
        return records.one(self._home, snapshot)[1]

    def delete(self, snapshot: str, progress: base.Progress) -> None:
        """Delete it. Raises: NotFound, Conflict."""
        with self._writing():
            deleting.delete(self._home, snapshot, progress)

    def environment(self, snapshot: str) -> bytes:
        """What its files ran in; empty: it is not recorded. Raises: NotFound, Gone."""
        return records.one(self._home, snapshot)[0].environment()

    def files(self, snapshot: str, path: str) -> snapshots.EntryList:
        """The folder ``path`` of a snapshot. Raises: BadRequest, NotFound, Gone."""
        return reading.files(records.one(self._home, snapshot)[0], path)

    def content(self, snapshot: str, path: str) -> Iterator[bytes]:
        """The bytes of one file. Raises: BadRequest, NotFound, Gone."""
        return reading.content(records.one(self._home, snapshot)[0], path)

    def verify(self, snapshot: str, progress: base.Progress) -> snapshots.Verification:
        """Read it all and find what changed. Raises: NotFound, Cancelled."""
        return verifying.Verifier(records.found(self._home, snapshot), progress).verify()

    def freed(self, delete: tuple[str, ...], progress: base.Progress = base.SILENT) -> int | None:
        """About how many bytes deleting these would free. Raises: Cancelled."""
        return deleting.freed(self._home, delete, progress)

    def check(self, request: snapshots.RestoreRequest) -> None:
        """Refuse at once what can be. Raises: BadRequest, NotFound, Gone, Conflict."""
        wishing.wish(self._home, request, "")

    def plan(
        self, request: snapshots.RestoreRequest, progress: base.Progress = base.SILENT
    ) -> snapshots.RestorePlan:
        """What a restore would do. Raises: as check, and Cancelled."""
        return self._planned(wishing.wish(self._home, request, ""), progress)

    def _planned(self, wanted: wishing.Wish, progress: base.Progress) -> snapshots.RestorePlan:
        with failing.told("the comparison"):
            found = self._restorer.compare(wanted, progress, self._patience)
            try:
                self._restorer.room(wanted, found)
            except errors.NoSpace as error:
                told = found.findings if found.guessed else found.blocked
                told.append(f"{error.message} {error.hint}")
        return planning.plan(wanted.kept.folder.name, wanted, found)

    def restore(
        self, request: snapshots.RestoreRequest, restore: str, progress: base.Progress
    ) -> snapshots.Restore:
        """Restore, after a safety snapshot. Raises: as plan, and NoSpace, Cancelled."""
        with self._writing():
            wanted = wishing.wish(self._home, request, restore)
            return self._restorer.restore(wanted, progress)

    def undo_plan(
        self, restore: str, progress: base.Progress = base.SILENT
    ) -> snapshots.RestorePlan:
        """What taking back would do. Raises: NotFound, Conflict, Gone, Cancelled."""
        return self._planned(wishing.taken_back(self._home, restore, ""), progress)

    def undo(
        self, restore: str, undo: str, progress: base.Progress, *, unguarded: bool = False
    ) -> snapshots.Restore:
        """Take back a restore; nothing restarts by it. Raises: NotFound, Conflict, Gone."""
        with self._writing():
            wanted = wishing.taken_back(self._home, restore, undo)
            return self._restorer.restore(wanted, progress)

    def restores(self) -> tuple[snapshots.Restore, ...]:
        """The restores that were made, newest first."""
        return wishing.made(self._home)

    def recover(self) -> tuple[str, ...]:
        """End what was interrupted. Cheap, and silent while another process is at work."""
        if self._home.idle():
            return ()
        try:
            with self._home.writing(), failing.told("bringing things in order"):
                return recovering.recover(self._home, self._restorer)
        except errors.Conflict:
            return ()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._home.writing():
            if not self._home.idle():
                with failing.told("bringing things in order"):
                    recovering.recover(self._home, self._restorer)
            yield


def _rules(patterns: tuple[str, ...]) -> exclude.Rules:
    return exclude.Rules(patterns)


def _unavailable(
    reason: str, hint: str = "Ask for a workspace on a volume that you can write to."
) -> snapshots.EngineInfo:
    return snapshots.EngineInfo(
        engine="local",
        available=False,
        reason=errors.spelt(reason),
        hint=hint,
        note=NOTE,
    )
