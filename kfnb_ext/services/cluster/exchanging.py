"""A claim exchanged for a larger one, where its class lets none grow: the plan, and the operation.

Rule: how it is done the engine of volumes knows; here is what a person is shown and asked, and the
site's word on it.
"""

from collections.abc import Callable
from typing import Protocol

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.model import changes, cluster, snapshots
from kfnb_ext.services import naming
from kfnb_ext.services.cluster import writing
from kfnb_ext.services.operations import Result, Running


class Larger(Protocol):
    """What makes the larger claim and puts the notebook on it."""

    def plan(self, claim: str, size: int) -> snapshots.RestorePlan:
        """What it would do. Raises: Unsupported, Forbidden, ClusterError."""

    def make(
        self, claim: str, size: int, identity: str, progress: base.Progress, *, unguarded: bool
    ) -> snapshots.Restore:
        """Do it. Raises: as plan; Conflict, EngineFailed, Cancelled."""


class Exchanging:
    """Over one notebook. ``allow`` is the site's word on snapshots."""

    def __init__(self, gate: writing.Writing, larger: Larger, allow: Callable[[str], None]) -> None:
        self._gate, self._larger, self._allow = gate, larger, allow

    def plan(self, claim: cluster.Claim, wanted: int, mount: str) -> changes.GrowPlan:
        """What it would do, or why it cannot be done; changes nothing."""
        why = f"The storage class {claim.storage_class or '(none)'} does not let claims grow"
        try:
            self._allow("Enlarging a claim by a snapshot")
            plan = self._larger.plan(claim.name, wanted)
        except errors.KfnbError as error:
            told = f"{why}, and no larger claim can take its place: {error.message}"
            return _told(claim, wanted, mount, findings=(told, *filter(None, [error.hint])))
        way = (
            f"{why}. So a snapshot of it is taken, a larger claim is made from that, and the "
            "notebook is put on the larger one. It cannot be made smaller again."
        )
        return _told(
            claim,
            wanted,
            mount,
            findings=(way, *plan.findings),
            possible=plan.possible,
            objects=plan.objects,
            restart=plan.restart,
            guardian=plan.guardian,
        )

    def start(
        self, name: str, request: changes.GrowRequest, wanted: Callable[[], int], user: str
    ) -> Running:
        """Do it, as one operation. Raises: Forbidden."""
        self._allow("Enlarging a claim by a snapshot")

        def work(running: Running) -> Result:
            running.phase("reading the claim")
            size, identity = wanted(), running.record.id
            made = self._larger.make(name, size, identity, running, unguarded=request.unguarded)
            self._gate.changed()
            return Result(message=naming.restored(made), restore=made.id)

        title = f"growth of the claim {name} ({request.size}) by a larger one"
        return self._gate.operations.start("grow", "csi", title, work, user=user)


def _told(
    claim: cluster.Claim,
    wanted: int,
    mount: str,
    *,
    findings: tuple[str, ...],
    possible: bool = False,
    objects: tuple[snapshots.PlanObject, ...] = (),
    restart: bool = False,
    guardian: bool = True,
) -> changes.GrowPlan:
    return changes.GrowPlan(
        claim=claim.name,
        mount=mount,
        size=claim.capacity or claim.requested,
        wanted=wanted,
        way="switch",
        findings=findings,
        possible=possible,
        objects=objects,
        restart=restart,
        guardian=guardian,
    )
