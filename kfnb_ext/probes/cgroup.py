"""The door to cgroups: where this process lives, for each controller, on v1, v2 and hybrids.

Rule: a container sees its own cgroup as the root of /sys/fs/cgroup, a process of a laptop lives
somewhere below it; so the path of /proc/self/cgroup counts where it exists, else the root.
The machine's root cgroup is never taken for ours: its figures are the node's.
"""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

CGROUP = Path("/sys/fs/cgroup")
PROC = Path("/proc")

# v1 says "no limit" with the largest number of whole pages, 9223372036854771712.
NO_LIMIT = 1 << 62

Parse = Callable[[str], float | None]


class Files:
    """The files of one look: each is read once, however many figures are in it."""

    def __init__(self) -> None:
        self._texts: dict[str, str | None] = {}

    def text(self, path: str) -> str | None:
        """The text of a file of cgroupfs; None when it is absent or may not be read."""
        if path not in self._texts:
            self._texts[path] = _text(path)
        return self._texts[path]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The cgroup of one controller that this process lives in, for one look.

    ``levels``: our own cgroup and those above it that we see, our own first.
    """

    version: int
    levels: tuple[str, ...]
    files: Files

    @property
    def path(self) -> Path:
        """Our own cgroup."""
        return Path(self.levels[0])

    @property
    def is_machine(self) -> bool:
        """It is the machine's root cgroup (a few files exist there only, or everywhere else)."""
        if self.version == 1:
            return self._has("release_agent")
        return not any(self._has(name) for name in ("cgroup.type", "memory.max", "cpu.max"))

    def _has(self, name: str) -> bool:
        return os.path.exists(f"{self.levels[0]}/{name}")

    def read(self, name: str) -> str | None:
        """The text of ``name``, from the nearest cgroup that has it.

        In v2 a controller that is not switched on here leaves us to the cgroup above.
        """
        texts = (self.files.text(f"{level}/{name}") for level in self.levels)
        return next((text for text in texts if text), None)

    def number(self, name: str) -> int | None:
        """The one number in ``name``."""
        return _number(self.read(name))

    def entry(self, name: str, key: str) -> int | None:
        """The number behind ``key`` in a file of lines ``key number``."""
        return entry(self.read(name), key)

    def tightest(self, name: str, parse: Parse) -> tuple[float, str] | None:
        """The smallest limit of our cgroup and those above, and the cgroup that sets it."""
        found = ((self.files.text(f"{level}/{name}"), level) for level in self.levels)
        limits = [(parse(said), level) for said, level in found if said]
        return min(((n, p) for n, p in limits if n is not None), key=lambda x: x[0], default=None)


def find(
    controller: str,
    cgroup_root: Path = CGROUP,
    proc_root: Path = PROC,
    files: Files | None = None,
) -> Group | None:
    """The cgroup that this process lives in for ``controller``; None where there is none.

    ``files``: of the look that this is a part of.
    """
    files = files or Files()
    own = _own_paths(proc_root, files)
    for names, path in own.items():
        if controller in names.split(","):
            base = _first(f"{cgroup_root}/{controller}", f"{cgroup_root}/{names}")
            if base:
                return Group(version=1, levels=_levels(base, path), files=files)
    return unified(cgroup_root, proc_root, files)


def unified(
    cgroup_root: Path = CGROUP, proc_root: Path = PROC, files: Files | None = None
) -> Group | None:
    """Our cgroup of v2, whichever controllers it has; None where there is no v2."""
    files = files or Files()
    own = _own_paths(proc_root, files)
    root = _first(*(r for r in (str(cgroup_root), f"{cgroup_root}/unified") if _is_v2(r)))
    if root is None or "" not in own:
        return None
    return Group(version=2, levels=_levels(root, own[""]), files=files)


def memory_limit(group: Group) -> int | None:
    """Bytes that this process and its neighbours may use; None: no limit is set."""
    if group.version == 2:
        return _tightest(group, "memory.max")
    return _tightest(group, "memory.limit_in_bytes", "hierarchical_memory_limit")


def memory_bound(group: Group, proc_root: Path = PROC) -> int | None:
    """Bytes at which memory really ends: a limit above the node's memory is the node's memory."""
    limit_, node = memory_limit(group), node_memory(proc_root, group.files)
    return limit_ if limit_ is None or node is None else min(limit_, node)


