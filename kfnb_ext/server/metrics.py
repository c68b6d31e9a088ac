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
from kfnb_ext.model.status import Status

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
