"""Snapshots over all engines, under the policy of the site.

Rule: reading is always allowed; whatever changes something asks the policy first and runs as an
operation. The engine is chosen by name and built at first use.
"""

import threading
from collections.abc import Callable, Iterator, Mapping

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.model import environment, reading, retention, snapshots
from kfnb_ext.model.environment import Environment
from kfnb_ext.services import finding, listing, naming, operations, pruning
from kfnb_ext.services.policy import Policy

__all__ = ["Policy", "Snapshots"]

NEAR = ("local",)  # engines that ask nobody but the disk


class Snapshots:
    """All engines of one workspace behind one front."""

    def __init__(
        self,
        engines: Mapping[str, Callable[[], base.Engine]],
        operations_: operations.Operations,
        policy: Policy,
    ) -> None:
        self._makers = engines
        self._engines: dict[str, base.Engine] = {}
        self._listing: dict[str, listing.Asked] = {}
        self._making = threading.Lock()
        self._operations = operations_
        self._policy = policy

    def list(self, engine: str | None = None) -> snapshots.SnapshotList:
        """All snapshots and restores, newest first. An engine that fails says so in its info."""
        if engine:
            return listing.joined([listing.ask(self.engine(engine))])
        others = [self._asked(name) for name in self._makers if name not in NEAR]
        asked = [(one, one.ask()) for one in others]  # while the near ones are looked at
        near = [listing.ask(self.engine(name)) for name in self._makers if name in NEAR]
        return listing.joined([*near, *(one.answer(n) for one, n in asked)])

    def _asked(self, name: str) -> listing.Asked:
        engine = self.engine(name)
        with self._making:
            if name not in self._listing:
                self._listing[name] = listing.Asked(engine)
            return self._listing[name]

    def get(self, engine: str, snapshot: str) -> snapshots.Snapshot:
        """One snapshot. Raises: NotFound."""
        return self.engine(engine).get(snapshot)

    def files(self, engine: str, snapshot: str, path: str) -> snapshots.EntryList:
        """One folder of a snapshot. Raises: NotFound, BadRequest."""
        return self.engine(engine).files(snapshot, path)

    def environment(self, engine: str, snapshot: str) -> Environment:
        """What the files of a snapshot ran in. Raises: NotFound, Gone."""
        found = environment.read(self.engine(engine).environment(snapshot))
        if found is None:
            why = f"The environment of the snapshot {snapshot} is not recorded."
            raise errors.NotFound(why, "An earlier version took it, or nothing could be seen.")
        return found

    def content(self, engine: str, snapshot: str, path: str) -> Iterator[bytes]:
        """The bytes of one file of a snapshot. Raises: NotFound, BadRequest."""
        return self.engine(engine).content(snapshot, path)

    def plan(
        self, request: snapshots.RestoreRequest, progress: base.Progress = base.SILENT
    ) -> snapshots.RestorePlan:
        """What a restore would do. Raises: NotFound, BadRequest, and what ``progress`` raises."""
        return self.engine(request.engine).plan(reading.checked(request), progress)

    def create(self, request: snapshots.CreateRequest, user: str = "") -> operations.Running:
        """Take a snapshot."""
        self._policy.allow("Taking a snapshot")
        request = reading.checked(request)
        engine = self.engine(request.engine)

        def work(running: operations.Running) -> operations.Result:
            made = engine.create(request.name, "manual", running, request.note)
            return operations.Result(message=naming.taken(made), snapshot=made.id)

        title = f'snapshot "{request.name}"' if request.name else "snapshot"
        return self._operations.start("create", engine.name, title, work, user=user)

    def take(self, request: snapshots.CreateRequest, progress: base.Progress) -> snapshots.Snapshot:
        """Take a snapshot within another operation, such as a stop. Raises: Forbidden."""
        self._policy.allow("Taking a snapshot")
        request = reading.checked(request)
        return self.engine(request.engine).create(request.name, "manual", progress, request.note)

    def delete(self, engine: str, snapshot: str, user: str = "") -> operations.Running:
        """Delete a snapshot. Raises: NotFound."""
        self._policy.allow("Deleting a snapshot")
        one = self.engine(engine)
        named = naming.named(one, snapshot)

        def work(running: operations.Running) -> operations.Result:
            one.delete(snapshot, running)
            return operations.Result(message=naming.deleted(one, snapshot))

        return self._operations.start(
            "delete", engine, f"delete of {named}", work, user=user, snapshot=snapshot
        )

    def verify(self, engine: str, snapshot: str, user: str = "") -> operations.Running:
        """Read a snapshot whole and find what differs from its record. Raises: NotFound."""
        one = self.engine(engine)
        named = naming.named(one, snapshot)

        def work(running: operations.Running) -> operations.Result:
            found = one.verify(snapshot, running)
            text = (
                f"All {found.files:,} files are as they were recorded."
                if found.ok
                else f"{found.differences_count:,} differences found; do not rely on what is named."
            )
            return operations.Result(message=text, verification=(found,))

        return self._operations.start(
            "verify", engine, f"check of {named}", work, user=user, snapshot=snapshot
        )

    def restore(self, request: snapshots.RestoreRequest, user: str = "") -> operations.Running:
        """Restore the whole or some paths; the comparison is the operation's first step.

        Raises: NotFound, BadRequest, Conflict.
        """
        self._policy.allow("A restore")
        request = reading.checked(request)
        one = self.engine(request.engine)
        named = naming.named(one, request.snapshot)
        one.check(request)

        def work(running: operations.Running) -> operations.Result:
            made = one.restore(request, running.record.id, running)
            return operations.Result(message=naming.restored(made), restore=made.id)

        return self._operations.start(
            "restore", one.name, f"restore from {named}", work, user=user, snapshot=request.snapshot
        )

    def undo_plan(
        self, restore: str, progress: base.Progress = base.SILENT
    ) -> snapshots.RestorePlan:
        """What taking back a restore would do. Raises: as undo, and what ``progress`` raises."""
        return self._of(restore)[0].undo_plan(restore, progress)

    def undo(
        self,
        restore: str,
        request: snapshots.UndoRequest = snapshots.UndoRequest(),  # noqa: B008 - frozen
        user: str = "",
    ) -> operations.Running:
        """Take back a restore. Raises: NotFound, Conflict when it was undone already."""
        self._policy.allow("Taking back a restore")
        request = reading.checked(request)
        one, made = self._of(restore)

        def work(running: operations.Running) -> operations.Result:
            done = one.undo(restore, running.record.id, running, unguarded=request.unguarded)
            return operations.Result(message=naming.restored(done), restore=done.id)

        return self._operations.start(
            "undo", one.name, f"undo of restore {restore}", work, user=user, snapshot=made.safety
        )

    def _of(self, restore: str) -> tuple[base.Engine, snapshots.Restore]:
        return finding.restore(map(self.engine, self._makers), restore)

    def prune_plan(
        self, request: retention.PruneRequest, progress: base.Progress = base.SILENT
    ) -> retention.PrunePlan:
        """What the retention keeps and what it would delete; changes nothing."""
        plan = self._thinned(request)
        try:
            freed = self.engine(request.engine).freed(plan.delete, progress)
        except errors.TooSlow:  # an estimate is not worth a longer wait
            freed = None
        return msgspec.structs.replace(plan, bytes_freed=freed)

    def _thinned(self, request: retention.PruneRequest) -> retention.PrunePlan:
        """By the list alone, so that it takes no time."""
        request = reading.checked(request)
        one = self.engine(request.engine)
        keep = request.retention or self._policy.retention
        if not (keep.last or keep.daily or keep.weekly):
            raise errors.BadRequest(
                "This retention keeps nothing at all. Nothing was deleted.",
                "Name how many to keep: last, daily or weekly.",
            )
        listed = one.list()
        safety = retention.ways_back(one.restores())
        plan = retention.thin(tuple(s for s in listed if s.id not in safety), keep)
        return retention.PrunePlan(
            keep=tuple(s.id for s in listed if s.id not in plan.delete),
            delete=plan.delete,
            bytes_freed=None,
        )

    def prune(self, request: retention.PruneRequest, user: str = "") -> operations.Running:
        """Delete what the retention does not keep. Raises: Conflict when that has changed."""
        self._policy.allow("Deleting snapshots")
        one = self.engine(request.engine)
        plan = self._thinned(request)
        if request.delete is not None and set(request.delete) != set(plan.delete):
            raise errors.Conflict(
                "The snapshots to delete are no longer those that were shown. Nothing was deleted.",
                "Look at the preview again and confirm it.",
            )

        def work(running: operations.Running) -> operations.Result:
            return operations.Result(message=pruning.delete(one, plan.delete, running))

        return self._operations.start("prune", one.name, "prune of snapshots", work, user=user)

    def complete(self) -> operations.Running:
        """Do what `recover` does in the first engine, as an operation that every face sees."""

        def work(running: operations.Running) -> operations.Result:
            return operations.Result(message=" ".join(self.recover(name)) or "Nothing was left.")

        name = next(iter(self._makers))
        return self._operations.start("recover", name, "recovery after an interruption", work)

    def recover(self, engine: str | None = None) -> tuple[str, ...]:
        """Bring what was interrupted to its end, in one engine or all; sentences that say what."""
        names = [engine] if engine else list(self._makers)
        return tuple(text for name in names for text in self.engine(name).recover())

    def engine(self, name: str) -> base.Engine:
        """The engine of that name. Raises: NotFound."""
        if name not in self._makers:
            raise errors.NotFound(
                f"There is no engine {name!r}.", f"There are: {', '.join(self._makers)}."
            )
        with self._making:  # two requests at once must not make two of one engine
            if name not in self._engines:
                self._engines[name] = self._makers[name]()
            return self._engines[name]
