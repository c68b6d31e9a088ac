"""The pod, put together: the only file that knows every part.

Rule: nothing is imported, opened or started here that is not needed yet.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb_ext import config, errors

if TYPE_CHECKING:  # a server that starts reads its options here, and needs none of these yet
    from kfnb_ext.engines import base
    from kfnb_ext.model import operations as model_operations
    from kfnb_ext.services.snapshots import Policy
    from kfnb_ext.services.status import Probes


class Pod:
    """All services over one workspace."""

    def __init__(
        self,
        options: config.KfnbExt,
        workspace: Path,
        face: "model_operations.Face",
        log: logging.Logger | None = None,
    ) -> None:
        from kfnb_ext import state
        from kfnb_ext.services.operations import Operations
        from kfnb_ext.services.snapshots import Snapshots
        from kfnb_ext.services.status import StatusService

        self.options = options
        self.workspace = workspace
        self.state = state.State(workspace, options.state_dir)
        self.operations = Operations(self.state, face, log or _quiet())
        self.snapshots = Snapshots({"local": self._local}, self.operations, _policy(options))
        self.status = StatusService(
            str(workspace),
            self._probes,
            self.operations,
            self.state,
            read_only=options.read_only,
            snapshots_enabled=options.snapshots_enabled,
        )

    def _local(self) -> "base.Engine":
        from kfnb_ext.engines import local

        return local.LocalEngine(
            self.workspace,
            exclude=tuple(self.options.snapshot_exclude),
            share=self.options.snapshot_share,
        )

    def _probes(self) -> "Probes":
        from kfnb_ext.probes import gpu, limits, shm, volumes
        from kfnb_ext.services.status import Probes

        return Probes(
            limits=limits.LimitsProbe().read,
            shm=shm.read,
            volumes=volumes.VolumesProbe(self.workspace).read,
            gpus=gpu.read,
        )


def shell_pod(face: "model_operations.Face", workspace: str = "") -> Pod:
    """The pod as a shell or a kernel sees it. Raises: BadRequest, NotFound."""
    site, user = layers()
    options = config.settle(site, os.environ, user)
    return Pod(options, find_workspace(workspace or options.workspace), face)


def find_workspace(named: str) -> Path:
    """The workspace of a shell: the one named, the nearest above with snapshots, or the home.

    Raises: NotFound when it is no folder.
    """
    folder = Path(named) if named else _usual()
    try:
        return _folder(folder)
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, no such user behind the "~"
        shown = str(folder) if len(str(folder)) < 300 else f"{str(folder)[:300]}..."
        raise errors.NotFound(
            f"The workspace {shown} is no folder.", "Name one with --workspace or KFNB_WORKSPACE."
        ) from None


def _usual() -> Path:
    here = Path.cwd()
    above = (part for part in (here, *here.parents) if (part / ".kfnb").is_dir())
    return next(above, Path.home() if in_a_pod() else here)


def _folder(path: Path) -> Path:
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise NotADirectoryError(folder)
    return folder


def in_a_pod() -> bool:
    """Whether this process runs in a pod or under a hub, where the home is the workspace."""
    marks = ("KUBERNETES_SERVICE_HOST", "NB_PREFIX", "JUPYTERHUB_SERVICE_PREFIX")
    return any(mark in os.environ for mark in marks)


def layers() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What the site and what the user wrote into Jupyter's configuration files for KfnbExt."""
    from jupyter_core import paths

    site = [*reversed(paths.SYSTEM_CONFIG_PATH), *reversed(paths.ENV_CONFIG_PATH)]
    mine = [path for path in reversed(paths.jupyter_config_path()) if path not in site]
    return _section(site), _section(mine)


def _section(folders: list[str]) -> dict[str, Any]:
    """The KfnbExt section of the files in these folders, later ones over earlier ones."""
    from traitlets.config.loader import Config, JSONFileConfigLoader, PyFileConfigLoader

    merged: Config = Config()
    for folder in folders:
        for name in ("jupyter_config", "jupyter_server_config", "jupyter_kfnb_ext_config"):
            for suffix, loader in ((".json", JSONFileConfigLoader), (".py", PyFileConfigLoader)):
                file = Path(folder) / (name + suffix)
                # A file that does not name us is not run: it may do anything.
                if _names_us(file):
                    merged.merge(_load(loader(file.name, path=folder), file))
    return dict(merged.get("KfnbExt", {}))


def _load(loader: Any, file: Path) -> Any:
    try:
        return loader.load_config()
    except Exception as error:  # Python files hold whatever a person wrote
        raise errors.BadRequest(
            f"The configuration file {file} cannot be read: {type(error).__name__}: {error}",
            "Correct it and start again.",
        ) from error


def _names_us(file: Path) -> bool:
    try:
        return b"KfnbExt" in file.read_bytes()
    except OSError:
        return False


def _policy(options: config.KfnbExt) -> "Policy":
    from kfnb_ext.model import snapshots as model_snapshots
    from kfnb_ext.services.snapshots import Policy

    return Policy(
        read_only=options.read_only,
        snapshots_enabled=options.snapshots_enabled,
        retention=model_snapshots.Retention(
            last=options.keep_last, daily=options.keep_daily, weekly=options.keep_weekly
        ),
    )


def _quiet() -> logging.Logger:
    log = logging.getLogger("kfnb_ext")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    return log
