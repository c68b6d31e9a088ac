"""The mounted filesystems that matter to a person, the workspace's first.

Rule: every question that touches a mount has a deadline (see ``workers``); a mount that does not
answer is ``stale`` and all the others keep their figures.
"""

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from kfnb_ext.model.volumes import Volume, VolumeKind, Volumes
from kfnb_ext.probes import mounts
from kfnb_ext.probes.volumes import claims, figures, kinds, workers

DEADLINE = 2.0  # seconds: a healthy NFS server answers in milliseconds, a dead one never

Look = figures.Figures | OSError

STALE = figures.none("The filesystem does not answer. The server behind it may be down.")
NO_FOLDER = figures.none("It is a file.")


class VolumesProbe:
    """Reads the volumes. Use one object for all readings: it remembers the mounts that hang."""

    def __init__(
        self,
        workspace: str | os.PathLike[str],
        *,
        home: str | os.PathLike[str] | None = None,
        namespace: str = "",
        proc_root: Path = mounts.PROC,
        deadline: float = DEADLINE,
    ) -> None:
        """``namespace``: the pod's own, for the names of claims."""
        self._namespace = namespace
        self._workspace = os.path.abspath(workspace)  # resolve() may hang
        self._home = os.path.abspath(home or os.path.expanduser("~"))
        self._proc_root = Path(proc_root)
        self._deadline = deadline  # seconds, for all that a reading asks
        self._workers = workers.Workers()
        self._table: tuple[mounts.Mount, ...] = ()
        self._places: list[str] = []
        self._shown: dict[mounts.Mount, Volume] = {}  # as the table has them, without figures

    def read(self) -> Volumes:
        """One reading, within the deadline. Raises: Unsupported without a mount table."""
        end = time.monotonic() + self._deadline
        table = mounts.table(self._proc_root)
        if table != self._table:
            self._resolve(table, end - self._deadline / 2)
            self._shown = self._describe(table)
        looks = self._workers.ask({m: _look(m.point) for m in self._shown}, end)
        return Volumes(
            volumes=tuple(
                _with(volume, looks.get(mount, STALE))
                for mount, volume in self._shown.items()
                if looks.get(mount, STALE) is not NO_FOLDER
            )
        )

    def _describe(self, table: tuple[mounts.Mount, ...]) -> dict[mounts.Mount, Volume]:
        """All that the table alone tells of what is shown; no filesystem is asked."""
        workspace, home = (mounts.covering(path, table) for path in self._places)
        found = {m: kinds.kind(m, table) for m in table}
        shown = [m for m, (k, _) in found.items() if m in (workspace, home) or kinds.is_shown(m, k)]
        shown.sort(key=lambda m: (m != workspace, m != home, m.point))
        disks = kinds.node_disks(table)
        return {
            m: msgspec.structs.replace(
                _volume(m, *found[m], m == workspace),
                holds_home=m == home,
                claim=claims.claim(m, self._namespace),
                scope=claims.scope(m, found[m][0], disks),
            )
            for m in _once(shown)
        }

    def _resolve(self, table: tuple[mounts.Mount, ...], end: float) -> None:
        """Follow the symbolic links of the workspace and the home, where that answers."""
        paths = {"workspace": self._workspace, "home": self._home}
        answers = self._workers.ask({name: _resolver(path) for name, path in paths.items()}, end)
        self._places = [a if isinstance(a := answers.get(n), str) else p for n, p in paths.items()]
        # As long as the mounts stay the same it is not asked again; one that hangs is.
        self._table = table if len(answers) == len(paths) else ()


def _once(shown: list[mounts.Mount]) -> list[mounts.Mount]:
    """The same folder of the same filesystem, bound to several places, counts once: the first."""
    first: dict[tuple[str, str], mounts.Mount] = {}
    for mount in shown:
        first.setdefault((mount.device, mount.root), mount)
    return list(first.values())


def _look(point: str) -> Callable[[], Look]:
    def look() -> Look:
        # A lone file can be a mount too (a driver's library, a key of a config map).
        if not stat.S_ISDIR(os.stat(point).st_mode):
            return NO_FOLDER
        return figures.of(os.statvfs(point))

    return look


def _resolver(path: str) -> Callable[[], str]:
    return lambda: os.path.realpath(path)


def _volume(
    mount: mounts.Mount, kind: VolumeKind, survives: bool | None, is_workspace: bool
) -> Volume:
    untold = {"survives_restart": "It cannot be told from inside the pod."}
    return Volume(
        mount=_said(mount.point),
        filesystem=mount.filesystem,
        source=_said(mount.source),
        kind=kind,
        survives_restart=survives,
        is_workspace=is_workspace,
        read_only=mount.read_only,
        stale=True,
        total=None,
        used=None,
        free=None,
        inodes_total=None,
        inodes_free=None,
        missing=untold if survives is None else {},
    )


def _with(volume: Volume, look: Look) -> Volume:
    if isinstance(look, OSError):
        look = figures.none(f"The filesystem answers with an error: {look.strerror}.")
    known = {name: getattr(look, name) for name in figures.FIELDS}
    missing = {**look.missing, **volume.missing}
    return msgspec.structs.replace(volume, stale=look is STALE, **known, missing=missing)


def _said(path: str) -> str:
    """A path for people and JSON: bytes that are no text become the mark for that."""
    return os.fsencode(path).decode(errors="replace")