def memory_high(group: Group) -> int | None:
    """Bytes from which on the kernel slows its processes down (v2); None: no such level."""
    return _tightest(group, "memory.high") if group.version == 2 else None


def swap_used(group: Group, stat: str | None) -> int | None:
    """Bytes swapped out; None: not counted. ``stat``: the text of memory.stat, read already."""
    return group.number("memory.swap.current") if group.version == 2 else entry(stat, "total_swap")


def swap_limit(group: Group, proc_root: Path = PROC) -> int | None:
    """Bytes that may be swapped out, 0: none; None: it cannot be told.

    v1 limits memory and swap together ("memsw"), so what is left for swap is the difference.
    """
    node = _meminfo("SwapTotal", proc_root, group.files)
    if node == 0:
        return 0
    name = "memory.swap.max" if group.version == 2 else "memory.memsw.limit_in_bytes"
    if group.read(name) is None:
        return None
    if group.version == 2:
        own = _tightest(group, name)
    else:
        both, memory = _tightest(group, name, "hierarchical_memsw_limit"), memory_limit(group)
        own = None if both is None or memory is None else max(both - memory, 0)
    return min((n for n in (own, node) if n is not None), default=None)


def cpu_quota(group: Group) -> tuple[float, str] | None:
    """Cores that the tightest quota allows, and the cgroup that sets it; None: no quota."""
    if group.version == 2:
        return group.tightest("cpu.max", _quota_v2)
    found = [(_quota_v1(level, group.files), level) for level in group.levels]
    return min(((n, p) for n, p in found if n is not None), key=lambda x: x[0], default=None)


def node_memory(proc_root: Path = PROC, files: Files | None = None) -> int | None:
    """Bytes of memory of the whole node; None when it cannot be read."""
    return _meminfo("MemTotal", proc_root, files or Files())


def limit(said: str) -> int | None:
    """The number of a limit; None for "max" and for v1's way to say so."""
    number = _number(said)
    return number if number is not None and 0 <= number < NO_LIMIT else None


def entry(said: str | None, key: str) -> int | None:
    """The number behind ``key`` in lines ``key number``; None when there is none."""
    for line in (said or "").splitlines():
        name, _, value = line.partition(" ")
        if name == key:
            return _number(value)
    return None


def _text(path: str) -> str | None:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode(errors="replace").strip()
    except OSError:
        return None


def _tightest(group: Group, name: str, inherited: str = "") -> int | None:
    """The smallest limit ``name``; ``inherited``: where v1's memory.stat tells those above."""
    # It also knows the limits of the cgroups above that a container does not see.
    above = limit(str(group.entry("memory.stat", inherited))) if inherited else None
    found = group.tightest(name, limit)
    return min((int(n) for n in (found and found[0], above) if n is not None), default=None)


def _meminfo(name: str, proc_root: Path, files: Files) -> int | None:
    # "MemTotal:       24684096 kB"
    for line in (files.text(f"{proc_root}/meminfo") or "").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return None


def _quota_v2(said: str) -> float | None:
    quota, _, period = said.partition(" ")
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else None


def _quota_v1(level: str, files: Files) -> float | None:
    names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
    quota, period = (limit(files.text(f"{level}/{n}") or "") for n in names)
    return quota / period if quota and period else None  # a quota of -1: no limit


def _own_paths(proc_root: Path, files: Files) -> dict[str, str]:
    """Controllers (as named together, "" for v2) -> path, of /proc/self/cgroup."""
    lines = (files.text(f"{proc_root}/self/cgroup") or "").splitlines()
    parts = [line.split(":", 2) for line in lines]
    return {p[1]: p[2] for p in parts if len(p) == 3}


def _levels(top: str, path: str) -> tuple[str, ...]:
    parts = [part for part in path.split("/") if part]
    # "/../x" says that we live outside of what this container's namespace shows.
    if ".." in parts or not os.path.isdir("/".join((top, *parts))):
        return (top,)
    return tuple("/".join((top, *parts[:end])) for end in range(len(parts), -1, -1))


def _is_v2(root: str) -> bool:
    return os.path.exists(f"{root}/cgroup.controllers")


def _first(*paths: str) -> str | None:
    return next((path for path in paths if os.path.isdir(path)), None)


def _number(said: str | None) -> int | None:
    try:
        return int(said or "")
    except ValueError:
        return None
