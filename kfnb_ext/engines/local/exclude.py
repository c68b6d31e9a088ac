"""Which names a snapshot leaves out on purpose.

Rule: by default nothing that a user could not rebuild. A pattern without a slash is a name at
any depth; one with a slash is anchored at the top, and its stars do not cross a slash.
"""

import fnmatch
import re

OWN = ".kfnb"  # ours at any depth: a snapshot of snapshots would grow without end

DEFAULT_EXCLUDE = (
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "/.cache",  # XDG caches: programs fill them again
    "/.npm/_cacache",
    "/.local/share/jupyter/runtime",  # sockets and keys of the running servers
    "/lost+found",  # of the filesystem, unreadable for users: no snapshot would be complete
)

_PLAIN = re.compile(r"[^*?\[\]]*")


class Rules:
    """The patterns in force, compiled."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self.patterns = (OWN, *(p for p in patterns if p != OWN))
        loose = [p for p in self.patterns if "/" not in p]
        self._names = frozenset(p for p in loose if _PLAIN.fullmatch(p))
        globs = [fnmatch.translate(p) for p in loose if not _PLAIN.fullmatch(p)]
        self._loose = re.compile("|".join(globs)) if globs else None
        anchored = [p.strip("/").split("/") for p in self.patterns if "/" in p]
        self._anchored = [[re.compile(fnmatch.translate(part)) for part in p] for p in anchored]

    def leaves_out(self, folder: str, name: str) -> bool:
        """Whether ``name`` inside ``folder`` is left out (a folder: with all in it)."""
        if name in self._names:
            return True
        if self._loose is not None and self._loose.match(name):
            return True
        return bool(self._anchored) and self._is_anchored(folder, name)

    def _is_anchored(self, folder: str, name: str) -> bool:
        depth = folder.count("/") + 2 if folder else 1
        for pattern in self._anchored:
            if len(pattern) == depth and pattern[-1].match(name):
                parts = folder.split("/") if folder else []
                if all(p.match(part) for p, part in zip(pattern, parts, strict=False)):
                    return True
        return False
