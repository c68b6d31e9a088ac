"""What ran on one GPU or slice alone, between two readings (GPM: Hopper and later).

Rule: two samples are compared only when they are of the same slice (its fingerprint), a second
to ten minutes apart; NVML never sees a pair that it would refuse. Samples end before NVML does.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from kfnb_ext.model.gpu import GpuActivity
from kfnb_ext.probes import nvml
from kfnb_ext.probes.gpu import words
from kfnb_ext.probes.nvml import NvmlError, said

LEAST, MOST = 1.0, 600.0  # seconds between two samples (NVML itself wants 0.1)

# NVML_GPM_METRIC_*: percent
METRICS = (1, 2, 3, 5, 10)  # graphics, SM, occupancy, tensor, memory bandwidth


Getters = tuple[Callable[[Any], int], Callable[[Any], float]]


class Before(NamedTuple):
    """The last sample of one GPU or slice, and what came of it."""

    fingerprint: str
    at: float
    sample: Any
    spare: Any  # the one before that, to be written over; None: there is none yet
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
        self._answers: list[tuple[Getters, Any]] = []
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
        sample = (before and before.spare) or self._door.call("nvmlGpmSampleAlloc")
        try:
            self._door.call(name, *asked, sample)
        except NvmlError:
            if before is None or sample is not before.spare:
                self._give_back(sample)
            self._drop(uuid)
            raise
        # Kept before they are compared: whatever that comes to, they are given back some time.
        kept = Before(fingerprint, now, sample, before.sample if before else None, None)
        self._before[uuid] = kept
        if before is None or now - before.at > MOST:
            return None, words.TWO_READINGS
        if before.fingerprint != fingerprint:
            return None, words.CUT_ANEW
        answer = self._compare(before.sample, sample, now - before.at)
        self._before[uuid] = kept._replace(answer=answer)
        return answer, "" if answer else words.NONSENSE

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
            self._give_back(before.sample)
            if before.spare is not None:
                self._give_back(before.spare)

    def _give_back(self, sample: Any) -> None:
        with suppress(NvmlError):
            self._door.call("nvmlGpmSampleFree", sample)

    def _compare(self, one: Any, two: Any, seconds: float) -> GpuActivity | None:
        question = self._question or self._made()
        question.sample1, question.sample2 = one, two
        self._door.call("nvmlGpmMetricsGet", question)
        graphics, sm, occupancy, tensor, memory = (_ratio(get, m) for get, m in self._answers)
        if graphics is sm is occupancy is tensor is memory is None:
            return None
        return GpuActivity(
            window_s=round(seconds, 2),
            graphics=graphics,
            sm=sm,
            occupancy=occupancy,
            tensor=tensor,
            memory_bandwidth=memory,
        )

    def _made(self) -> Any:
        # 19 KB in a recent binding: made once, and its parts taken out once.
        question = self._door.constant("c_nvmlGpmMetricsGet_t")()
        question.version = self._door.constant("NVML_GPM_METRICS_GET_VERSION")
        question.numMetrics = len(METRICS)
        metrics = [question.metrics[place] for place in range(len(METRICS))]
        for metric, number in zip(metrics, METRICS, strict=True):
            metric.metricId = number
        kind = type(metrics[0])
        # Past the binding's own access to fields, which takes longer than the question.
        get = (kind.nvmlReturn.__get__, kind.value.__get__)
        self._answers = [(get, metric) for metric in metrics]
        self._question = question
        return question


def _ratio(get: Getters, metric: Any) -> float | None:
    code, value = get[0](metric), get[1](metric)
    if code != 0 or not 0 <= value <= 101:  # neither is true of what is no number
        return None
    return min(value / 100, 1.0)
