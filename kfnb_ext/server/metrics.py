"""Figures of the last status on the server's own ``/metrics``, for Prometheus.

Rule: a scrape reads nothing: it gives what the last status had, and how old that is. Units stand
in the names. What is not known is left out, never 0. A new metric is a line in the table.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

from kfnb_ext.model.gpu import Gpu, Gpus, MigSlice
from kfnb_ext.model.shm import Shm
from kfnb_ext.model.status import Status
from kfnb_ext.model.volumes import Volumes

Row = tuple[tuple[str, ...], float | int | None]  # the labels' values, the figure


class Metric(NamedTuple):
    """One metric: its name with the unit, what it is, its labels, and its rows of a status."""

    name: str
    text: str
    labels: tuple[str, ...]
    rows: Callable[[Status], Iterable[Row]]


GPU = ("gpu", "uuid", "mig")


def _targets(status: Status) -> Iterator[tuple[tuple[str, ...], Gpu | MigSlice]]:
    """Each GPU, and each slice under its own UUID with its profile as ``mig``."""
    for gpu in status.gpus.gpus if isinstance(status.gpus, Gpus) else ():
        yield (str(gpu.index), gpu.uuid, ""), gpu
        for part in gpu.slices:
            yield (str(gpu.index), part.uuid, part.profile or f"slot {part.slot}"), part


def _field(name: str, scale: float = 1) -> Callable[[Status], Iterator[Row]]:
    def rows(status: Status) -> Iterator[Row]:
        for labels, target in _targets(status):
            value = getattr(target, name, None)
            yield labels, value if value is None or scale == 1 else value * scale

    return rows


def _busy(status: Status) -> Iterator[Row]:
    for labels, target in _targets(status):
        if isinstance(target, Gpu):
            yield labels, target.utilisation
        else:
            yield labels, target.activity.sm if target.activity else None


def _idle(status: Status) -> Iterator[Row]:
    for labels, target in _targets(status):
        if target.processes and "held_idle_since" not in target.missing:
            since = target.held_idle_since
            yield labels, (status.taken - since).total_seconds() if since else 0


def _lost(status: Status) -> Iterator[Row]:
    for labels, target in _targets(status):
        if isinstance(target, Gpu):
            yield labels, int(target.state == "ok")


def _limit(name: str) -> Callable[[Status], Iterator[Row]]:
    def rows(status: Status) -> Iterator[Row]:
        yield (), getattr(status.limits, name, None)

    return rows


def _shm(name: str) -> Callable[[Status], Iterator[Row]]:
    def rows(status: Status) -> Iterator[Row]:
        yield (), getattr(status.shm, name, None)

    return rows


def _orphans(status: Status) -> Iterator[Row]:
    if isinstance(status.shm, Shm) and status.shm.holders is not None:
        yield (), sum(len(h.tasks) for h in status.shm.holders if h.kind == "orphan")


def _volume(name: str) -> Callable[[Status], Iterator[Row]]:
    def rows(status: Status) -> Iterator[Row]:
        for one in status.volumes.volumes if isinstance(status.volumes, Volumes) else ():
            yield (one.mount, one.claim or ""), getattr(one, name)

    return rows


def _full(status: Status) -> Iterator[Row]:
    for one in status.volumes.volumes if isinstance(status.volumes, Volumes) else ():
        if one.forecast:
            left = (one.forecast.full_at - status.taken).total_seconds()
            yield (one.mount, one.claim or ""), max(left, 0)


VOLUME = ("mount", "claim")

METRICS: tuple[Metric, ...] = (
    Metric("kfnb_gpu_ok", "1: the GPU answers; 0: it is lost or refused", GPU, _lost),
    Metric(
        "kfnb_gpu_memory_used_bytes", "Of everybody and the driver", GPU, _field("memory_used")
    ),
    Metric("kfnb_gpu_memory_total_bytes", "All there is", GPU, _field("memory_total")),
    Metric("kfnb_gpu_memory_own_bytes", "Of this pod's processes", GPU, _field("memory_own")),
    Metric("kfnb_gpu_memory_others_bytes", "Of other pods", GPU, _field("memory_others")),
    Metric("kfnb_gpu_utilisation_ratio", "Share of time in which it computed", GPU, _busy),
    Metric("kfnb_gpu_held_idle_seconds", "Memory is held and nothing computes", GPU, _idle),
    Metric("kfnb_gpu_temperature_celsius", "Of the board", GPU, _field("temperature_c")),
    Metric("kfnb_gpu_power_watts", "Of the board", GPU, _field("power_milliwatts", 0.001)),
    Metric(
        "kfnb_gpu_ecc_uncorrected_errors", "Since a reset", GPU, _field("ecc_uncorrected")
    ),
    Metric("kfnb_memory_working_set_bytes", "As the kubelet counts it", (),
           _limit("memory_working_set")),
    Metric("kfnb_memory_limit_bytes", "Of the pod", (), _limit("memory_limit")),
    Metric("kfnb_memory_high_bytes", "From here on it is slowed down", (), _limit("memory_high")),
    Metric("kfnb_swap_used_bytes", "Of the pod", (), _limit("swap_used")),
    Metric("kfnb_cpu_usage_cores", "Of the pod", (), _limit("cpu_usage_cores")),
    Metric("kfnb_cpu_limit_cores", "Of the pod", (), _limit("cpu_limit_cores")),
    Metric("kfnb_cpu_throttled_ratio", "Share of periods", (), _limit("cpu_throttled_ratio")),
    Metric("kfnb_oom_kills", "Since the container started", (), _limit("oom_kills")),
    Metric("kfnb_processes", "Of the pod", (), _limit("processes")),
    Metric("kfnb_shm_used_bytes", "Of /dev/shm", (), _shm("used")),
    Metric("kfnb_shm_total_bytes", "Of /dev/shm", (), _shm("total")),
    Metric("kfnb_shm_hidden_bytes", "In deleted files", (), _shm("hidden")),
    Metric("kfnb_orphans", "Processes that killed kernels have left", (), _orphans),
    Metric("kfnb_volume_used_bytes", "Of a volume", VOLUME, _volume("used")),
    Metric("kfnb_volume_free_bytes", "For an ordinary user", VOLUME, _volume("free")),
    Metric("kfnb_volume_total_bytes", "Of a volume", VOLUME, _volume("total")),
    Metric("kfnb_volume_inodes_free", "Of a volume", VOLUME, _volume("inodes_free")),
    Metric("kfnb_volume_full_seconds", "Until it is full, where that is foreseen", VOLUME, _full),
)  # fmt: skip


class Figures(Collector):
    """The table, over the last status. Known to the registry from the first status on."""

    def __init__(
        self,
        registry: CollectorRegistry = REGISTRY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry, self._clock = registry, clock
        self._status: Status | None = None
        self._taken = 0.0

    def read(self, status: Status) -> None:
        """Keep this status."""
        if self._status is None:
            self._registry.register(self)
        self._status, self._taken = status, self._clock()

    def close(self) -> None:
        """Leave the registry, which outlives this server."""
        if self._status is not None:
            self._registry.unregister(self)
            self._status = None

    def describe(self) -> Iterable[Any]:
        """Nothing, so that registering asks nothing."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All metrics that have a figure."""
        status = self._status
        if status is None:
            return
        age = GaugeMetricFamily("kfnb_status_age_seconds", "How old the figures of kfnb are")
        age.add_metric((), self._clock() - self._taken)
        yield age
        for metric in METRICS:
            family = GaugeMetricFamily(metric.name, metric.text, labels=metric.labels)
            for labels, value in metric.rows(status):
                if value is not None:
                    family.add_metric(labels, value)
            if family.samples:
                yield family
