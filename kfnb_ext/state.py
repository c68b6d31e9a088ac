"""Small records on disk that server, kernels and shells of one workspace share.

Rule: each record is written whole by one rename, so a reader never sees half of one. The folder
belongs to this user alone, or nothing is read or written there: in a temporary folder that all
users share, a stranger may have made it. It may vanish at any time, and nothing of value is kept
only here.
"""

import contextlib
import getpass
import hashlib
import os
import re
import socket
import stat
import tempfile
import threading
from pathlib import Path

from kfnb_ext import errors
from kfnb_ext.model import operations

NAME = re.compile(r"[a-z]+(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199})?")  # never a path that climbs out


class State:
    """The records of one workspace, as files by name: ``status``, ``operations/<id>``."""

    def __init__(self, workspace: Path, base: str = "") -> None:
        name = hashlib.sha256(os.fsencode(os.path.realpath(workspace))).hexdigest()[:16]
        root = Path(base) if base else Path(tempfile.gettempdir()) / f"kfnb-{os.getuid()}"
        self.folder = root / name
        # A folder that the site named is the site's; the one in the temporary folder must be ours.
        self._must_be_mine = (self.folder,) if base else (root, self.folder)

    def write(self, name: str, data: bytes) -> None:
        """Write the record ``name``. Raises: EngineFailed when the folder cannot be used."""
        target = self._file(name)
        spare = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_native_id()}")
        try:
            self._own(target.parent)
            try:
                spare.write_bytes(data)
                spare.replace(target)
            except OSError:
                spare.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise errors.EngineFailed(
                f"The folder {self.folder} cannot be written: {error.strerror}. "
                "Nothing in the workspace was changed.",
                "Set KFNB_STATE_DIR to a folder of yours that can be written.",
            ) from error

    def read(self, name: str) -> bytes | None:
        """The record, or None when there is none."""
        try:
            return self._file(name).read_bytes() if self._is_mine() else None
        except (errors.NotFound, OSError):
            return None

    def names(self, folder: str) -> list[str]:
        """The names of the records in a sub-folder, sorted."""
        try:
            found = os.listdir(self._file(folder)) if self._is_mine() else []
        except OSError:
            return []
        return sorted(f"{folder}/{name}" for name in found if NAME.fullmatch(f"{folder}/{name}"))

    def elsewhere(self, name: str) -> list[bytes]:
        """The record ``name`` of this user's other workspaces, as far as they can be read."""
        root = self.folder.parent
        try:
            if not all(_belongs(part) for part in self._must_be_mine[:-1]):
                return []
            others = [root / one for one in sorted(os.listdir(root)) if one != self.folder.name]
        except OSError:
            return []
        return [data for folder in others if (data := _read(folder, name)) is not None]

    def remove(self, name: str) -> None:
        """Remove a record that may be gone already."""
        if self._is_mine():
            with contextlib.suppress(OSError):
                self._file(name).unlink()

    def exists(self, name: str) -> bool:
        """Whether the record is there."""
        return self._is_mine() and os.path.lexists(self._file(name))

    def _file(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise errors.NotFound(f"There is no record {name[:80]!r}.")
        return self.folder / name

    def _is_mine(self) -> bool:
        try:
            return all(_belongs(part) for part in self._must_be_mine)
        except OSError:
            return False

    def _own(self, folder: Path) -> None:
        if not (self._is_mine() and folder.is_dir()):
            for part in dict.fromkeys((self.folder.parent, self.folder, folder)):
                part.mkdir(mode=0o700, parents=part == self.folder.parent, exist_ok=True)
        for part in self._must_be_mine:
            if not _belongs(part):
                raise PermissionError(1, f"{part} belongs to somebody else")


def _read(folder: Path, name: str) -> bytes | None:
    try:
        return (folder / name).read_bytes() if _belongs(folder) else None
    except OSError:
        return None


def _belongs(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def myself(face: operations.Face) -> operations.Owner:
    """This process as the owner of an operation."""
    return operations.Owner(
        pid=os.getpid(),
        started_ticks=_started(os.getpid()),
        host=socket.gethostname(),
        face=face,
        user=_user(),
    )


def foreign(owner: operations.Owner) -> bool:
    """Whether the owner runs on another host, where nobody can see from here if it lives."""
    return owner.host != socket.gethostname()


def alive(owner: operations.Owner) -> bool:
    """Whether the owner still runs. On another host that cannot be seen: taken as alive."""
    if foreign(owner):
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
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = status[status.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a pod's uid often has no name
        return f"uid {os.getuid()}"
