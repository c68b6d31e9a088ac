"""The pod, put together: the only package that knows every part.

Rule: nothing is imported, opened or started here that is not needed yet.
"""

import logging
import os
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb_ext import config, errors
from kfnb_ext.assembly.where import find_workspace, in_a_pod

__all__ = [
    "Pod", "find_workspace", "in_a_pod", "in_use_file", "layers", "shell_pod", "unfinished",
]  # fmt: skip

if TYPE_CHECKING:  # a server that starts reads its options here, and needs none of these yet
    from kfnb_ext.assembly.capacity import Capacity
    from kfnb_ext.assembly.changing import Changing
    from kfnb_ext.assembly.cluster import Cluster
    from kfnb_ext.engines import base
    from kfnb_ext.model import operations as model_operations
    from kfnb_ext.model.gpu import Gpus
    from kfnb_ext.model.reading import Unavailable
    from kfnb_ext.model.status import Status
    from kfnb_ext.services.clock import Clock
    from kfnb_ext.services.environment import EnvironmentService
    from kfnb_ext.services.evidence import Witnessed
    from kfnb_ext.services.gpu import GpuService
    from kfnb_ext.services.heartbeat import Heartbeat
    from kfnb_ext.services.status import Probes
    from kfnb_ext.services.use import Use, UseService


class Pod:
    """All services over one workspace."""

    heartbeat_made: "Heartbeat | None" = None

    def __init__(
        self,
        options: config.KfnbExt,
        workspace: Path,
        face: "model_operations.Face",
        log: logging.Logger | None = None,
        clock: "Clock | None" = None,
    ) -> None:
        from kfnb_ext import state
        from kfnb_ext.assembly import site
        from kfnb_ext.services.clock import SYSTEM, Timeline
        from kfnb_ext.services.keep_awake import KeepAwakeService
        from kfnb_ext.services.operations import Operations
        from kfnb_ext.services.snapshots import Snapshots
        from kfnb_ext.services.status import StatusService

        self.options = options
        self.workspace = workspace
        self.face = face
        self.state = state.State(workspace, options.state_dir)
        self.operations = Operations(self.state, face, log or _quiet())
        self.snapshots = Snapshots(
            {"local": self._local, "csi": self._csi}, self.operations, site.policy(options)
        )
        self.timeline = Timeline(clock or SYSTEM)
        allowed = timedelta(hours=0 if options.read_only else options.keep_awake_hours)
        self._owner = state.myself("server") if face == "server" else None
        self.keep_awake = KeepAwakeService(self.timeline, self.state, allowed, self._teller)
        self.status = StatusService(
            errors.spelt(str(workspace)),
            self._probes,
            self.operations,
            self.state,
            use=self._use,
            keep_awake=self.keep_awake,
            judge=self._judge,
            read_only=options.read_only,
            snapshots_enabled=options.snapshots_enabled,
            notebook=lambda: self.cluster.notebook,
        )

    @cached_property
    def capacity(self) -> "Capacity":
        """What fills the pod, and what to do about it."""
        from kfnb_ext.assembly.capacity import Capacity

        return Capacity(self)

    @cached_property
    def cluster(self) -> "Cluster":
        """What asks and changes the cluster."""
        from kfnb_ext.assembly.cluster import Cluster

        return Cluster(self)

    @cached_property
    def environment(self) -> "EnvironmentService":
        """What the workspace's files run in."""
        from kfnb_ext.assembly import surrounding

        return surrounding.environment(self)

    @cached_property
    def changing(self) -> "Changing":
        """What changes this notebook in the cluster, on its user's word."""
        from kfnb_ext.assembly.changing import Changing

        return Changing(self)

    def _judge(self, status: "Status") -> "Status":
        return self.capacity.judge.look(status)  # made by whoever looks first

    @cached_property
    def use(self) -> "UseService":
        """Whether the notebook is used. Only the server asks for it."""
        from kfnb_ext.assembly import using

        return using.make(self, in_use_file(self.options))

    @cached_property
    def heartbeat(self) -> "Heartbeat | None":
        """What writes the last use to the Notebook, where that is possible and allowed."""
        from kfnb_ext.assembly import using

        self.heartbeat_made = using.heartbeat(self)
        return self.heartbeat_made

    def _use(self, seen: "Witnessed", gpus: "Gpus | Unavailable") -> "Use":
        return self.use.look(seen, gpus)  # made by whoever weighs first

    def _teller(self) -> "model_operations.Owner | None":
        """Who tells the cluster of our use: this server, or the one that a shell sees."""
        return self._owner or self.status.server()

    @cached_property
    def gpus(self) -> "GpuService":
        """The GPUs, and who holds them. The driver is first asked at the first reading."""
        from kfnb_ext.probes import gpu
        from kfnb_ext.services.gpu import GpuService, frameworks

        probe = gpu.GpuProbe(top=str(self.workspace))
        return GpuService(
            probe.read,
            lambda: frameworks.read(self.state),
            earlier=self._gpus_of_the_server,
            hear=self.status.history.hear,
        )

    def _gpus_of_the_server(self) -> "Gpus | None":
        from kfnb_ext.model.gpu import Gpus

        left = self.status.left()
        return left.gpus if left and isinstance(left.gpus, Gpus) else None

    def _local(self) -> "base.Engine":
        from kfnb_ext.engines import local

        return local.LocalEngine(
            self.workspace,
            exclude=tuple(self.options.snapshot_exclude),
            share=self.options.snapshot_share,
            environment=self.surrounding,
        )

    def _csi(self) -> "base.Engine":
        from kfnb_ext.engines.csi.engine import CsiEngine

        return CsiEngine(self.cluster.context)

    def _probes(self) -> "Probes":
        from kfnb_ext.assembly import sensing

        return sensing.probes(self)

    def surrounding(self) -> bytes:
        """The environment, as engines keep it. Raises nothing."""
        return self.environment.encoded()


def shell_pod(face: "model_operations.Face", workspace: str = "") -> Pod:
    """The pod as a shell or a kernel sees it. Raises: BadRequest, NotFound."""
    site, user = layers()
    options = config.settle(site, os.environ, user)
    return Pod(options, find_workspace(workspace or options.workspace), face)


def unfinished(workspace: Path) -> bool:
    """Whether an engine was interrupted here. Cheap: a server that starts asks it."""
    folders = (workspace / ".kfnb" / name for name in ("staging", "trash"))
    return any(folder.is_dir() and any(folder.iterdir()) for folder in folders)


def layers() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the site and what the user wrote into Jupyter's configuration files for KfnbExt."""
    from jupyter_core import paths

    from kfnb_ext.assembly import files

    site = [*reversed(paths.SYSTEM_CONFIG_PATH), *reversed(paths.ENV_CONFIG_PATH)]
    mine = [path for path in reversed(paths.jupyter_config_path()) if path not in site]
    return files.section(site), files.section(mine)


def in_use_file(options: config.KfnbExt) -> str:
    """The file that any program may touch to say that the notebook is used."""
    return options.in_use_file or f"{tempfile.gettempdir()}/kfnb-in-use-{os.getuid()}"


def _quiet() -> logging.Logger:
    log = logging.getLogger("kfnb_ext")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    return log
