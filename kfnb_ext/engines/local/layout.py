"""Where things lie in ``.kfnb``, how they get there, and the lock of those who write.

Rule: unfinished things lie in ``staging``, dying ones in ``trash``; what lies elsewhere is whole
and came there by one rename. Only who holds the lock writes.
"""

import contextlib
import fcntl
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from kfnb_ext import errors
from kfnb_ext.engines.local import failing
from kfnb_ext.engines.local.exclude import OWN

_DYING = 5.0  # seconds
UNFIT = (
    "Snapshots share files with each other and must lie in folders of the workspace's own "
    "filesystem: move that away, or unmount it."
)

README = """This folder belongs to kfnb-ext: it holds the snapshots of the folder above it.

  snapshots/ID/tree/           the files as they were. Read or copy them with any tool.
  snapshots/ID/manifest.jsonl  their true modes, times, owners and sha256 sums (the tree itself
                               is read-only, and unchanged files are shared between snapshots
                               as hard links: never edit them, copy them).
  snapshots/ID/record.json     the name and the date.
  restores/                    what was restored when, and what was kept aside.
  staging/, trash/             unfinished and dying things: cleaned at the next start.

To delete all snapshots by hand: chmod -R u+w .kfnb && rm -r .kfnb
"""


class Layout:
    """The folders of one workspace. Nothing is made until ``prepare``."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.home = workspace / OWN
        self.snapshots = self.home / "snapshots"
        self.staging = self.home / "staging"
        self.restores = self.home / "restores"
        self.trash = self.home / "trash"
        self._own = (self.home, self.snapshots, self.staging, self.restores, self.trash)
        self.readme = self.home / "README.txt"
        self.lock = self.home / "lock"
        self.usage = self.home / "usage.json"
        self.held = -1  # the descriptor of the lock, while it is held

    def prepare(self) -> None:
        """Make the folders. Raises: NotFound, Forbidden, Unsupported."""
        if not self.workspace.is_dir():
            raise errors.NotFound(f"The workspace {self.workspace} is not there.")
        with failing.told("making the folder for snapshots"):
            if why := self.unfit():
                raise errors.Unsupported(f"{why} Nothing was changed.", UNFIT)
            for folder in self._own:
                folder.mkdir(mode=0o700, exist_ok=True)
            with contextlib.suppress(OSError):  # a full volume: deleting must go on without it
                if not self.readme.exists():
                    replace(self.readme, README.encode())

    def unfit(self) -> str:
        """What lies where our folders should be and cannot be used; "" when nothing does.

        One that is a link would have us clear away what somebody keeps behind it.
        """
        device = os.stat(self.workspace).st_dev
        for folder in self._own:
            try:
                found = os.lstat(folder)
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue  # not there, or what is above it says why
            if not stat.S_ISDIR(found.st_mode):
                kind = "a link" if stat.S_ISLNK(found.st_mode) else "no folder"
                return f"{folder} is {kind}."
            if found.st_dev != device:
                return f"{folder} is another filesystem."
        return ""

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock. Raises: Conflict when another process or thread holds it."""
        self.prepare()
        with failing.told("locking the snapshots"):
            lock = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(lock)
            self.held = lock
            yield
        finally:
            self.held = -1
            os.close(lock)  # the kernel lets go of it here, and at kill -9 as well

    def _take(self, lock: int) -> None:
        # the children of one that was killed hold it until they have died as well
        until = time.monotonic() + _DYING
        try:
            while not _taken(lock, last=_holder_lives(lock) or time.monotonic() > until):
                time.sleep(0.01)
        except BlockingIOError:
            holder = os.pread(lock, 200, 0).decode("utf-8", "replace").strip()
            raise errors.Conflict(
                f"{holder or 'Another process'} is writing to these snapshots right now. "
                "Nothing was changed.",
                "Wait until it is done, or cancel it there.",
            ) from None
        except OSError as error:
            raise errors.Unsupported(
                f"This filesystem cannot lock files ({error.strerror}). Nothing was changed.",
                "Keep the workspace on a filesystem with locks (NFS: mount it with locking).",
            ) from error
        face = os.path.basename(sys.argv[0] if sys.argv else "") or "python"
        text = f"Process {os.getpid()} ({face})\n".encode(errors="replace")
        with contextlib.suppress(OSError):  # a full volume: who holds it is not named then
            os.ftruncate(lock, 0)
            os.pwrite(lock, text, 0)

    def idle(self) -> bool:
        """Whether nothing unfinished lies about (or there is nothing of ours at all)."""
        return not any(_listed(folder) for folder in (self.staging, self.trash))


def _holder_lives(lock: int) -> bool:
    found = re.match(rb"Process (\d+) ", os.pread(lock, 200, 0))
    return found is None or os.path.exists(f"/proc/{int(found[1])}")


def _taken(lock: int, *, last: bool) -> bool:
    """Try once. Raises: BlockingIOError when this was the last time."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if last:
            raise
        return False
    return True


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def children(folder: Path) -> list[Path]:
    """The things in a folder; none when it is not there or cannot be read."""
    return [folder / name for name in sorted(_listed(folder))]


def new_id(moment: datetime) -> str:
    """A new id: the moment in UTC, and six random digits."""
    return f"{moment.astimezone(timezone.utc):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def replace(path: Path, data: bytes) -> None:
    """Write a small file so that a reader sees the old one or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(3)}")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
