"""What every engine is: one Protocol, held by one contract suite.

Rule: an engine knows no face and no policy. It is synchronous and is called in a worker thread
or in the process of a shell. It says how far it is through ``Progress`` alone, and stops by the
``Cancelled`` that ``advance`` raises: what it leaves then is what was there before.
"""

from collections.abc import Iterator
from typing import Protocol

from kfnb_ext.model import snapshots


class Progress(Protocol):
    """What an engine reports to, from any of its threads."""

    def phase(self, text: str) -> None:
        """Say in words what is done now."""

    def expect(self, total: int) -> None:
        """The work is ``total`` units (bytes)."""

    def advance(self, done: int) -> None:
        """``done`` more units are done. Raises: Cancelled when the user asked to stop."""


class Silent:
    """A ``Progress`` to which nobody listens."""

    def phase(self, text: str) -> None:
        """Nobody reads it."""

    def expect(self, total: int) -> None:
        """Nobody waits."""

    def advance(self, done: int) -> None:
        """Nobody stops it."""


SILENT = Silent()


class Engine(Protocol):
    """Keeps snapshots of one workspace.

    Every method may raise the errors of ``kfnb_ext.errors``; an unknown id raises NotFound.
    """

    name: str

    def info(self) -> snapshots.EngineInfo:
        """Whether it can be used here. Never raises, changes nothing."""

    def create(
        self,
        name: str,
        reason: snapshots.SnapshotReason,
        progress: Progress,
        note: str = "",
    ) -> snapshots.Snapshot:
        """Take a snapshot. It is ready when this returns."""

    def list(self) -> tuple[snapshots.Snapshot, ...]:
        """All snapshots, newest first."""

    def get(self, snapshot: str) -> snapshots.Snapshot:
        """One snapshot by its id."""

    def environment(self, snapshot: str) -> bytes:
        """What its files ran in, as it was handed over when it was taken; empty: nothing was."""

    def delete(self, snapshot: str, progress: Progress) -> None:
        """Delete it. It is gone from the list, or listed as ``deleting``, when this returns."""

    def files(self, snapshot: str, path: str) -> snapshots.EntryList:
        """The folder ``path`` of a snapshot ("" is the top)."""

    def content(self, snapshot: str, path: str) -> Iterator[bytes]:
        """The bytes of one file, in pieces. Raises before the first piece, not amid them."""

    def verify(self, snapshot: str, progress: Progress) -> snapshots.Verification:
        """Read it all and find what changed, is missing or was added."""

    def check(self, request: snapshots.RestoreRequest) -> None:
        """Refuse at once, without a look at the workspace's files, a restore that cannot be."""

    def plan(
        self, request: snapshots.RestoreRequest, progress: Progress = SILENT
    ) -> snapshots.RestorePlan:
        """What a restore would do; changes nothing. A long comparison is heard and stopped."""

    def restore(
        self, request: snapshots.RestoreRequest, restore: str, progress: Progress
    ) -> snapshots.Restore:
        """Make the workspace so again, under the id ``restore``; a safety snapshot comes first."""

    def undo_plan(self, restore: str, progress: Progress = SILENT) -> snapshots.RestorePlan:
        """What taking back a restore would do; changes nothing."""

    def undo(
        self, restore: str, undo: str, progress: Progress, *, unguarded: bool = False
    ) -> snapshots.Restore:
        """Take back the restore ``restore``; this is a restore itself, with the id ``undo``.

        ``unguarded``: also where the plan says that nobody could go back by itself.
        """

    def restores(self) -> tuple[snapshots.Restore, ...]:
        """The restores that were made, newest first."""

    def freed(self, delete: tuple[str, ...], progress: Progress = SILENT) -> int | None:
        """About how many bytes deleting these snapshots would free; None: not known."""

    def recover(self) -> tuple[str, ...]:
        """Bring an interrupted operation to its end; returns sentences that say what was done."""
