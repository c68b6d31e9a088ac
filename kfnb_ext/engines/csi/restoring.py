"""Restores whole volumes: this notebook goes back, or one volume more is mounted in it.

safety -> provision -> armed -> swapped -> confirmed -> done; what fails before `swapped` leaves
the Notebook as it was, what fails after it goes back. The process that runs this lives in the pod
that restarts: from `swapped` on the guardian and the new server see to the end.

Rule: the journal is written before each step, and each step can be done twice.
"""

from collections.abc import Callable, Sequence

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import (
    aborting,
    beginning,
    beside,
    guarding,
    hiring,
    intending,
    journal,
    planning,
    provisioning,
    switching,
    taking,
)
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.journal import Event, Journal, Seen
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.kube import standing
from kfnb_ext.kube.client import failures
from kfnb_ext.model import snapshots

TRIES = 3
More = Callable[[], dict[str, object]]  # what the journal is to hold besides, by then


def restore(
    context: Context, request: snapshots.RestoreRequest, identity: str, progress: base.Progress
) -> snapshots.Restore:
    """Restore. Raises: as planning, ClusterError, Conflict, EngineFailed, Cancelled."""
    context.forget()
    intent = intending.intend(context, request, identity)
    plan = planning.weigh(context, intent)
    planning.refuse(plan, unguarded=request.unguarded)
    if request.way == "new_notebook":
        with aborting.at_work(identity):
            return beside.make(context, intent, progress)
    first: journal.Phase = "safety" if request.way == "in_place" else "provision"
    with aborting.at_work(identity):
        run = Run(context, intent.target, beginning.begun(context, intent, first), progress)
        run.guarded(lambda: _prepared(run, intent))
        return run.through(guard=plan.guardian)


