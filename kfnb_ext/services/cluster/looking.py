"""One look at the cluster around this notebook: where, what may be done, what is left.

Rule: a part that cannot be had becomes a note and costs no other part; a cluster that hangs costs
whoever asked the deadline and nobody else anything. Nothing is asked while nobody looks.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TypeVar

import msgspec

from kfnb_ext import errors
from kfnb_ext.kube import quota, standing
from kfnb_ext.kube.client import Client, failures
from kfnb_ext.kube.place import Names
from kfnb_ext.model import abilities, cluster, quotas, rights, roles
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.services.bounded import Bounded
from kfnb_ext.services.cluster.rights import KnownRights
from kfnb_ext.services.cluster.where import Where

DEADLINE = 12.0  # seconds for the whole look: one request may hang for ten
MAX_AGE = 60.0  # seconds for which a look is shown again
PAUSE = 10.0  # seconds for which a cluster that does not answer is left alone, whoever asks
# The cluster cannot be asked at present: the other parts would only wait for the same.
AWAY = ("timeout", "closed", "unreachable", "throttled", "server", "tls", "unauthenticated",
        "not_installed", "no_cluster")  # fmt: skip
NO_CLUSTER = "No Kubernetes cluster is known here. This is normal outside a pod."
NO_TOKEN = (
    "This pod has no token of a service account, so the cluster cannot be asked: the "
    "administrator decides that (automountServiceAccountToken)."
)
LATER = "Nothing else is affected: look again in a minute."
T = TypeVar("T")


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asked for what."""

    names: Names
    where: Callable[[], Where]
    client: Callable[[], Client]
    rights: Callable[[], KnownRights]
    possible: Callable[[], bool]
    kept: Callable[[], tuple[cluster.Kept, ...]] = lambda: ()
    site: abilities.Site = abilities.Site()


class Looking:
    """Looks when asked, and shows the same again while it is young."""

    def __init__(
        self,
        parts: Parts,
        deadline: float = DEADLINE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self._clock = clock
        self._bounded = Bounded("the cluster", self._read, deadline)
        self._lock = threading.Lock()
        self._last: cluster.Cluster | None = None
        self._until = 0.0
        self._away = False  # the last look found nobody
        self._place: cluster.Place | None = None

    def look(self, fresh: bool = False) -> cluster.Cluster:
        """The cluster, at most a minute old. Never raises, and ends within the deadline."""
        if not self._parts.possible():
            return self._empty(NO_TOKEN if self._parts.names.platform != "none" else NO_CLUSTER)
        last = self._young(fresh)
        if last:
            return last
        if fresh:
            self._parts.rights().forget()
            self._parts.where().forget()
        self._bounded.ask()
        answer = self._bounded.answer()
        if isinstance(answer, Unavailable):
            return self._keep(self._empty(f"{answer.reason} {LATER}"), PAUSE)
        return answer

    def _young(self, fresh: bool) -> cluster.Cluster | None:
        with self._lock:
            young = self._clock() < self._until and (not fresh or self._away)
            return self._last if young else None

    def _keep(self, found: cluster.Cluster, seconds: float) -> cluster.Cluster:
        with self._lock:
            self._last, self._away = found, seconds == PAUSE
            self._until = self._clock() + seconds
        return found

    def forget(self) -> None:
        """Something was changed: look anew next time."""
        with self._lock:
            self._last = None

    def _read(self) -> cluster.Cluster:
        asking = _Asking()
        parts = self._parts
        place = asking.have(lambda: parts.where().look(), self._nowhere())
        self._place = place
        known = asking.have(lambda: parts.rights().look(place.platform), rights.Rights())
        no_lines: tuple[quotas.Line, ...] = ()
        nothing: tuple[cluster.Kept, ...] = ()
        lines = asking.have(lambda: quota.lines(parts.client(), place.namespace), no_lines)
        kept = asking.have(parts.kept, nothing)
        notes = [*asking.notes, *self._waiting(asking, place, known)]
        found = self._cluster(place, known, notes, lines, kept)
        return self._keep(found, PAUSE if asking.away else MAX_AGE)

    def _waiting(
        self, asking: "_Asking", place: cluster.Place, known: rights.Rights
    ) -> tuple[str, ...]:
        """What a Workspace says of itself. Its controller takes no option by a restart alone."""
        if place.platform != "workspaces" or known.served.workspaces is False:
            return ()
        client = self._parts.client
        read = asking.have(
            lambda: standing.workspace(client(), place.namespace, place.notebook), None
        )
        replaced = standing.replaced(read) if read else ()
        if not replaced:
            return ()
        return (
            f"The administrator has replaced an option of this Workspace ({'; '.join(replaced)}): "
            "a restart alone does not bring it, choose it where workspaces are listed.",
        )

    def _cluster(
        self,
        place: cluster.Place,
        known: rights.Rights,
        notes: list[str],
        lines: tuple[quotas.Line, ...] = (),
        kept: tuple[cluster.Kept, ...] = (),
    ) -> cluster.Cluster:
        return cluster.Cluster(
            taken=datetime.now(timezone.utc),
            place=place,
            abilities=abilities.told(known, place, self._parts.site),
            quotas=tuple(quotas.told(line) for line in lines),
            kept=kept,
            role=roles.for_admin(known, place),
            notes=tuple(notes),
        )

    def _empty(self, note: str) -> cluster.Cluster:
        return self._cluster(self._nowhere(), rights.Rights(), [note])

    def _nowhere(self) -> cluster.Place:
        if self._place:  # as it was known last
            return self._place
        names = self._parts.names
        return cluster.Place(
            platform=names.platform,
            namespace=names.namespace,
            notebook=names.notebook,
            pod=names.pod,
            service_account=names.account,
        )


class _Asking:
    """Asks for one part after another, and notes what cannot be had."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.away = False

    def have(self, call: Callable[[], T], otherwise: T) -> T:
        if self.away:
            return otherwise
        try:
            return call()
        except errors.KfnbError as error:
            self.away = isinstance(error, failures.ClusterError) and error.reason in AWAY
            self.notes.append(f"{error.message} {error.hint}".strip())
        return otherwise
