"""Deletes what a person no longer needs, or moves it to the trash, and empties the trash.

Rule: only what is the user's, below the workspace, on its own filesystem. Snapshots are their
engine's; the trash frees nothing before it is emptied, and the words say so.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from kfnb_ext import errors
from kfnb_ext.engines.local import names, opening
from kfnb_ext.model import filling
from kfnb_ext.probes import mounts
from kfnb_ext.services.capacity import erasing
from kfnb_ext.services.operations import Operations, Result, Running

HOME_TRASH = ".local/share/Trash"  # freedesktop.org: trash specification 1.0
RESERVED = {
    ".kfnb": errors.Forbidden(
        "Snapshots are not removed this way. Nothing was changed.",
        "Delete single snapshots, or thin them out: `kfnb snapshot prune`.",
    )
}

NO_TRASH = errors.Forbidden(
    "The trash lies on another volume, or none can be made here: moving it there would copy all of "
    "it. Nothing was changed.",
    "Delete it for good, if you are sure.",
)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Removal:
    """Removes things below one workspace."""

    def __init__(
        self,
        workspace: Path,
        home: Path,
        operations: Operations,
        rescan: Callable[[], object],
        *,
        read_only: bool,
    ) -> None:
        self._workspace, self._home = workspace, home
        self._operations, self._rescan = operations, rescan
        self._read_only = read_only

    def remove(self, request: filling.RemoveRequest, user: str = "") -> Running:
        """Remove it as an operation. Raises: Forbidden, BadRequest, NotFound."""
        path = names.checked(request.path)
        self.check(path)
        verb = "deletion of" if request.how == "delete" else "move to the trash:"
        work = self._delete if request.how == "delete" else self._throw
        return self._operations.start(
            "remove", "", f"{verb} {path}", lambda running: work(running, path), user=user
        )

    def empty(self, user: str = "") -> Running:
        """Delete for good what lies in the trash, as an operation. Raises: Forbidden."""
        self._allowed()
        return self._operations.start("empty", "", "emptying of the trash", self._empty, user=user)

    def check(self, path: str) -> None:
        """Whether it may be removed. Raises: Forbidden, BadRequest, NotFound."""
        self._allowed()
        with self._parent(path) as (parent, name):
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
            root = os.stat(self._workspace)
        if found.st_uid != os.getuid():
            raise errors.Forbidden(
                f"{path} belongs to another user. Nothing was changed.", "Ask who it belongs to."
            )
        below = os.path.join(self._workspace, names.raw(path))
        mounted = any(mounts.within(m.point, os.path.realpath(below)) for m in _table())
        if found.st_dev != root.st_dev or mounted:
            raise errors.Forbidden(
                f"Another filesystem is mounted in {path}. Nothing was changed.",
                "Remove what lies beside the mount, one by one.",
            )

    def _allowed(self) -> None:
        if self._read_only:
            raise errors.Forbidden(
                "The site forbids every change here. Nothing was changed.",
                "Ask the administrator: the option is `read_only`.",
            )

    @contextlib.contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, str]]:
        """The open folder that holds it, and its name there; no part of the way is a link."""
        if not path:
            raise errors.BadRequest("The workspace itself is not removed.", "Name what is in it.")
        if path.split("/", maxsplit=1)[0] in RESERVED:
            raise RESERVED[path.split("/", maxsplit=1)[0]]
        folder, name = names.split(path)
        root = os.open(self._workspace, _FOLDER)
        try:
            parent = opening.walked(root, folder)
        except OSError as error:
            raise errors.NotFound(
                f"There is no folder {folder[:200]!r} of the workspace ({error.strerror}).",
                "Nothing was changed. Scan again.",
            ) from error
        finally:
            os.close(root)
        try:
            yield parent, names.raw(name)
        except FileNotFoundError as error:
            raise errors.NotFound(
                f"There is no {path[:200]!r} in the workspace. Nothing was changed.", "Scan again."
            ) from error
        finally:
            os.close(parent)

    def _delete(self, running: Running, path: str) -> Result:
        running.phase("Deleting")
        freed = _Count(running)
        try:
            with self._parent(path) as (parent, name):
                erasing.erase(parent, name, freed.step)
        finally:
            self._after()
        return Result(message=f"{path} is deleted: {freed.files:,} files, {freed.bytes:,} bytes.")

    def _throw(self, running: Running, path: str) -> Result:
        running.phase("Moving to the trash")
        whole = os.path.join(self._workspace, names.raw(path))
        with self._parent(path) as (parent, name):
            there = self._moved(parent, name, whole)
        self._after()
        return Result(
            message=f"{path} lies in the trash as {names.text(there)}. "
            "This frees nothing until the trash is emptied."
        )

    def _moved(self, parent: int, name: str, whole: str) -> str:
        """Where it lies now. Raises: Forbidden where no trash takes it by a rename."""
        for place, trash in self._trashes_for(os.fstat(parent).st_dev):
            try:
                there = erasing.throw_away(parent, name, whole, trash, datetime.now())
                return f"{place}/files/{there}"
            except OSError as error:
                # The same disk mounted twice, or a layer below an overlay: only a copy would do.
                if error.errno != errno.EXDEV:
                    raise
            finally:
                os.close(trash)
        raise NO_TRASH

    def _empty(self, running: Running) -> Result:
        running.phase("Emptying the trash")
        freed, found, lacks = _Count(running), False, ""
        try:
            for point, name in self._trashes():
                try:
                    folder = os.open(point, _FOLDER)
                except OSError as error:
                    lacks += f" The folder {point} cannot be opened ({error.strerror})."
                    continue
                found = self._empty_one(folder, name, freed.step) or found
        finally:
            self._after()
        if lacks and not found:
            raise errors.NotFound(
                f"No trash was found, and nothing was changed.{lacks}",
                "Set HOME to the folder that holds yours.",
            )
        return Result(message=f"The trash is empty: {freed.bytes:,} bytes are free again.{lacks}")

    def _empty_one(self, folder: int, name: str, step: erasing.Step) -> bool:
        """Empty the trash ``name`` below the open folder, which is closed; whether there is one."""
        try:
            trash = erasing.trash(folder, name, make=False)
        finally:
            os.close(folder)
        if trash is None:
            return False
        try:
            for part in ("files", "info"):  # last of each the notes: until then it can come back
                inside = erasing.trash(trash, part, make=False)
                if inside is not None:
                    try:
                        for one in os.listdir(inside):
                            erasing.erase(inside, one, step)
                    finally:
                        os.close(inside)
        finally:
            os.close(trash)
        return True

    def _trashes(self) -> list[tuple[str, str]]:
        """Folder and name of the trashes that what is in the workspace goes to."""
        point = mounts.covering(os.path.realpath(self._workspace), _table())
        tops = [(point.point, f".Trash-{os.getuid()}")] if point else []
        return [(os.fspath(self._home), HOME_TRASH), *tops]

    def _trashes_for(self, device: int) -> Iterator[tuple[str, int]]:
        """Where trashes of this filesystem lie, and each, open: a move between two would copy."""
        for folder, name in self._trashes():
            try:
                fd = os.open(folder, _FOLDER)
            except OSError:
                continue
            try:
                same = os.fstat(fd).st_dev == device
                trash = erasing.trash(fd, name, make=True) if same else None
            except (OSError, errors.Forbidden):  # not writable, or what bears the name is no trash
                trash = None
            finally:
                os.close(fd)
            if trash is not None:
                yield f"{folder}/{name}", trash

    def _after(self) -> None:
        # What is shown is the last scan; a scan of what changed is cheap.
        with contextlib.suppress(errors.KfnbError, OSError):
            self._rescan()


class _Count:
    """What was removed so far."""

    def __init__(self, running: Running) -> None:
        self.files = self.bytes = 0
        self._running = running

    def step(self, files: int, size: int) -> None:
        self.files += files
        self.bytes += size
        try:
            self._running.advance(files)
        except errors.Cancelled:
            raise errors.Cancelled(
                f"Stopped: {self.files:,} files are deleted, the rest is as it was."
            ) from None


def _table() -> tuple[mounts.Mount, ...]:
    try:
        return mounts.table()
    except errors.Unsupported:
        return ()
