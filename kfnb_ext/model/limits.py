"""Memory and CPU of the pod's own cgroup. Never the node's figures under the pod's name."""

from kfnb_ext.model.reading import Reading


class Limits(Reading, frozen=True, kw_only=True, tag="limits"):
    """The cgroup that this process lives in.

    ``memory_working_set`` is current minus inactive file pages: the figure the kubelet evicts
    on. A limit of ``None`` means that no limit is set; then the node's total stands apart in
    ``node_memory_total``. A limit is the tightest that counts here, also one set on a cgroup
    above. ``cpu_usage_cores`` needs two readings: ``None`` at the first. Where this process lives
    in the root cgroup (no container, no service manager) its figures would be the node's: they
    are ``None`` then, and ``node_cpu_usage_cores`` stands apart.
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
    missing: dict[str, str] = {}  # field -> why it is None