class Run:
    """One restore that this process runs; ``seen`` is the Notebook as it was last written."""

    def __init__(
        self, context: Context, whose: Target, seen: Seen, progress: base.Progress
    ) -> None:
        self.context = context
        self.whose = whose
        self.seen = seen
        self.progress = progress

    @property
    def journal(self) -> Journal:
        """As it was last written."""
        assert self.seen.journal is not None
        return self.seen.journal

    def move(self, event: Event, **more: object) -> None:
        """One step along the table. Raises: ClusterError, Conflict."""
        new = journal.after(self.journal, event, self.context.now(), **more)
        for attempt in range(1, TRIES + 1):
            try:
                self.seen = journal.write(self.context.client, self.whose, self.seen, new)
                return
            except failures.ClusterError as error:
                if not error.uncertain or attempt == TRIES:
                    raise
            self.context.sleep(self.context.every)

    def guarded(self, work: Callable[[], None]) -> None:
        """Do ``work`` that comes before the exchange; when it fails, take it away again.

        Raises: what ``work`` raises, with a sentence on what is left.
        """
        try:
            work()
        except errors.KfnbError as error:
            raise _with(error, self.aborted(error.message)) from error

    def aborted(self, reason: str) -> str:
        """Take away what was made; a sentence about what could not be."""
        try:
            return aborting.abort(self.context, self.whose, self.journal.id, reason)
        except errors.KfnbError:
            return (
                " What was made for it is still there: the next start of the server clears it, "
                "and `kfnb cluster` lists it."
            )

    def through(self, *, guard: bool) -> snapshots.Restore:
        """From `armed` to the end, as far as this process lives to see it."""
        self.guarded(lambda: self._armed(guard=guard))
        self.progress.phase("the notebook restarts")
        return self._followed()

    def _armed(self, *, guard: bool) -> None:
        here, name = self.context.where(), hiring.name(self.journal.id)
        stopped = standing.stopped(self.seen.object)
        if guard and not stopped:
            job = hiring.body(self.context, self.whose, here, self.journal.id)
            hiring.hire(self.context, self.whose, job, self.progress)
        self.progress.phase("exchanging the volumes")
        self.progress.advance(0)
        now = self.context.now()
        deadline = now + self.context.settings.restart_within
        client, name = self.context.client, name if guard and not stopped else ""
        self.seen = switching.forward(
            client, self.whose, self.seen, now, deadline=deadline, guardian=name
        )
        self.context.forget()

    def _followed(self) -> snapshots.Restore:
        """Wait for the end, from a process that outlives the exchange. Raises: EngineFailed."""
        watcher = guarding.Guardian(
            self.context.client,
            self.whose,
            self.journal.id,
            now=self.context.now,
            say=self._said,
        )
        while True:
            try:
                seen = journal.read(self.context.client, self.whose)
                self.seen = (
                    seen if seen.journal and seen.journal.id == self.journal.id else self.seen
                )
                if self.journal.ended or standing.stopped(seen.object):
                    return self._told()
                if self._alone():
                    watcher.step()
            except (failures.ClusterError, errors.Conflict) as error:
                if self._late():  # the pod is gone and its token with it, or the cluster is
                    raise errors.EngineFailed(
                        f"The volumes are exchanged; how it went on is not known: {error.message}",
                        f"{self._heir().capitalize()} sees it through; `kfnb cluster` tells.",
                    ) from error
                self.progress.phase(
                    f"the notebook restarts; the cluster was asked: {error.message}"
                )
            self._watched()
            self.context.sleep(self.context.every)

    def _watched(self) -> None:
        """Raises: Cancelled, when this process is to end: the pod goes, or somebody stopped it."""
        try:
            self.progress.advance(0)
        except errors.Cancelled:
            raise errors.Cancelled(
                "The volumes are exchanged and the notebook restarts: "
                f"{self._heir()} sees it through.",
                "Undo takes it back afterwards.",
            ) from None

    def _heir(self) -> str:
        return "the guardian" if self.journal.guardian else "the next start of the server"

    def _alone(self) -> bool:
        """Whether nobody guards it, or the guardian let the deadline pass."""
        return self._late() or not self.journal.guardian

    def _late(self) -> bool:
        deadline = self.journal.deadline
        return deadline is not None and self.context.now() > deadline + aborting.SPARE

    def _said(self, text: str) -> None:
        self.progress.phase(f"the notebook restarts; {text}")

    def _told(self) -> snapshots.Restore:
        running = self.journal
        if running.phase == "failed":
            raise aborting.failed(running)
        made = journal.restored(running, self.context.now())
        found = (one for one in journal.made(self.seen.object) if one.id == running.id)
        return next(found, made)


def _prepared(run: Run, intent: intending.Intent) -> None:
    """safety and provision. Raises: what the cluster refuses."""
    if run.journal.phase == "safety":
        run.progress.phase("taking a safety snapshot")
        order = taking.Order(
            id=f"{intent.id}-before",
            name=f"before the restore {intent.id}",
            reason="before_restore",
            mounts=_mounts(intent.switches),
        )
        taken = taking.take(run.context, order, run.progress)
        run.move("saved", safety=taken.id)
    provision(run, intent)


def provision(run: Run, intent: intending.Intent, more: More = dict) -> None:
    """Make the new claims, where that is not done yet. Raises: what the cluster refuses."""
    if run.journal.phase != "provision":
        return
    for wanted in intent.claims:
        run.progress.advance(0)
        run.progress.phase(f"making the claim {wanted.name}")
        body = intending.claim(intent, wanted)
        provisioning.make(run.context, intent.target.namespace, body)
    names = [one.name for one in intent.claims]
    provisioning.bound(run.context, intent.target.namespace, names, run.progress)
    run.move("provisioned", **more())


def _mounts(switches: Sequence[snapshots.Switch]) -> tuple[str, ...]:
    return tuple(one.mount for one in switches if one.old)


def _with(error: errors.KfnbError, said: str) -> errors.KfnbError:
    message = error.message
    for known in (" Nothing was changed.", aborting.UNDONE):
        message = message.replace(known, "")
    error.message = f"{message}{said}"
    error.args = (error.message,)
    return error
