"""Memory and CPU of the pod's own cgroup. Never the node's figures under the pod's name."""

from datetime import datetime

from kfnb_ext.model.reading import Reading, Record


class Pressure(Record, frozen=True, kw_only=True):
    """Shares of time (0..1) in which work waited for it: some of it, or all of it at once."""

    some_10s: float
    some_60s: float
    full_10s: float | None = None  # None: this kernel does not count it
    full_60s: float | None = None


class Kill(Record, frozen=True, kw_only=True):
    """A kernel that died within seconds of an OOM kill in our cgroup."""

    kernel: str  # its id
    name: str  # the notebook
    pid: int
    at: datetime
    memory: int | None  # bytes that it had resident at the last look before
    limit: int | None  # bytes; the pod's limit then


class Limits(Reading, frozen=True, kw_only=True, tag="limits"):
    """The cgroup that this process lives in.

    ``memory_working_set`` is current minus inactive file pages: the figure the kubelet evicts on. A
    limit of ``None`` means that no limit is set; then the node's total stands apart in
    ``node_memory_total``. A limit is the tightest that counts here, also one set on a cgroup above;
    one above the node's memory ends where that does, and ``memory_limit_set`` is what was asked
    for. Nothing is killed at ``memory_high``, but from there on the kernel slows down.
    ``cpu_usage_cores`` needs two readings: ``None`` at the first. Where this process lives in the
    root cgroup (no container, no service manager) its figures would be the node's: they are
    ``None`` then, and ``node_cpu_usage_cores`` stands apart.
    """

    cgroup_version: int  # 1 or 2
    memory_current: int | None  # bytes
    memory_working_set: int | None  # bytes
    memory_limit: int | None  # bytes; None: no limit
    memory_shm: int | None  # bytes of shared memory charged to the cgroup
    oom_kills: int | None  # since the container started
    cpu_usage_cores: float | None  # over the time since the last reading
    cpu_limit_cores: float | None  # quota / period; None: no limit
    cpu_available_cores: int  # CPUs this process may run on
    cpu_throttled_ratio: float | None  # share of periods throttled since the last reading, 0..1
    processes: int | None
    processes_limit: int | None
    node_memory_total: int | None  # bytes, of the node; never the pod's
    node_cpu_usage_cores: float | None = (
        None  # of the node; only where we have no cgroup of our own
    )
    memory_peak: int | None = None  # bytes; the most since the container started
    memory_limit_set: int | None = None  # bytes; only where it is above the node's memory
    memory_high: int | None = None  # bytes; None: no such level
    swap_used: int | None = None  # bytes
    swap_limit: int | None = None  # bytes that may be swapped out; 0: none
    memory_pressure: Pressure | None = None
    cpu_pressure: Pressure | None = None
    io_pressure: Pressure | None = None
    kills: tuple[Kill, ...] = ()  # kernels that the memory limit took, the last one first
    missing: dict[str, str] = {}  # field -> why it is None
