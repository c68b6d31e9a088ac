"""Stop and restart this notebook, on its user's word.

Stopping is the mark that Kubeflow's own button sets; restarting is deleting the pod, which its
StatefulSet makes anew. Nothing is written to the Notebook for a restart.

Rule: with a snapshot first, the notebook is stopped only once that has succeeded; that it may be
stopped at all is asked before.
"""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, Protocol

from kfnb_ext import errors
from kfnb_ext.kube import standing
from kfnb_ext.kube.client import address, failures, guard
from kfnb_ext.model.changes import StopRequest
from kfnb_ext.model.reading import checked
from kfnb_ext.model.snapshots import CreateRequest, Snapshot
from kfnb_ext.services.cluster.writing import Writing, sure
from kfnb_ext.services.operations import Result, Running

RESTARTING = "Restarting the notebook"
PAUSED = "/spec/paused"  # of a workspace of 2.0
Take = Callable[[CreateRequest, Running], Snapshot]


class Heart(Protocol):
    """What writes the last use to the Notebook."""

    def hold(self, held: bool) -> None:
        """Write nothing while this holds."""


def _utc() -> datetime:
    return datetime.now(timezone.utc)


class Stopping:
    """Stops and restarts. ``take`` takes a snapshot within the operation that runs."""

    def __init__(
        self,
        writing: Writing,
        take: Take,
        heart: Callable[[], Heart | None] = lambda: None,
        now: Callable[[], datetime] = _utc,
    ) -> None:
        self._writing, self._take, self._heart, self._now = writing, take, heart, now

    def check(self, what: str) -> None:
        """Whether the site lets it, and this is a notebook. Raises: Forbidden, Unsupported."""
        self._writing.allow("Stopping the notebook" if what == "stop" else RESTARTING)
        self._writing.notebook()

    def stop(self, request: StopRequest, user: str = "") -> Running:
        """Stop it: the pod ends, the volumes stay. Raises: Forbidden, Unsupported."""
        self.check("stop")
        request = checked(request)

        def work(running: Running) -> Result:
            running.phase("asking whether it may be stopped")
            body = self._running_notebook()
            self._mark(body, dry_run=True)
            kept = self._snapshot(request, "stop", running)
            running.phase("stopping the notebook")
            self._stop(body)
            return Result(
                message=f"The notebook is stopped: its pod ends now, its volumes stay.{_and(kept)} "
                "Start it again where notebooks are listed.",
                snapshot=kept.id if kept else None,
            )

        title = f"stop of the notebook: {request.reason}" if request.reason else ""
        engine = request.snapshot or "cluster"
        return self._writing.operations.start(
            "stop", engine, title or "stop of the notebook", work, user=user
        )

    def restart(self, request: StopRequest, user: str = "") -> Running:
        """Restart it: the pod is deleted and made anew. Raises: Forbidden, Unsupported."""
        self.check("restart")
        request = checked(request)

        def work(running: Running) -> Result:
            running.phase("asking whether it may be restarted")
            self._startable()
            pod = self._pod()
            self._writing.client.delete(pod[0], uid=pod[1], dry_run=True)
            kept = self._snapshot(request, "restart", running)
            running.phase("restarting the notebook")
            sure(lambda: self._delete(*pod), lambda: self._gone(*pod))
            self._writing.changed()
            return Result(
                message=f"The notebook restarts: its pod ends now and is made anew.{_and(kept)}",
                snapshot=kept.id if kept else None,
            )

        title = f"restart of the notebook: {request.reason}" if request.reason else ""
        engine = request.snapshot or "cluster"
        return self._writing.operations.start(
            "restart", engine, title or "restart of the notebook", work, user=user
        )

    def _snapshot(self, request: StopRequest, what: str, running: Running) -> Snapshot | None:
        if request.snapshot is None:
            return None
        wish = CreateRequest(
            engine=request.snapshot, name=f"before the {what}", note=request.reason
        )
        made = self._take(wish, running)
        if made.complete and made.state == "ready":
            return made
        why = made.error or "it is not complete"
        raise errors.EngineFailed(
            f"The snapshot {made.id} before it did not succeed: {why}. The notebook goes on.",
            "Look at the snapshot, or do it without one.",
        )

    def _running_notebook(self) -> dict[str, Any]:
        body = self._writing.read()
        if standing.stopped(body):
            raise errors.Conflict(
                "The notebook is stopped already, or is being stopped. Nothing was changed.",
                "Start it again where notebooks are listed.",
            )
        return body

    def _startable(self) -> None:
        try:
            self._running_notebook()
        except failures.Refused as error:  # the pod may be ours to delete all the same
            if error.reason not in ("rbac", "forbidden"):
                raise

    def _stop(self, body: dict[str, Any]) -> None:
        heart = self._heart()
        if heart:  # the last use, written behind the mark, would look like a start
            heart.hold(True)
        try:
            sure(
                lambda: self._mark(body),
                lambda: True if standing.stopped(self._writing.read()) else None,
            )
        except failures.ClusterError:
            if heart:
                heart.hold(False)
            raise
        self._writing.changed()

    def _mark(self, body: dict[str, Any], *, dry_run: bool = False) -> bool:
        client, place, uid = self._writing.client, self._writing.notebook(), body["metadata"]["uid"]
        if place.plural == address.WORKSPACES.plural:
            patch: dict[str, Any] = {"metadata": {"uid": uid}, "spec": {"paused": True}}
            client.patch_merge(place, patch, touches=[PAUSED], dry_run=dry_run)
            return True
        when = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        patch = {"metadata": {"uid": uid, "annotations": {guard.STOPPED: when}}}
        client.patch_merge(place, patch, dry_run=dry_run)
        return True

    def _pod(self) -> tuple[address.Address, str]:
        names = self._writing.where.names
        # Outside it its name is a guess, which the look puts right: a workspace's has a random end.
        name = self._writing.where.look().pod if names.platform == "none" else names.pod
        if not name:
            raise errors.Unsupported("Which pod this is, is not known. Nothing was changed.")
        place = address.PODS.at(names.namespace, name)
        return place, str(self._writing.client.get(place).body["metadata"]["uid"])

    def _delete(self, place: address.Address, uid: str) -> bool:
        try:
            self._writing.client.delete(place, uid=uid)
        except failures.Missing:  # somebody was faster; it is made anew
            if not self._gone(place, uid):
                raise
        return True

    def _gone(self, place: address.Address, uid: str) -> bool | None:
        """Whether this very pod is on its way out, or gone."""
        try:
            metadata = self._writing.client.get(place).body["metadata"]
        except failures.Missing:
            return True
        return True if metadata["uid"] != uid or "deletionTimestamp" in metadata else None


def _and(kept: Snapshot | None) -> str:
    return f" The snapshot {kept.id} was taken before." if kept else ""
