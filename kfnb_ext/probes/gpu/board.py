"""One whole GPU between two readings: its name, and what is asked for less often.

Rule: fast figures (memory, utilisation, activity) at each look, slow ones at each slow look. On a
GPU that is cut into slices the whole belongs to all tenants, and most of it is refused.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from kfnb_ext.model.gpu import Gpu, GpuActivity, GpuMemoryKind, GpuSharing, GpuState
from kfnb_ext.probes import cgroup, nvml
from kfnb_ext.probes.gpu import pids, slices, words
from kfnb_ext.probes.gpu.activity import Activities
from kfnb_ext.probes.gpu.asking import LOST, REVOKED, STATES, Asked, Memory, reason
from kfnb_ext.probes.gpu.pids import NOBODY
from kfnb_ext.probes.nvml import NvmlError, said

CORE, SM, MEM = 0, 1, 2  # NVML_TEMPERATURE_GPU, NVML_CLOCK_SM, NVML_CLOCK_MEM
UNCORRECTED, VOLATILE = 1, 0
COHERENT = 2  # NVML_DEVICE_ADDRESSING_MODE_ATS
TX, RX = 0, 1
NO_PCIE = {"pcie_rx": words.NOT_ASKED, "pcie_tx": words.NOT_ASKED}

FAST = ("memory_total", "memory_used", "utilisation", "activity", "pcie_rx", "pcie_tx")
# What hangs on another figure is not known for the same reason as that one.
FOLLOWS = {
    "memory_reserved": "memory_used",
    "memory_kind": "memory_used",
    "memory_own": "memory_used",
    "memory_others": "memory_own",
}
NUMBERS: dict[str, tuple[Any, ...]] = {  # field -> question
    "temperature_c": ("nvmlDeviceGetTemperature", CORE),
    "power_milliwatts": ("nvmlDeviceGetPowerUsage",),
    "power_limit_milliwatts": ("nvmlDeviceGetEnforcedPowerLimit",),
    "sm_clock_mhz": ("nvmlDeviceGetClockInfo", SM),
    "memory_clock_mhz": ("nvmlDeviceGetClockInfo", MEM),
    "ecc_uncorrected": ("nvmlDeviceGetTotalEccErrors", UNCORRECTED, VOLATILE),
}
SLOW = (*NUMBERS, "throttling", "mig_enabled", "processes")


class Places(NamedTuple):
    """Where a reading looks besides NVML."""

    proc_root: Path
    cgroup_root: Path


class Board:
    """One GPU. It remembers its name, so that a lost one is still known by its own."""

    def __init__(self, door: nvml.Door, index: int, activities: Activities, places: Places) -> None:
        self.door, self._activities, self._places = door, activities, places
        self.index = index
        self.uuid, self.name = f"unknown-{index}", f"GPU {index}"
        self.shared = False  # somebody else's memory was seen on it
        self.refusal: NvmlError | None = None
        self.minor: int | None = None
        self.slices: list[slices.Slice] = []
        self.listed: pids.Listed = {}
        self.work: dict[int, float] = {}
        self.numbers: dict[str, Any] = {}
        self.throttling: tuple[str, ...] | None = None
        self.mig_enabled: bool | None = None
        self.memory: Memory | None = None
        self.utilisation: float | None = None
        self.activity: GpuActivity | None = None
        self.pcie: dict[str, Any] = {}
        self.handle: Any = None
        self._coherent = False
        self._measured_until = 0
        self._worst = self._memory_code = 0
        self._fast_missing: dict[str, str] = {}
        self.slow_missing: dict[str, str] = {}

    def look(self, slow: bool, pcie: bool) -> None:
        """Ask. Raises: NvmlError only when NVML itself is shut."""
        self.refusal, self._worst = None, 0
        try:
            self.handle = self.door.call("nvmlDeviceGetHandleByIndex", self.index)
        except NvmlError as error:
            self._refuse(error)
            return
        if slow:
            self._look_slowly()
        self._look_fast(pcie)

    @property
    def memory_kind(self) -> GpuMemoryKind | None:
        """Whose memory it computes in."""
        if self.memory:
            return "coherent" if self._coherent else "dedicated"
        # A lost GPU, a slice's parent or another driver refuse with other words than this one.
        unified = self._memory_code == said.NOT_SUPPORTED and self.utilisation is not None
        return "unified" if unified and not self.mig_enabled and not self.refusal else None

    @property
    def state(self) -> GpuState:
        """How it is."""
        code = self.refusal.code if self.refusal else self._worst
        return STATES.get(code, "error") if code else "ok"

    def record(
        self,
        found: Mapping[str, pids.Own],
        sharing: Callable[["Board", pids.Own], GpuSharing],
        xid: tuple[int | None, datetime | None],
    ) -> Gpu:
        """As read, with what was found out of whose it is."""
        total, used, reserved = self.memory or (None, None, None)
        own = NOBODY if self.refusal else found.get(self.uuid, NOBODY)
        missing = {**self.slow_missing, **self._fast_missing, **own.missing}
        kind = self.memory_kind
        if kind == "unified":
            total = self._pods_memory(missing)
        return _followed(
            Gpu(
                index=self.index,
                uuid=self.uuid,
                name=self.name,
                state=self.state,
                memory_kind=kind,
                memory_total=total,
                memory_used=used,
                memory_reserved=reserved,
                memory_own=own.memory,
                memory_others=own.others,
                sharing="unknown" if own is NOBODY else sharing(self, own),
                processes=own.processes,
                xid=xid[0],
                xid_at=xid[1],
                utilisation=self.utilisation,
                activity=self.activity,
                throttling=self.throttling,
                mig_enabled=self.mig_enabled,
                slices=tuple([one.record(found.get(one.uuid, NOBODY)) for one in self.slices]),
                missing=missing,
                **self.pcie,
                **self.numbers,
            )
        )

    def _refuse(self, error: NvmlError) -> None:
        if error.code == said.UNINITIALISED:
            raise error
        self.refusal = error
        why = reason(error)
        self.memory = self.utilisation = self.activity = self.throttling = self.mig_enabled = None
        self.numbers = dict.fromkeys(NUMBERS)
        self.slices, self.listed, self.work = [], {}, {}
        self.slow_missing = dict.fromkeys(SLOW, why)
        self._fast_missing = dict.fromkeys(FAST, why)
        self.pcie = {}
        if error.code in LOST | REVOKED:
            self.door.renew()

    def _look_slowly(self) -> None:
        ask = Asked(self.door, self.handle)
        uuid, name = (ask.number("", f"nvmlDeviceGet{what}") for what in ("UUID", "Name"))
        self.uuid, self.name = uuid or self.uuid, name or self.name
        self.minor = ask.number("", "nvmlDeviceGetMinorNumber")
        self.numbers = {f: ask.number(f, *question) for f, question in NUMBERS.items()}
        self.mig_enabled = _mig(ask)
        self.throttling = ask.throttling()
        self._coherent = ask.number("", "nvmlDeviceGetAddressingMode") == COHERENT
        found = slices.find(self.door, self.handle, ask.missing) if self.mig_enabled else []
        self.slices = found
        self.listed = pids.listed(ask)
        self.work = {}
        if self.listed and not self.mig_enabled:
            self.work, self._measured_until = pids.work(ask, self._measured_until)
        ask.missing.pop("", None)
        self.slow_missing, self._worst = ask.missing, ask.worst

    def _look_fast(self, pcie: bool) -> None:
        ask = Asked(self.door, self.handle)
        self.memory, self.utilisation, self.activity = ask.memory(), None, None
        if self.mig_enabled:
            ask.missing["utilisation"] = words.MIG_NO_COUNTER
            ask.missing["activity"] = words.OF_SLICES
            for one in self.slices:
                one.look(self.handle, self.uuid, self._activities)
        else:
            self.utilisation = ask.utilisation()
            self._measure(ask)
        self.pcie = {}
        if pcie:
            for field, counter in (("pcie_rx", RX), ("pcie_tx", TX)):
                got = ask.number(field, "nvmlDeviceGetPcieThroughput", counter)
                self.pcie[field] = got if got is None else got * 1000  # NVML tells KB/s
        else:
            ask.missing.update(NO_PCIE)
        self._fast_missing, self._memory_code = ask.missing, ask.memory_code
        self._worst = self._worst or ask.worst
        if self._worst in REVOKED:
            # Some GPUs answer one question so, for ever; one that was taken away answers none.
            answers = any(x is not None for x in (self.memory, self.utilisation, self.activity))
            answers = answers or any(one.memory for one in self.slices)
            self._worst = 0 if answers else self._worst
            if self._worst:
                self.door.renew()

    def _measure(self, ask: Asked) -> None:
        try:
            if not self._activities.supported(self.uuid, self.handle):
                ask.missing["activity"] = words.NO_GPM
                return
            name = "nvmlGpmSampleGet"
            self.activity, why = self._activities.read(self.uuid, self.uuid, name, self.handle)
            if why:
                ask.missing["activity"] = why
        except NvmlError as error:
            ask.note(error, "activity")

    def _pods_memory(self, missing: dict[str, str]) -> int | None:
        missing["memory_used"] = words.UNIFIED
        group = cgroup.find("memory", self._places.cgroup_root, self._places.proc_root)
        limit = cgroup.memory_bound(group, self._places.proc_root) if group else None
        found = limit or cgroup.node_memory(self._places.proc_root)
        if found is not None:
            missing.pop("memory_total", None)
        return found


def _followed(gpu: Gpu) -> Gpu:
    for field, other in FOLLOWS.items():
        if getattr(gpu, field) is None:
            gpu.missing.setdefault(field, gpu.missing.get(other, words.RESERVE_UNKNOWN))
    return gpu


def _mig(ask: Asked) -> bool | None:
    try:
        current, _pending = ask.door.call("nvmlDeviceGetMigMode", ask.handle)
    except NvmlError as error:
        if error.code in (said.NOT_SUPPORTED, said.FUNCTION_NOT_FOUND):
            return False  # this GPU, or its driver, knows no MIG
        ask.note(error, "mig_enabled")
        return None
    return bool(current)
