"""What changes this notebook in the cluster, put together.

Rule: each part is made when it is first asked for.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from kfnb_ext.assembly import site
from kfnb_ext.engines import base
from kfnb_ext.kube import quota, standing
from kfnb_ext.model import advice, advising, quotas
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.shm import Shm
from kfnb_ext.model.snapshots import Restore, RestorePlan
from kfnb_ext.model.volumes import Volumes
from kfnb_ext.services.cluster.exchanging import Exchanging
from kfnb_ext.services.cluster.growing import Growing
from kfnb_ext.services.cluster.patching import Patching
from kfnb_ext.services.cluster.sending import Object, Sending
from kfnb_ext.services.cluster.stopping import Stopping
from kfnb_ext.services.cluster.unpatching import Unpatching
from kfnb_ext.services.cluster.waiting_for_room import WaitingForRoom
from kfnb_ext.services.cluster.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb_ext.assembly import Pod
    from kfnb_ext.engines.csi.context import Context
    from kfnb_ext.model.patches import Spec
    from kfnb_ext.services.heartbeat import Heartbeat


class Larger:
    """The engine of volumes, as what grows a claim by exchange wants it."""

    def __init__(self, context: "Callable[[], Context]") -> None:
        self._context = context

    def plan(self, claim: str, size: int) -> RestorePlan:
        """What it would do."""
        from kfnb_ext.engines.csi import enlarging

        return enlarging.plan(self._context(), enlarging.Wish(claim=claim, size=size))

    def make(
        self, claim: str, size: int, identity: str, progress: base.Progress, *, unguarded: bool
    ) -> Restore:
        """Do it."""
        from kfnb_ext.engines.csi import enlarging

        wish = enlarging.Wish(claim=claim, size=size, unguarded=unguarded)
        return enlarging.enlarge(self._context(), wish, identity, progress)


class Changing:
    """The parts, over one pod."""

    def __init__(self, pod: "Pod") -> None:
        self._pod = pod

    @cached_property
    def gate(self) -> Writing:
        """What every change passes."""
        options = self._pod.options
        return Writing(
            lambda: self._pod.cluster.client,
            self._pod.cluster.where,
            self._pod.operations,
            read_only=options.read_only,
            allowed=options.cluster_writes,
        )

    @cached_property
    def stopping(self) -> Stopping:
        """What stops and restarts it."""
        return Stopping(self.gate, self._pod.snapshots.take, self._heart)

    @cached_property
    def patching(self) -> Patching:
        """What applies the patch of an advice."""
        return Patching(Sending(self.gate), self._propose, self._room)

    @cached_property
    def unpatching(self) -> Unpatching:
        """What takes such a patch back."""
        return Unpatching(Sending(self.gate))

    @cached_property
    def growing(self) -> Growing:
        """What enlarges claims."""
        namespace = self.gate.where.names.namespace
        wait = WaitingForRoom(lambda: self.gate.client, namespace)
        return Growing(self.gate, wait, self._exchanging, self._storage)

    @cached_property
    def _exchanging(self) -> Exchanging:
        larger = Larger(lambda: self._pod.cluster.context)
        return Exchanging(self.gate, larger, site.policy(self._pod.options).allow)

    def _heart(self) -> "Heartbeat | None":
        return self._pod.heartbeat_made

    def _propose(self, spec: "Spec") -> tuple[advice.Proposal, ...]:
        """All advice for the readings of this moment and the Notebook as it was read."""
        status = self._pod.status.look()
        known = msgspec.structs.replace(self._pod.capacity.known, spec=spec)
        return advising.propose(
            status.limits if isinstance(status.limits, Limits) else None,
            status.shm if isinstance(status.shm, Shm) else None,
            status.volumes.volumes if isinstance(status.volumes, Volumes) else (),
            status.levels,
            known,
        )

    def _room(self, before: Object, after: Object) -> tuple[str, ...]:
        """Why the pod that the Notebook would make is refused, as far as quotas and limits tell."""
        had = {} if standing.stopped(before) else quotas.of_pod(_pod(before))
        wants = {key: value - had.get(key, 0) for key, value in quotas.of_pod(_pod(after)).items()}
        more = {key: value for key, value in wants.items() if value > 0}
        client, namespace = self.gate.client, self.gate.where.names.namespace
        short = quota.advice(client, namespace, more) if more else ()
        return short + quota.heavy(client, namespace, _pod(after))

    def _storage(self, of_class: str, more: int, size: int) -> tuple[str, ...]:
        wants = {quotas.STORAGE: more}
        if of_class:
            wants[f"{of_class}{quotas.OF_CLASS}{quotas.STORAGE}"] = more
        return quota.advice(self.gate.client, self.gate.where.names.namespace, wants, [size])


def _pod(notebook: Object) -> Object:
    found = ((notebook.get("spec") or {}).get("template") or {}).get("spec")
    return found if isinstance(found, dict) else {}
