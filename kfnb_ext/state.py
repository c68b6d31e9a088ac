"""Small records on disk that server, kernels and shells of one workspace share.

Rule: each record is written whole by one rename, so a reader never sees half of one. The folder
belongs to this user alone; it may vanish at any time, and nothing of value is kept only here.
"""

import contextlib
import getpass
import hashlib
import os
import socket
import tempfile
from pathlib import Path

from kfnb_ext import errors
from kfnb_ext.model import operations


class State:
    """The records of one workspace, as files by name."""

    def __init__(self, workspace: Path, base: str = "") -> None:
        name = hashlib.sha256(os.fsencode(os.path.realpath(workspace))).hexdigest()[:16]
        root = Path(base) if base else Path(tempfile.gettempdir()) / f"kfnb-{os.getuid()}"
        self.folder = root / name

    def write(self, name: str, data: bytes) -> None:
        """Write the record ``name``. Raises: EngineFailed when the folder cannot be used."""
        target = self.folder / name
        spare = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            self._own(target.parent)
            spare.write_bytes(data)
            spare.replace(target)
        except OSError as error:
            raise errors.EngineFailed(
                f"The folder {self.folder} cannot be written: {error.strerror}. "
                "Nothing in the workspace was changed.",
                "Set KFNB_STATE_DIR to a folder of yours that can be written.",
            ) from error

    def read(self, name: str) -> bytes | None:
        """The record, or None when there is none."""
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    def names(self, folder: str) -> list[str]:
        """The names of the records in a sub-folder, sorted."""
        try:
            found = os.listdir(self.folder / folder)
        except OSError:
            return []
        return sorted(f"{folder}/{name}" for name in found if not name.startswith("."))

    def remove(self, name: str) -> None:
        """Remove a record that may be gone already."""
        with contextlib.suppress(OSError):
            (self.folder / name).unlink()

    def exists(self, name: str) -> bool:
        """Whether the record is there."""
        return os.path.lexists(self.folder / name)

    def _own(self, folder: Path) -> None:
        # In a temporary folder that all users share: never write through another user's folder.
        if folder.is_dir() and self.folder.stat().st_uid == os.getuid():
            return
        root = self.folder.parent
        for part in (root, self.folder, folder):
            with contextlib.suppress(FileExistsError):
                part.mkdir(mode=0o700)
            found = part.lstat()
            if found.st_uid != os.getuid() or part.is_symlink():
                raise PermissionError(1, f"{part} belongs to somebody else")


def myself(face: operations.Face) -> operations.Owner:
    """This process as the owner of an operation."""
    return operations.Owner(
        pid=os.getpid(),
        started_ticks=_started(os.getpid()),
        host=socket.gethostname(),
        face=face,
        user=_user(),
    )


def alive(owner: operations.Owner) -> bool:
    """Whether the owner still runs. On another host that cannot be seen: taken as alive."""
    if owner.host != socket.gethostname():
        return True
    started = _started(owner.pid)
    if started is not None or owner.started_ticks is not None:
        return started == owner.started_ticks
    try:  # no /proc here
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a pod's uid often has no name
        return f"uid {os.getuid()}"
