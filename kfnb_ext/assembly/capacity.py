"""What fills the pod and what to do about it, put together.

Rule: each part is made when it is first asked for; a shell that looks at the status makes no
scan, and a server without kernels watches none.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kfnb_ext.model import advice, levels
from kfnb_ext.services.capacity.judging import Judge

if TYPE_CHECKING:
    from kfnb_ext.assembly import Pod
    from kfnb_ext.kube import place
    from kfnb_ext.model.limits import Kill
    from kfnb_ext.services.capacity.claims import Claims
    from kfnb_ext.services.capacity.clearing import Clearing
    from kfnb_ext.services.capacity.deaths import Deaths
    from kfnb_ext.services.capacity.removal import Removal
    from kfnb_ext.services.capacity.scans import Scans


class Capacity:
    """The parts, over one pod."""

    def __init__(self, pod: "Pod") -> None:
        self._pod = pod
        options = pod.options
        bounds = levels.Levels(warning=options.capacity_warning, alarm=options.capacity_alarm)
        self.known = _known(pod.cluster.names)
        self.judge = Judge(bounds, self.known, kills=self._kills)

    @cached_property
    def scans(self) -> "Scans":
        """Scans of the workspace."""
        return self.scans_of(os.fspath(self._pod.workspace))

    def scans_of(self, top: str) -> "Scans":
        """Scans of another folder."""
        from kfnb_ext.services.capacity.scans import Scans

        return Scans(top, self._pod.operations, self._pod.state)

    @cached_property
    def removal(self) -> "Removal":
        """What deletes, and empties the trash."""
        from kfnb_ext.services.capacity.removal import Removal

        return Removal(
            self._pod.workspace,
            Path(os.path.expanduser("~")),  # also for a user whom the system does not know
            self._pod.operations,
            lambda: self.scans.scan(lambda files, size: None),
            read_only=self._pod.options.read_only,
        )

    @cached_property
    def clearing(self) -> "Clearing":
        """What ends orphans and removes leftovers."""
        from kfnb_ext.services.capacity.clearing import Clearing

        return Clearing(read_only=self._pod.options.read_only)

    @cached_property
    def deaths(self) -> "Deaths":
        """Kernels that the memory limit takes; only the server watches them."""
        from kfnb_ext.probes import cgroup, limits
        from kfnb_ext.services.capacity.deaths import Deaths

        def limit() -> int | None:
            group = cgroup.find("memory")
            return cgroup.memory_bound(group) if group else None

        top = os.fspath(self._pod.workspace)
        return Deaths(os.getpid(), limits.oom_kills, limit, top=top)

    @cached_property
    def claims(self) -> "Claims | None":
        """The claims as the cluster knows them; None: this is no pod, or its name is not known."""
        name = os.environ.get("HOSTNAME", "")
        if "KUBERNETES_SERVICE_HOST" not in os.environ or not (name and self.known.namespace):
            return None
        from kfnb_ext.services.capacity.claims import Claims

        notebook = "" if self.known.workspace else self.known.notebook
        return Claims(lambda: self._pod.cluster.client, self.known.namespace, name, notebook)

    def ask(self, seconds: float) -> None:
        """Ask the cluster and wait so long: for a shell that looks once, and is gone then."""
        if self.claims:
            self.judge.cluster = self.claims
            self.claims.looked()
            self.claims()
            self.claims.wait(seconds)

    @property
    def told(self) -> advice.Known:
        """What is known of the notebook, with what the cluster has told so far."""
        return self.judge.known()

    def stop(self) -> None:
        """Let the watch end."""
        if "deaths" in self.__dict__:
            self.deaths.stop()

    def _kills(self) -> "tuple[Kill, ...]":
        if "deaths" in self.__dict__:
            return tuple(self.deaths.kills)
        return self._pod.status.kills()  # a shell shows what the server has seen


def _known(names: "place.Names") -> advice.Known:
    return advice.Known(
        namespace=names.namespace,
        notebook=names.notebook,
        workspace=names.platform == "workspaces",
    )
