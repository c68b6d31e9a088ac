"""The door to the mount table: /proc/self/mountinfo, the only file that tells volumes apart.

Rule: it reads the table and never touches a mounted filesystem, so it cannot hang on a dead one.
Field 4 (the root inside the filesystem) tells an emptyDir from a config map from a local claim.
"""

import functools
import os
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from kfnb_ext import errors

PROC = Path("/proc")

# What every container runtime binds from the node into a container, and nobody else does.
RUNTIME_FILES = frozenset({"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"})

_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. Paths are as the system knows them (surrogates for odd bytes)."""

    id: int
    parent: int
    device: str  # "major:minor"
    root: str  # which folder of the filesystem is mounted
    point: str  # where
    options: tuple[str, ...]
    filesystem: str
    source: str
    super_options: tuple[str, ...]

    @property
    def read_only(self) -> bool:
        """Neither this mount nor the filesystem behind it takes a write."""
        return "ro" in self.options or "ro" in self.super_options

    def super_option(self, name: str) -> str | None:
        """The value of ``name=value`` among the filesystem's own options."""
        found = [o for o in self.super_options if o.startswith(f"{name}=")]
        return found[-1].partition("=")[2] if found else None


def table(proc_root: Path = PROC) -> tuple[Mount, ...]:
    """All mounts that this process can reach, in the order of the table.

    Of mounts stacked on one folder the last is kept: the others are hidden under it.
    Raises: Unsupported where there is no such table (macOS).
    """
    try:
        text = os.fsdecode((proc_root / "self/mountinfo").read_bytes())
    except OSError as error:
        raise errors.Unsupported(
            f"The mount table of this machine cannot be read ({error.strerror}).",
            "Volumes are shown on Linux only.",
        ) from error
    return _parsed(text)


@functools.lru_cache(maxsize=2)  # it is read with each look, and hardly ever changes
def _parsed(text: str) -> tuple[Mount, ...]:
    found = [parse(line) for line in text.splitlines()]
    return tuple({m.point: m for m in found if m}.values())


def parse(line: str) -> Mount | None:
    """One line of mountinfo (proc_pid_mountinfo(5)); None for a line that is none."""
    left, separator, right = line.partition(" - ")
    fields, rest = left.split(" "), right.split(" ")
    whole = separator and len(fields) >= 6 and len(rest) >= 2
    if not whole or not (fields[0].isdecimal() and fields[1].isdecimal()):
        return None
    return Mount(
        id=int(fields[0]),
        parent=int(fields[1]),
        device=fields[2],
        root=_unescape(fields[3]),
        point=_unescape(fields[4]),
        options=tuple(fields[5].split(",")),
        filesystem=rest[0],
        source=_unescape(rest[1]),
        super_options=tuple(" ".join(rest[2:]).split(",")),
    )


def covering(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that holds the absolute ``path``: the longest prefix."""
    holding = [m for m in mounts if within(path, m.point)]
    return max(holding, key=lambda m: len(m.point), default=None)


def within(path: str, folder: str) -> bool:
    """``path`` is ``folder`` or lies below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def in_container(mounts: Iterable[Mount]) -> bool:
    """A container runtime made this mount table."""
    return any(
        m.point in RUNTIME_FILES or (m.point == "/" and m.filesystem == "overlay") for m in mounts
    )


def _unescape(text: str) -> str:
    # The kernel escapes blank, tab, newline and backslash only, so all of them are ASCII.
    return _ESCAPED.sub(lambda m: chr(int(m[1], 8)), text)
