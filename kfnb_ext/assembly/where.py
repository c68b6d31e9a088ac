"""Which folder is the workspace of a shell or a kernel.

Rule: what is named counts, and must be a folder. Where nothing is named, a folder with snapshots
is taken only if they are this user's own: in a folder that all share, somebody else may have made
it, and would get copies of what lies there.
"""

import os
import stat
from pathlib import Path

from kfnb_ext import errors

NAME_ONE = "Name one with --workspace or KFNB_WORKSPACE."


def find_workspace(named: str) -> Path:
    """The workspace of a shell: the one named, the nearest above with snapshots, or the home.

    Raises: NotFound when it is no folder.
    """
    folder = Path(named) if named else _usual()
    try:
        return _folder(folder)
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, no such user behind the "~"
        shown = str(folder) if len(str(folder)) < 300 else f"{str(folder)[:300]}..."
        raise errors.NotFound(f"The workspace {shown} is no folder.", NAME_ONE) from None


def _usual() -> Path:
    try:
        here = Path.cwd()
    except OSError as error:
        raise errors.NotFound("The current folder is not there any more.", NAME_ONE) from error
    above = (part for part in (here, *here.parents) if _is_mine(part / ".kfnb"))
    # Path.home() would fail for a user whom the system does not know (a random uid, no HOME).
    return next(above, Path(os.path.expanduser("~")) if in_a_pod() else here)


def _is_mine(folder: Path) -> bool:
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _folder(path: Path) -> Path:
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise NotADirectoryError(folder)
    return folder


def in_a_pod() -> bool:
    """Whether this process runs in a pod or under a hub, where the home is the workspace."""
    marks = ("KUBERNETES_SERVICE_HOST", "NB_PREFIX", "JUPYTERHUB_SERVICE_PREFIX")
    return any(mark in os.environ for mark in marks)
