"""Waits until all volumes of a set are ready, and says in words what the cluster is doing.

An error is not the end: the controllers go on trying, and it goes away when a try succeeds. The
end is what cannot heal (a class that is missing, a driver that says it never will), a cluster in
which nobody reacts at all, and our own deadline.

Rule: an answer that does not come costs patience, never the snapshot.
"""

import re
from datetime import timedelta
from functools import partial
from typing import Any

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import happenings, joining, members
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.members import Cut, Member
from kfnb_ext.kube.client import failures

SILENCE = timedelta(seconds=30)  # without any reaction: no controller is there
TELLING = timedelta(seconds=6)  # between two looks at the events
STUBBORN = 5  # refusals in a row that are not a passing trouble
PASSING = {"throttled", "server", "timeout", "closed", "unreachable", "expired"}
# What the controller and the driver say when no retry can help.
FINAL = re.compile(
    r"cannot find default (?:group )?snapshot class|default snapshot classes were found"
    r"|volume(?:group)?snapshotclass\S* \S+ not found|cannot get claim from snapshot"
    r"|snapshotting non-CSI volumes is not supported|cannot find CSI PersistentVolumeSource"
    r"|cannot snapshot a non-CSI volume|mismatch with VolumeGroupSnapshotClass"
    r"|code = (?:FailedPrecondition|Unimplemented|InvalidArgument|PermissionDenied)\b"
    rf"|{joining.WITHOUT}"
)


class NotReady(errors.EngineFailed):
    """The set will not get ready, or not in time; ``final``: no wait could help."""

    def __init__(self, message: str, hint: str, final: bool) -> None:
        super().__init__(message, hint)
        self.final = final


class Wait:
    """One wait for one set of ``count`` volumes."""

    def __init__(self, context: Context, cut: Cut, count: int, progress: base.Progress) -> None:
        self._context, self._cut, self._count, self._progress = context, cut, count, progress
        self._began = self._told = context.now()
        self._refused = 0
        self._seen: set[str] = set()
        self._heard = False  # some controller said something in an event

    def until_ready(self, cut_within: timedelta | None = None) -> list[dict[str, Any]]:
        """The objects, all ready; a group must be cut in time, ready or not.

        Raises: NotReady, Cancelled, ClusterError.
        """
        grouped = cut_within is not None
        while True:
            self._progress.advance(0)  # where a user who asked to stop is heard
            listed = self._look(grouped)
            found = None if listed is None else list(map(members.read, listed))
            if listed is not None and found is not None:
                if len(found) == self._count and all(one.ready for one in found):
                    return listed
                self._judge(found)
                self._uncut(found, cut_within)
            self._late(found)
            self._context.sleep(self._context.every)

    def _look(self, grouped: bool) -> list[dict[str, Any]] | None:
        context, cut = self._context, self._cut
        read = partial(joining.objects, strict=True) if grouped else joining.single
        try:
            listed = read(context, cut.namespace, cut.notebook, cut.id)
        except failures.ClusterError as error:
            self._refused += error.reason not in PASSING
            if self._refused >= STUBBORN:
                raise
            self._progress.phase(f"waiting; the last answer was: {error.message}")
            return None
        self._refused = 0
        return listed

    def _judge(self, found: list[Member]) -> None:
        """Say how far it is. Raises: NotReady when it will never be."""
        self._seen |= {one.uid for one in found if one.made}
        if self._seen - {one.uid for one in found if not one.deleting}:
            raise NotReady(
                "A volume of this snapshot was deleted by somebody while it was being taken.",
                "Look at what is left in the list, delete it there, and take it again.",
                final=True,
            )
        for one in found:
            if not one.ready and FINAL.search(one.error):
                raise self._final(one)
        waiting = [one for one in found if not one.ready]
        self._progress.phase(self._words(waiting))
        quiet = self._context.now() - self._began > SILENCE
        if quiet and not self._heard and not any(one.touched for one in found):
            raise NotReady(
                "Nothing in this cluster reacts to the snapshot: no snapshot controller is "
                "running, it seems.",
                "Ask the administrator whether the CSI snapshot controller runs.",
                final=True,
            )

    def _uncut(self, found: list[Member], within: timedelta | None) -> None:
        if within is None or any(one.made for one in found):
            return
        if self._context.now() - self._began > within:
            minutes = f"{within.total_seconds() / 60:g} min"
            why = next((happenings.shorten(one.error) for one in found if one.error), "")
            raise NotReady(
                f"the storage had not cut the group after {minutes}{why and f' ({why})'}",
                "Ask the administrator whether the driver can cut groups of volumes.",
                final=True,
            )

    def _words(self, waiting: list[Member]) -> str:
        count = f"{self._count - len(waiting)} of {self._count} volumes are ready"
        failed = next((one for one in waiting if one.error), None)
        if failed:
            error = happenings.shorten(failed.error)
            return f"{count}; the cluster tries again after: {failed.volume.claim}: {error}"
        now = self._context.now()
        if now - self._told < TELLING:
            return f"{count}; waiting for {_claims(waiting)}"
        self._told = now
        said = [happenings.last(self._context, self._cut.namespace, one.uid) for one in waiting]
        self._heard = self._heard or any(said)
        return "; ".join([count, *filter(None, said)])

    def _final(self, one: Member) -> NotReady:
        told = happenings.shorten(one.error)
        return NotReady(
            f"The cluster cannot cut the claim {one.volume.claim}: {told}",
            "Show this to the administrator: the snapshot class or the driver has to be put right.",
            final=True,
        )

    def _late(self, found: list[Member] | None) -> None:
        within = self._context.settings.ready_within
        if self._context.now() - self._began <= within:
            return
        waiting = [one for one in found or () if not one.ready]
        minutes = f"{within.total_seconds() / 60:g} min"
        why = next((happenings.shorten(one.error) for one in waiting if one.error), "")
        named = sorted({one.snapshot_class for one in waiting if one.snapshot_class})
        cause = why or (
            f"no error was told. A snapshot class of another driver ({', '.join(named)}) never "
            "gets ready and never says so"
            if named
            else "no error was told"
        )
        raise NotReady(
            f"The snapshot was not ready within {minutes}: {cause}.",
            "It stays in the list, since the cluster may still finish it: look again later, or "
            "delete it there.",
            final=False,
        )


def _claims(waiting: list[Member]) -> str:
    return ", ".join(one.volume.claim for one in waiting)
