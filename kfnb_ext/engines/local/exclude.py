"""Which names a snapshot leaves out on purpose.

Rule: by default nothing that a user could not rebuild. A pattern without a slash is a name at
any depth; one with a slash is anchored at the top, and its stars do not cross a slash.
"""

import fnmatch
import re
from collections.abc import Set

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
        return bool(self.left_out(folder, {name}))

    def left_out(self, folder: str, found: Set[str]) -> set[str]:
        """Which of the names in ``folder`` are left out. Once for a folder: names are many."""
        out = set(self._names & found)
        odd = self._ends(folder)
        if self._loose is not None:
            odd.append(self._loose)
        for pattern in odd:
            out.update(filter(pattern.match, found))
        return out

    def _ends(self, folder: str) -> list[re.Pattern[str]]:
        """The last parts of the anchored patterns whose way leads to ``folder``."""
        depth = folder.count("/") + 2 if folder else 1
        fitting = [pattern for pattern in self._anchored if len(pattern) == depth]
        parts = folder.split("/") if folder and fitting else []
        return [
            pattern[-1]
            for pattern in fitting
            if all(p.match(part) for p, part in zip(pattern, parts, strict=False))
        ]
