"""Files that say when something was last used: of applications, and the drop-in file.

Rule: only the time of a file counts, never what is in it (but for RStudio's, which are one number
each). A file that is not there says nothing.
"""

import os
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

from kfnb_ext.services.evidence import Beat

# RStudio Server's sessions, one folder each. The folder within is spelled as RStudio spells it.
SESSIONS = ("~/.local/share/rstudio/sessions/active", "~/.rstudio/sessions/active")
PROPERTIES = ("properites", "properties")
LARGEST = 64  # bytes of a file that holds one number


def read(in_use_file: str, applications: Iterable[str]) -> tuple[Beat, ...]:
    """All that beat."""
    found = [_file(Path(path).expanduser()) for path in applications]
    found.append(_drop_in(Path(in_use_file)))
    found += [beat for root in SESSIONS for beat in _rstudio(Path(root).expanduser())]
    return tuple(beat for beat in found if beat)


def _file(path: Path) -> Beat | None:
    changed = _changed(path)
    if changed is None:
        return None
    name = path.parent.name if path.name == "heartbeat" else path.name
    return Beat(str(path), "application", f"{name} was used", changed)


def _drop_in(path: Path) -> Beat | None:
    try:
        found = path.stat()
    except OSError:
        return None
    # It may lie where other users of the machine can make files.
    if found.st_uid not in (os.getuid(), 0):
        return None
    stamp = datetime.fromtimestamp(found.st_mtime, timezone.utc)
    return Beat(str(path), "file", f"{path} was touched", stamp)


def _rstudio(root: Path) -> list[Beat]:
    try:
        sessions = [s for s in os.scandir(root) if s.name.startswith("session-")]
    except OSError:
        return []
    return [beat for s in sessions if (beat := _session(Path(s.path)))]


def _session(folder: Path) -> Beat | None:
    properties = next((folder / n for n in PROPERTIES if (folder / n).is_dir()), None)
    if properties is None:
        return None
    used = _number(properties / "last-used")
    if used is None:
        return None
    stamp = datetime.fromtimestamp(used / 1000, timezone.utc)
    return Beat(str(folder), "application", "RStudio was used", stamp)


def _number(path: Path) -> float | None:
    try:
        with path.open("rb") as file:
            return float(file.read(LARGEST))
    except (OSError, ValueError):
        return None


def _changed(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    except OSError:
        return None
