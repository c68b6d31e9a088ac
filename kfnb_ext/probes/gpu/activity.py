"""What ran on one GPU or slice alone, between two readings (GPM: Hopper and later).

Rule: two samples are compared only when they are of the same slice (its fingerprint), a second
to ten minutes apart; NVML never sees a pair that it would refuse. Samples end before NVML does.
"""

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from kfnb_ext.model.gpu import GpuActivity
from kfnb_ext.probes import nvml
from kfnb_ext.probes.gpu import words
from kfnb_ext.probes.nvml import NvmlError, said

LEAST, MOST = 1.0, 600.0  # seconds between two samples (NVML itself wants 0.1)

# NVML_GPM_METRIC_*: percent
METRICS = {"graphics": 1, "sm": 2, "occupancy": 3, "tensor": 5, "memory_bandwidth": 10}


class Before(NamedTuple):
    """The last sample of one GPU or slice, and what came of it."""

    fingerprint: str
    at: float
    sample: Any
    answer: GpuActivity | None


class Activities:
    """Remembers one sample of each GPU or slice."""

    def __init__(self, door: nvml.Door, clock: Callable[[], float]) -> None:
        self._door = door
        self._clock = clock
        self._before: dict[str, Before] = {}
        self._generation = door.generation
        self._supported: dict[str, bool] = {}
        self._question: Any = None
        door.closing.append(self.forget)

    def supported(self, uuid: str, handle: Any) -> bool:
        """Whether this GPU measures it at all."""
        if uuid not in self._supported:
            try:
                found = self._door.call("nvmlGpmQueryDeviceSupport", handle)
                self._supported[uuid] = bool(found.isSupportedDevice)
            except NvmlError as error:
                if error.code not in (said.NOT_SUPPORTED, said.FUNCTION_NOT_FOUND):
                    raise
                self._supported[uuid] = False
        return self._supported[uuid]

    def read(
        self, uuid: str, fingerprint: str, name: str, *asked: Any
    ) -> tuple[GpuActivity | None, str]:
        """What ran, or why it is not known. ``name`` of ``asked`` takes the sample."""
        if self._generation != self._door.generation:  # what an earlier opening gave is void
            self._before.clear()
            self._supported.clear()
            self._generation = self._door.generation
        now, before = self._clock(), self._before.get(uuid)
        if before and before.fingerprint == fingerprint and now - before.at < LEAST:
            return before.answer, "" if before.answer else words.TWO_READINGS
        try:
            sample = self._sample(name, asked)
        except NvmlError:
            self._drop(uuid)
            raise
        reason = words.TWO_READINGS
        answer = None
        if before and before.fingerprint != fingerprint:
            reason = words.CUT_ANEW
        elif before and now - before.at <= MOST:
            answer = self._compare(before.sample, sample, now - before.at)
            reason = "" if answer else words.NONSENSE
        self._drop(uuid)
        self._before[uuid] = Before(fingerprint, now, sample, answer)
        return answer, reason

    def keep(self, uuids: set[str]) -> None:
        """Forget all that are not of these."""
        for uuid in self._before.keys() - uuids:
            self._drop(uuid)

    def forget(self) -> None:
        """Give all samples back, while NVML is still open."""
        for uuid in list(self._before):
            self._drop(uuid)
        self._supported.clear()

    def _drop(self, uuid: str) -> None:
        before = self._before.pop(uuid, None)
        if before and self._generation == self._door.generation:
            with suppress(NvmlError):
                self._door.call("nvmlGpmSampleFree", before.sample)

    def _sample(self, name: str, asked: tuple[Any, ...]) -> Any:
        sample = self._door.call("nvmlGpmSampleAlloc")
        try:
            self._door.call(name, *asked, sample)
        except NvmlError:
            with suppress(NvmlError):
                self._door.call("nvmlGpmSampleFree", sample)
            raise
        return sample

    def _compare(self, one: Any, two: Any, seconds: float) -> GpuActivity | None:
        question = self._asked()
        question.sample1, question.sample2 = one, two
        metrics = self._door.call("nvmlGpmMetricsGet", question).metrics
        got = {name: _ratio(metrics[place]) for place, name in enumerate(METRICS)}
        if all(value is None for value in got.values()):
            return None
        return GpuActivity(window_s=round(seconds, 2), **got)

    def _asked(self) -> Any:
        # 19 KB in a recent binding: made once.
        if self._question is None:
            self._question = self._door.constant("c_nvmlGpmMetricsGet_t")()
            self._question.version = self._door.constant("NVML_GPM_METRICS_GET_VERSION")
            self._question.numMetrics = len(METRICS)
        for place, number in enumerate(METRICS.values()):
            self._question.metrics[place].metricId = number
        return self._question


def _ratio(metric: Any) -> float | None:
    value = metric.value
    if metric.nvmlReturn != 0 or not math.isfinite(value) or not 0 <= value <= 101:
        return None
    return float(min(value / 100, 1.0))
