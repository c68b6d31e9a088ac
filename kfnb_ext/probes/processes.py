"""The door to processes: our own few lines over /proc, so that nothing heavy is imported.

Rule: a process that ends while we look is left out, never an error; a pid alone is no identity,
pid and start ticks together are.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PIECE = 1 << 16  # bytes


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process. ``command`` is empty for a kernel thread."""

    pid: int
    ppid: int
    name: str  # at most 15 characters, as the kernel keeps it
    command: tuple[str, ...]
    start_ticks: int  # since the machine started, in TICKS_PER_SECOND
    cpu_ticks: int  # user and system time, in TICKS_PER_SECOND
    waited_ticks: int = 0  # the same of its children that have ended, with theirs
    rss: int  # bytes, shared pages included
    session: int = 0  # pid of its session's leader; stays when the leader has ended; 0: not known


class Watch:
    """The processes, look after look.

    One whose line of `stat` is the same to the letter has not run since, has touched no new memory
    and has become no other program: nothing more of it is read again.
    """

    def __init__(self, proc_root: Path = PROC) -> None:
        self._proc_root = proc_root
        self._seen: dict[int, tuple[str, Process]] = {}

    def table(self) -> dict[int, Process]:
        """All processes of this pid namespace; empty where there is no /proc (macOS)."""
        found = ((pid, self._one(pid)) for pid in _pids(self._proc_root))
        self._seen = {pid: seen for pid, seen in found if seen}
        return {pid: process for pid, (_, process) in self._seen.items()}

    def _one(self, pid: int) -> tuple[str, Process] | None:
        folder = f"{self._proc_root}/{pid}"
        try:
            stat = _read(f"{folder}/stat")
            before = self._seen.get(pid)
            if before and before[0] == stat:
                return before
            process = _process(pid, folder, stat)
        except OSError:
            return None
        return (stat, process) if process else None


def table(proc_root: Path = PROC) -> dict[int, Process]:
    """The same, for who looks once."""
    return Watch(proc_root).table()


def one(pid: int, proc_root: Path = PROC) -> Process | None:
    """The process ``pid``, or None when there is none (any more)."""
    folder = f"{proc_root}/{pid}"
    try:
        return _process(pid, folder, _read(f"{folder}/stat"))
    except OSError:
        return None


def _pids(proc_root: Path) -> list[int]:
    try:
        return [int(name) for name in os.listdir(proc_root) if name.isdecimal()]
    except OSError:
        return []


def _process(pid: int, folder: str, stat: str) -> Process | None:
    command = _read(f"{folder}/cmdline")
    # The name may hold blanks and brackets of its own: it ends at the last one.
    name, _, rest = stat.partition("(")[2].rpartition(")")
    fields = rest.split()
    if len(fields) < 22:
        return None
    return Process(
        pid=pid,
        ppid=int(fields[1]),
        name=name,
        command=tuple(command.rstrip("\0").split("\0")) if command else (),
        start_ticks=int(fields[19]),
        cpu_ticks=int(fields[11]) + int(fields[12]),
        waited_ticks=int(fields[13]) + int(fields[14]),
        rss=int(fields[21]) * _PAGE,
        session=int(fields[3]),
    )


def uid(pid: int, proc_root: Path = PROC) -> int | None:
    """Whose the process is; None: it could not be read. Not in the table: few look at it."""
    # The owner of the folder is root for a process that may not be dumped; this is the true one.
    try:
        lines = _read(f"{proc_root}/{pid}/status").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("Uid:")), None)


def moved(pid: int, proc_root: Path = PROC) -> int | None:
    """Bytes read and written by ``pid``, from whatever source; None: not ours to see."""
    try:
        lines = _read(f"{proc_root}/{pid}/io").splitlines()
    except OSError:
        return None
    said = dict(line.split(": ", 1) for line in lines if ": " in line)
    try:
        return int(said["rchar"]) + int(said["wchar"])
    except (KeyError, ValueError):
        return None


def variables(pid: int, names: Iterable[str], proc_root: Path = PROC) -> dict[str, str]:
    """Those of the environment variables ``names`` that ``pid`` was started with; none: not ours.

    What others lie there (tokens, passwords) is never kept.
    """
    try:
        lines = _read(f"{proc_root}/{pid}/environ").split("\0")
    except OSError:
        return {}
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    return {name: said[name] for name in names if name in said}


def call(pid: int, proc_root: Path = PROC) -> tuple[int, ...] | None:
    """The system call that its first thread waits in, and its arguments; None: none, or not ours
    to see.
    """
    try:
        return tuple(int(word, 0) for word in _read(f"{proc_root}/{pid}/syscall").split())
    except (OSError, ValueError):  # "running"
        return None


def children(pid: int, processes: Iterable[Process]) -> list[Process]:
    """All descendants of ``pid``, parents before their children; ``pid`` itself is not one."""
    by_parent: dict[int, list[Process]] = {}
    for process in processes:
        by_parent.setdefault(process.ppid, []).append(process)
    found: list[Process] = []
    ahead = [pid]
    while ahead:
        # Taken out of the table, so that a loop (recorded while pids were reused) ends.
        young = by_parent.pop(ahead.pop(), [])
        found += young
        ahead += [p.pid for p in young]
    return found


def _read(path: str) -> str:
    # Not open(): it asks the system twice as much, and a look reads hundreds of such files.
    file = os.open(path, os.O_RDONLY)
    try:
        pieces = [*iter(lambda: os.read(file, _PIECE), b"")]
    finally:
        os.close(file)
    return b"".join(pieces).decode(errors="replace")
