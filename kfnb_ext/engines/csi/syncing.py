"""Before the cut: what this pod has written reaches the volumes, and a mark says which cut it is.

A cut holds what has reached the storage. `syncfs` needs no privilege; freezing the file system
would. The mark lets a restored volume prove whose it is.

Rule: a snapshot without these is still one; what failed becomes a sentence, never a failure, and
a volume that does not answer holds up nothing for ever.
"""

import ctypes
import json
import os
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path

from kfnb_ext.engines.csi import patience

PATIENCE = 30.0  # seconds for each volume: a dead network mount must not hold up the cut
MARK = ".kfnb/snapshot.json"
ENVIRONMENT = ".kfnb/environment.json"


def flush(mounts: Iterable[str], seconds: float = PATIENCE) -> tuple[str, ...]:
    """Write out the volumes mounted there; sentences about those that could not be."""
    return tuple(filter(None, (_bounded(mount, seconds) for mount in mounts)))


def mark(workspace: str, of_set: str, now: datetime) -> str:
    """Leave the mark at the top of the workspace; a sentence when that cannot be."""
    data = json.dumps({"set": of_set, "time": now.isoformat()}).encode()
    why = _put(workspace, MARK, data)
    return why and (
        f"The mark {MARK} could not be written ({why}): a volume made from this "
        "snapshot cannot prove by it whose it is."
    )


def enclose(workspace: str, environment: bytes) -> str:
    """Lay the environment into the workspace, whole; a sentence when that cannot be."""
    why = _put(workspace, ENVIRONMENT, environment) if environment else ""
    return why and f"The environment is recorded in short alone ({why})."


def _put(workspace: str, name: str, data: bytes) -> str:
    """Write a file; why it failed, empty: it is there."""
    late = f"the volume did not answer within {PATIENCE:g} s"
    work = partial(_written, Path(workspace) / name, data)
    return patience.within(PATIENCE, workspace, work, late)


def _written(path: Path, data: bytes) -> str:
    try:
        _replace(path, data)
    except OSError as error:
        return str(error.strerror)
    return ""


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_suffix(".new")
    with open(fresh, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    _sync_folder(path.parent)


def marked(workspace: str) -> str:
    """The set that the mark of a volume names; empty: there is none, or it cannot be read."""
    work = (Path(workspace) / MARK).read_bytes
    try:
        found = json.loads(patience.within(PATIENCE, workspace, work, b""))
    except (OSError, ValueError):
        return ""
    return str(found.get("set", "")) if isinstance(found, dict) else ""


def _bounded(mount: str, seconds: float) -> str:
    late = f"not written out within {seconds:g} s"
    why = patience.within(seconds, mount, partial(_flush, mount), late)
    return why and f"What was last written to {mount} may be missing from it: {why}."


def _flush(mount: str) -> str:
    """Why it failed; empty: it is written out."""
    try:
        descriptor = os.open(mount, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        return str(error.strerror)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        failed = library.syncfs(descriptor)
        return os.strerror(ctypes.get_errno()) if failed else ""
    except AttributeError:  # a C library without it
        os.sync()
        return ""
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
