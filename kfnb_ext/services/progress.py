"""Whether a busy kernel makes progress, and whether a GPU works for this pod.

Rule: progress is denied only where all of it was seen: CPU, GPU, output and clients. One that
is unknown leaves the kernel busy.
"""

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from kfnb_ext.model.activity import ActivityPolicy, Evidence
from kfnb_ext.model.gpu import SHARED_FROM, Gpu, Gpus, MigSlice
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.probes.usage import Work
from kfnb_ext.services import words

if TYPE_CHECKING:
    from kfnb_ext.services.evidence import Kernel

# Cores. A kernel that waits in input() looks for the answer a hundred times a second: 0.01.
QUIET_CPU = 0.03
WARN = 900.0  # seconds before a kernel without progress counts as idle
NO_GPU = "This pod has no GPU."


class GpuWork(msgspec.Struct, frozen=True):
    """The work of this pod's own processes on all GPUs, as a share of the time."""

    seen: bool  # there is a GPU
    share: float | None  # 0..1; None: not known
    why: str = ""  # it is not known


def gpu_work(gpus: Gpus | Unavailable, policy: ActivityPolicy) -> GpuWork:
    """What is known of it."""
    if isinstance(gpus, Unavailable):
        seen = gpus.reason != NO_GPU
        return GpuWork(seen, None if seen else 0.0, gpus.reason)
    shares = [_share(one, policy) for one in gpus.gpus]
    known = [share for share in shares if share is not None]
    most = max(known, default=0.0)
    if len(known) == len(shares) or most >= policy.gpu:
        return GpuWork(bool(shares), most)
    return GpuWork(True, None, "a GPU's work for this pod cannot be read: nothing is concluded")


def _share(gpu: Gpu, policy: ActivityPolicy) -> float | None:
    """The share of time in which our own processes ran on it; None: not known."""
    if gpu.mig_enabled or gpu.slices:
        ran = [_slice_share(one, policy) for one in gpu.slices]
        return (
            max((one for one in ran if one is not None), default=None) if None not in ran else None
        )
    own = [one.utilisation for one in gpu.processes]
    known = [one for one in own if one is not None]
    if own and len(known) == len(own):
        return min(sum(known), 1.0)
    alone = gpu.sharing == "exclusive"
    # A GPU on which nobody works does not work for us either.
    still = gpu.utilisation is not None and gpu.utilisation < policy.gpu
    return gpu.utilisation if alone or still else None


def _slice_share(one: MigSlice, policy: ActivityPolicy) -> float | None:
    """A slice can be shared in turns too: work beside the memory of others may be theirs."""
    ran = one.activity.sm if one.activity else None
    if ran is None or ran < policy.gpu or one.memory_own is None:
        return ran
    alone = one.memory_own > 0 and (one.memory_used or 0) - one.memory_own <= SHARED_FROM
    return ran if alone else None


def gpu_evidence(gpu: GpuWork, now: datetime) -> list[Evidence]:
    """The same as evidence; none where there is no GPU."""
    if not gpu.seen:
        return []
    known = gpu.share is not None
    return [
        Evidence(
            kind="gpu", source="gpu", at=now if known else None, active=known,
            since=now if known else None, text=gpu.why or "a GPU works", gpu=gpu.share,
        )
    ]  # fmt: skip


class Progress:
    """Since when each busy kernel has been quiet, in seconds since boot."""

    def __init__(self, policy: ActivityPolicy) -> None:
        self._policy = policy
        self._moved: dict[str, float] = {}
        self._warned: set[str] = set()
        self._sentences: list[str] = []

    def quiet_since(
        self,
        kernel: "Kernel",
        last: float | None,
        now: float,
        did: Work | None,
        gpu: GpuWork,
    ) -> float | None:
        """None: it is idle, or works, or it cannot be said."""
        if kernel.state == "idle" or last is None or self._policy.quiet is None:
            self._drop(kernel.id)
            return None
        works = did is not None and (
            did.cpu >= QUIET_CPU or (did.io or 0) >= self._policy.process_io
        )
        unknown = did is None or gpu.share is None or kernel.clients is None
        if unknown or works or kernel.clients:
            self._drop(kernel.id)
            self._moved[kernel.id] = now
            return None
        # Output moves the stamp of a busy kernel.
        quiet = max(self._moved.get(kernel.id, last), last)
        self._moved[kernel.id] = quiet
        # Never idle at the very look that warns of it.
        patience = self._policy.quiet.total_seconds()
        return max(quiet, now - patience + 1.0) if self._warn(kernel, now - quiet) else quiet

    def sentences(self) -> list[str]:
        """The warnings that are due; each is given once."""
        due, self._sentences = self._sentences, []
        return due

    def forget(self, but: set[str]) -> None:
        """Drop the kernels that are gone."""
        for id_ in set(self._moved) - but:
            self._drop(id_)

    def _warn(self, kernel: "Kernel", quiet: float) -> bool:
        limit = self._policy.quiet.total_seconds() if self._policy.quiet else 0.0
        if kernel.id in self._warned or quiet < limit - WARN:
            return False
        self._warned.add(kernel.id)
        waits = "waits for an answer to input()" if kernel.waits_for_input else "is busy"
        self._sentences.append(
            f"The kernel of {kernel.name} {waits}, but has used no CPU and no GPU and has said "
            f"nothing for {words.hours(quiet)}. After {words.hours(limit)} it counts as idle."
        )
        return True

    def _drop(self, id_: str) -> None:
        self._moved.pop(id_, None)
        self._warned.discard(id_)
