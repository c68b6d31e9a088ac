"""Before the cut: what this pod has written reaches the volumes, and a mark says which cut it is.

A cut holds what has reached the storage. `syncfs` needs no privilege; freezing the file system
would. The mark lets a restored volume prove whose it is.

Rule: a snapshot without these is still one; what failed becomes a sentence, never a failure.
"""

import ctypes
import json
import os
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

PATIENCE = 30.0  # seconds for each volume: a dead network mount must not hold up the cut
MARK = ".kfnb/snapshot.json"
ENVIRONMENT = ".kfnb/environment.json"


def flush(mounts: Iterable[str], patience: float = PATIENCE) -> tuple[str, ...]:
    """Write out the volumes mounted there; sentences about those that could not be."""
    return tuple(filter(None, (_bounded(mount, patience) for mount in mounts)))


def mark(workspace: str, of_set: str, now: datetime) -> str:
    """Leave the mark at the top of the workspace; a sentence when that cannot be."""
    data = json.dumps({"set": of_set, "time": now.isoformat()}).encode()
    try:
        _put(Path(workspace) / MARK, data)
    except OSError as error:
        return (
            f"The mark {MARK} could not be written ({error.strerror}): a volume made from this "
            "snapshot cannot prove by it whose it is."
        )
    return ""


def enclose(workspace: str, environment: bytes) -> str:
    """Lay the environment into the workspace, whole; a sentence when that cannot be."""
    try:
        if environment:
            _put(Path(workspace) / ENVIRONMENT, environment)
    except OSError as error:
        return f"The environment is recorded in short alone ({error.strerror})."
    return ""


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_suffix(".new")
    with open(fresh, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    _sync_folder(path.parent)


def marked(workspace: str) -> str:
    """The set that the mark of a volume names; empty: there is none."""
    try:
        found = json.loads((Path(workspace) / MARK).read_bytes())
    except (OSError, ValueError):
        return ""
    return str(found.get("set", "")) if isinstance(found, dict) else ""


def _bounded(mount: str, patience: float) -> str:
    said: list[str] = []
    thread = threading.Thread(
        target=lambda: said.append(_flush(mount)), name="kfnb-syncfs", daemon=True
    )
    thread.start()
    thread.join(patience)
    late = f"not written out within {patience:g} s"
    why = said[0] if said else late
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
