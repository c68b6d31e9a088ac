"""/dev/shm: what data loaders and NCCL share memory through."""

from typing import Literal

from kfnb_ext.model.reading import Reading, Record, Request

ShmOrigin = Literal[
    "runtime_default", "empty_dir", "empty_dir_unbounded", "node_half", "host", "unknown"
]
HolderKind = Literal["kernel", "server", "orphan", "other"]

# Who makes files in /dev/shm that outlive a killed process, by the beginning of the names.
PREFIXES = {
    "torch_": "PyTorch",
    "psm_": "Python's shared_memory",
    "wnsm_": "Python's shared_memory",
    "nccl-": "NCCL",
    "vllm_offload_": "vLLM",
    "sem.": "a semaphore",
    "sem.mp-": "Python's multiprocessing",
    "sem.loky-": "joblib",
}


class Task(Record, frozen=True, kw_only=True):
    """One process. Pid and start together tell it from a later one of the same pid."""

    pid: int
    started_ticks: int
    command: str  # what runs, never its arguments


class Holder(Record, frozen=True, kw_only=True):
    """A notebook or a program, and what its processes hold of /dev/shm.

    What several holders share counts for each of them. An orphan is what a killed kernel has left:
    it is listed also when it holds nothing here, for it holds memory.
    """

    kind: HolderKind
    source: str  # a kernel's id, else a pid
    name: str  # the notebook, else what runs
    bytes: int | None  # in /dev/shm; None: not ours to see
    hidden: int | None  # of it in deleted files
    memory: int  # bytes that its processes have resident, shared pages counted for each
    tasks: tuple[Task, ...]  # its processes that hold something here; of an orphan all


class Leftover(Record, frozen=True, kw_only=True):
    """A file that no process that we see has mapped. ``refused`` says why it is not removed."""

    name: str
    bytes: int
    age: int  # seconds since it was last written
    maker: str  # who makes files of such names; empty: not known
    refused: str = ""


class Shm(Reading, frozen=True, kw_only=True, tag="shm"):
    """The tmpfs at /dev/shm. ``hidden`` is memory of deleted files that are still mapped."""

    total: int  # bytes
    used: int  # bytes
    listed: int | None  # bytes of files that a listing shows
    hidden: int | None  # used - listed
    origin: ShmOrigin
    counts_against_memory: bool | None  # its pages are charged to the pod's memory limit
    holders: tuple[Holder, ...] | None = None  # those of most first; None: not looked at
    leftovers: tuple[Leftover, ...] | None = None  # the largest first
    fills: float | None = None  # bytes per second, over the last readings; None: not known
    missing: dict[str, str] = {}


class EndRequest(Request, frozen=True, kw_only=True):
    """End these orphans. Whoever is no orphan any more, or another process by now, is left."""

    tasks: tuple[Task, ...]


class ClearRequest(Request, frozen=True, kw_only=True):
    """Remove these leftovers, by name."""

    names: tuple[str, ...]


class Cleared(Record, frozen=True, kw_only=True):
    """What was ended or removed, and what was not and why."""

    done: tuple[str, ...]
    left: dict[str, str]  # name -> why
    freed: int  # bytes of files that were removed; ended processes free theirs later


class Need(Record, frozen=True, kw_only=True):
    """What a data loader takes of /dev/shm at its peak, against what there is."""

    workers: int
    prefetch: int
    batch: int  # bytes
    need: int  # bytes
    total: int  # bytes
    free: int  # bytes
    fits: bool  # into what is free now


def maker(name: str) -> str:
    """Who makes files of such a name; empty: not known."""
    fitting = [prefix for prefix in PREFIXES if name.startswith(prefix)]
    return PREFIXES[max(fitting, key=len)] if fitting else ""


def need(workers: int, prefetch: int, batch: int, total: int, used: int) -> Need:
    """The peak of a loader: each worker's prefetched batches, the one that is used, one coming.

    Measured with torch: workers x prefetch alone is 1 to 1.5 batches short. Without workers
    nothing passes through /dev/shm.
    """
    bytes_ = (workers * prefetch + 2) * batch if workers else 0
    free = max(total - used, 0)
    return Need(
        workers=workers,
        prefetch=prefetch,
        batch=batch,
        need=bytes_,
        total=total,
        free=free,
        fits=bytes_ <= free,
    )
