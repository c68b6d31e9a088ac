"""What asks and changes the cluster, put together.

Rule: the package `kubernetes` is imported at the first question, and nobody asks at start.
"""

import os
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from kfnb_ext import state
from kfnb_ext.kube import place
from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.access import Access
from kfnb_ext.model import abilities
from kfnb_ext.model import cluster as model
from kfnb_ext.services.cluster.looking import Looking, Parts
from kfnb_ext.services.cluster.rights import KnownRights
from kfnb_ext.services.cluster.where import Where

if TYPE_CHECKING:
    from kfnb_ext.assembly import Pod
    from kfnb_ext.engines.csi import context
    from kfnb_ext.services.cluster.letting_go import LettingGo


class Cluster:
    """The parts, over one pod."""

    def __init__(self, pod: "Pod") -> None:
        self._pod = pod
        self.access = Access()

    @property
    def possible(self) -> bool:
        """Whether there is a cluster to ask. Imports and asks nothing."""
        return self.access.possible

    @cached_property
    def notebook(self) -> str:
        """NAMESPACE/NAME; empty: there is no cluster to ask, or this is no notebook of it."""
        names = self.names
        known = self.possible and names.namespace and names.notebook
        return f"{names.namespace}/{names.notebook}" if known else ""

    @property
    def writes(self) -> bool:
        """Whether the site allows changes of the cluster."""
        return self._pod.options.cluster_writes and not self._pod.options.read_only

    @cached_property
    def client(self) -> Client:
        """The one door."""
        return Client(self.access)

    @cached_property
    def names(self) -> place.Names:
        """What is known of the place without asking."""
        return place.names(os.environ, self._pod.options.notebook)

    @cached_property
    def where(self) -> Where:
        """Where this notebook lives."""
        return Where(self.client, self.names, os.fspath(self._pod.workspace))

    @cached_property
    def context(self) -> "context.Context":
        """What the engine of volumes works with."""
        from kfnb_ext.engines.csi import context

        where = self.where
        options = self._pod.options
        return context.Context(
            client=self.client,
            now=self.client.now,
            where=where.look,
            forget=where.forget,
            workspace=os.fspath(self._pod.workspace),
            inside=self.access.in_cluster,
            environment=self._pod.surrounding,
            rights=lambda: self.rights.look(where.look().platform),
            creator=state.myself(self._pod.face).user,
            settings=context.Settings(
                snapshot_class=options.snapshot_class,
                group_class=options.group_snapshot_class,
                ready_within=timedelta(minutes=options.snapshot_minutes),
                restart_within=timedelta(minutes=options.restore_minutes),
                writes=self.writes,
            ),
        )

    @cached_property
    def rights(self) -> KnownRights:
        """What the service account may do."""
        return KnownRights(self.client, self.names.namespace)

    @property
    def site(self) -> abilities.Site:
        """What the site's options allow."""
        options = self._pod.options
        return abilities.Site(
            read_only=options.read_only,
            cluster_writes=options.cluster_writes,
            snapshots_enabled=options.snapshots_enabled,
        )

    @cached_property
    def looking(self) -> Looking:
        """One look at all of it."""
        looking = Looking(
            Parts(
                names=self.names,
                where=lambda: self.where,
                client=lambda: self.client,
                rights=lambda: self.rights,
                possible=lambda: self.possible,
                kept=self._kept,
                site=self.site,
            )
        )
        self.client.denied.append(looking.forget)
        return looking

    def _kept(self) -> tuple[model.Kept, ...]:
        from kfnb_ext.engines.csi import keeping

        return keeping.kept(self.context)

    @cached_property
    def letting_go(self) -> "LettingGo":
        """Lets go what restores left behind."""
        from kfnb_ext.engines.csi import keeping
        from kfnb_ext.services.cluster.letting_go import LettingGo

        return LettingGo(
            lambda kind, name: keeping.release(self.context, kind, name),
            self._pod.operations,
            lambda: self.writes,
            self.looking.forget,
        )

    def unfinished(self) -> bool:
        """Whether a restore of this notebook has not ended, or its end was told to nobody.

        One request, in a worker thread. Raises: ClusterError.
        """
        from kfnb_ext.engines.csi import recovering

        return recovering.needed(self.client, self.names)
