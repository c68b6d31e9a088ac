"""The slices of one GPU (MIG).

Rule: slots are sparse, so an empty one ends nothing. Handles are made anew at each slow look, for
a slice may have been cut away; a slice is known by its UUID.
"""

from typing import Any

from kfnb_ext.model.gpu import GpuActivity, MigSlice
from kfnb_ext.probes import nvml
from kfnb_ext.probes.gpu import pids, words
from kfnb_ext.probes.gpu.activity import Activities
from kfnb_ext.probes.gpu.asking import Asked, Memory, reason
from kfnb_ext.probes.nvml import NvmlError, said

# NVML says either of an empty slot.
EMPTY = frozenset({said.INVALID_ARGUMENT, said.NOT_FOUND})
SIZES = ("multiprocessors", "gpu_slices", "compute_slices")


class Slice:
    """One slice between two slow looks."""

    def __init__(self, door: nvml.Door, slot: int, handle: Any) -> None:
        self.slot = slot
        ask = Asked(door, handle)
        self._handle, self._door = handle, door
        self.uuid = str(door.call("nvmlDeviceGetUUID", handle))
        self.gpu_instance: int | None = ask.number("gpu_instance", "nvmlDeviceGetGpuInstanceId")
        self.compute_instance: int | None = ask.number(
            "compute_instance", "nvmlDeviceGetComputeInstanceId"
        )
        parts = _attributes(ask)
        self.multiprocessors = parts and parts.multiprocessorCount
        self.gpu_slices = parts and parts.gpuInstanceSliceCount
        self.compute_slices = parts and parts.computeInstanceSliceCount
        self.profile = _profile(ask, parts)
        self.listed = pids.listed(ask)
        self.missing = ask.missing
        self.memory: Memory | None = None
        self.activity: GpuActivity | None = None
        self._now = ask

    @property
    def fingerprint(self) -> str:
        """What it is: two samples of one fingerprint may be compared."""
        return f"{self.uuid} {self.profile} {self.gpu_instance}/{self.compute_instance}"

    def look(self, parent: Any, parent_uuid: str, activities: Activities) -> None:
        """What changes fast: memory and activity."""
        self._now = Asked(self._door, self._handle)
        self.memory = self._now.memory()
        self.activity = None
        try:
            if not activities.supported(parent_uuid, parent):
                self._now.missing["activity"] = words.MIG_NO_COUNTER
                return
            self.activity, why = activities.read(
                self.uuid, self.fingerprint, "nvmlGpmMigSampleGet", parent, self.gpu_instance
            )
            if why:
                self._now.missing["activity"] = why
        except NvmlError as error:
            self._now.note(error, "activity")

    def record(self, own: pids.Own) -> MigSlice:
        """As read, with what was found out of whose it is."""
        total, used, _ = self.memory or (None, None, None)
        return MigSlice(
            uuid=self.uuid,
            slot=self.slot,
            gpu_instance=self.gpu_instance,
            compute_instance=self.compute_instance,
            profile=self.profile,
            multiprocessors=self.multiprocessors,
            gpu_slices=self.gpu_slices,
            compute_slices=self.compute_slices,
            memory_total=total,
            memory_used=used,
            memory_own=own.memory,
            activity=self.activity,
            processes=own.processes,
            held_idle_since=None,
            missing={**self.missing, **self._now.missing, **own.missing},
        )


def find(door: nvml.Door, parent: Any, missing: dict[str, str]) -> list[Slice]:
    """The slices that there are now. A fault in one costs that one."""
    try:
        slots = door.call("nvmlDeviceGetMaxMigDeviceCount", parent)
    except NvmlError as error:
        missing["slices"] = reason(error)
        return []
    found = []
    for slot in range(slots):
        try:
            handle = door.call("nvmlDeviceGetMigDeviceHandleByIndex", parent, slot)
            found.append(Slice(door, slot, handle))
        except NvmlError as error:
            if error.code == said.UNINITIALISED:
                raise
            if error.code not in EMPTY:
                missing["slices"] = reason(error)
    return found


def _attributes(ask: Asked) -> Any:
    try:
        return ask.door.call("nvmlDeviceGetAttributes_v2", ask.handle)
    except NvmlError as error:
        ask.note(error, "profile", *SIZES)
        return None


def _profile(ask: Asked, parts: Any) -> str | None:
    try:
        name = str(ask.door.call("nvmlDeviceGetName", ask.handle))
    except NvmlError:
        name = ""
    if " MIG " in name:
        ask.missing.pop("profile", None)
        return name.rsplit(" MIG ", 1)[1]
    if not parts:
        return None
    compute = f"{parts.computeInstanceSliceCount}c."
    whole = parts.computeInstanceSliceCount == parts.gpuInstanceSliceCount
    gigabytes = round(parts.memorySizeMB / 1024)
    return f"{'' if whole else compute}{parts.gpuInstanceSliceCount}g.{gigabytes}gb"
