"""The engine itself: each method of the Protocol, in the words of the files beside it.

Rule: where there is no cluster nothing is asked and nothing fails: the engine says so, quietly.
"""

import contextlib
import time
from collections.abc import Iterator

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import (
    affording,
    classes,
    deleting,
    journal,
    listing,
    planning,
    recovering,
    restoring,
    roles,
    taking,
    undoing,
)
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.kube.client import failures
from kfnb_ext.model import cluster, snapshots

NOTE = (
    "These are cuts of whole volumes, kept by the cluster's storage: they survive the loss of the "
    "pod and of the claim. Whether they survive the loss of the storage itself, its driver decides."
)
CAN: tuple[snapshots.Power, ...] = ("in_place", "new_notebook", "data_volume")
CAN_ON_2: tuple[snapshots.Power, ...] = ("in_place", "data_volume")  # Kubeflow Notebooks 2.0
FRESH = 3.0  # seconds for which a look at the list also tells whether the engine can be used
WHOLE = "A snapshot of whole volumes cannot be {} by itself. Nothing was changed."
INSTEAD = "Restore it as a data volume: then all its files lie beside the present ones."


class CsiEngine:
    """Keeps snapshots of the volumes of one notebook. Making one asks nothing."""

    name = "csi"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._listed = 0.0  # monotonic seconds; 0: never
        self._trouble: errors.KfnbError | None = None

    @property
    def _possible(self) -> bool:
        return self._context.client.access.possible

    def info(self) -> snapshots.EngineInfo:
        """Whether it can be used here. Never raises, changes nothing."""
        if not self._possible:
            return snapshots.EngineInfo(
                engine=self.name,
                available=False,
                absent=True,
                reason="No Kubernetes cluster is known here, so there are no snapshots of volumes.",
                can=CAN,
            )
        if time.monotonic() - self._listed > FRESH:
            with contextlib.suppress(errors.KfnbError):  # it is remembered, and told below
                self.list()
        trouble = self._trouble
        if trouble is None:
            against = affording.against(self._context)
            return snapshots.EngineInfo(
                engine=self.name,
                available=True,
                note=NOTE,
                can=_can(self._here()),
                against=against.why,
                role=against.role,
            )
        here, role = None, ""
        if isinstance(trouble, failures.ClusterError):
            here = self._here()
            role = roles.role(trouble, here)
        return snapshots.EngineInfo(
            engine=self.name,
            available=False,
            reason=trouble.message.replace(" Nothing was changed.", ""),
            hint=roles.HINT if role else trouble.hint,
            role=role,
            can=_can(here),
        )

    def _here(self) -> cluster.Place | None:
        """None: it could not be had; the right to look at the pod may be what is missing."""
        try:
            return self._context.where()
        except errors.KfnbError:
            return None

    def list(self) -> tuple[snapshots.Snapshot, ...]:
        """All snapshots, newest first. Raises: ClusterError, Unsupported."""
        if not self._possible:
            return ()
        try:
            found = listing.every(self._context)
        except failures.ClusterError as error:
            unserved = error.reason == "not_served"
            self._remember(classes.unserved() if unserved else error)
            assert self._trouble
            raise self._trouble from error
        except errors.KfnbError as error:
            self._remember(error)
            raise
        self._remember(None)
        return found

    def _remember(self, trouble: errors.KfnbError | None) -> None:
        self._trouble, self._listed = trouble, time.monotonic()

    def create(
        self,
        name: str,
        reason: snapshots.SnapshotReason,
        progress: base.Progress,
        note: str = "",
    ) -> snapshots.Snapshot:
        """Take a snapshot. Raises: ClusterError, Unsupported, Forbidden, NotReady, Cancelled."""
        self._needed()
        identity = taking.identity(self._context)
        order = taking.Order(id=identity, name=name, reason=reason, note=note)
        return taking.take(self._context, order, progress)

    def get(self, snapshot: str) -> snapshots.Snapshot:
        """One snapshot. Raises: NotFound, ClusterError."""
        self._needed()
        return listing.one(self._context, snapshot)

    def environment(self, snapshot: str) -> bytes:
        """What its files ran in, in short. Raises: NotFound, ClusterError."""
        self._needed()
        return listing.environment(self._context, snapshot)

    def delete(self, snapshot: str, progress: base.Progress) -> None:
        """Delete it. Raises: NotFound, Conflict, ClusterError."""
        self._needed()
        taking.allowed(self._context)
        deleting.delete(self._context, snapshot, progress)

    def files(self, snapshot: str, path: str) -> snapshots.EntryList:
        """Not possible. Raises: Unsupported."""
        raise errors.Unsupported(WHOLE.format("looked into"), INSTEAD)

    def content(self, snapshot: str, path: str) -> Iterator[bytes]:
        """Not possible. Raises: Unsupported."""
        raise errors.Unsupported(WHOLE.format("looked into"), INSTEAD)

    def verify(self, snapshot: str, progress: base.Progress) -> snapshots.Verification:
        """Not possible. Raises: Unsupported."""
        raise errors.Unsupported(WHOLE.format("read and checked"), INSTEAD)

    def freed(self, delete: tuple[str, ...], progress: base.Progress = base.SILENT) -> int | None:
        """Not known: only the storage knows what its snapshots share."""
        return None

    def check(self, request: snapshots.RestoreRequest) -> None:
        """Refuse at once what can be. Raises: BadRequest, NotFound, Conflict, ClusterError."""
        found = self.get(request.snapshot)
        if request.paths or request.exact:
            raise errors.BadRequest(
                "A snapshot of whole volumes cannot be restored by paths. Nothing was changed.",
                INSTEAD,
            )
        if found.state != "ready":
            raise errors.Conflict(
                f"The snapshot {found.id} is not ready: {found.error or found.state}. "
                "Nothing was changed.",
                "Wait until it is ready, or choose another.",
            )

    def plan(
        self, request: snapshots.RestoreRequest, progress: base.Progress = base.SILENT
    ) -> snapshots.RestorePlan:
        """What a restore would do. Raises: as check."""
        self.check(request)
        return planning.plan(self._context, request)

    def restore(
        self, request: snapshots.RestoreRequest, restore: str, progress: base.Progress
    ) -> snapshots.Restore:
        """Restore. Raises: as check, and what the cluster refuses."""
        taking.allowed(self._context)
        self.check(request)
        return restoring.restore(self._context, request, restore, progress)

    def undo_plan(
        self, restore: str, progress: base.Progress = base.SILENT
    ) -> snapshots.RestorePlan:
        """What taking back would do. Raises: NotFound, Conflict, ClusterError."""
        self._needed()
        return undoing.plan(self._context, restore)

    def undo(
        self, restore: str, undo: str, progress: base.Progress, *, unguarded: bool = False
    ) -> snapshots.Restore:
        """Take back a restore. Raises: NotFound, Conflict, ClusterError."""
        self._needed()
        taking.allowed(self._context)
        return undoing.undo(self._context, restore, undo, progress, unguarded=unguarded)

    def restores(self) -> tuple[snapshots.Restore, ...]:
        """The restores that were made, newest first."""
        return journal.restores(self._context) if self._possible else ()

    def recover(self) -> tuple[str, ...]:
        """End what was interrupted; sentences that say what was done."""
        return recovering.recover(self._context) if self._possible else ()

    def _needed(self) -> None:
        """Raises: Unsupported where there is no cluster."""
        if not self._possible:
            info = self.info()
            raise errors.Unsupported(
                f"{info.reason} Nothing was changed.",
                "This is normal outside a pod. Folder snapshots work: `kfnb snapshot create`.",
            )


def _can(here: cluster.Place | None) -> tuple[snapshots.Power, ...]:
    return CAN_ON_2 if here and here.platform == "workspaces" else CAN
