"""Questions to one GPU or slice; what is not answered goes into ``missing``, with the reason.

Rule: one answer that fails costs its own fields and nothing else.
"""

from typing import Any

from kfnb_ext.model.gpu import GpuState
from kfnb_ext.probes import nvml
from kfnb_ext.probes.gpu import words
from kfnb_ext.probes.nvml import NvmlError, said

MOST_MEMORY = 1 << 42  # bytes; hooks that share a GPU have answered with 2^61

# After these NVML must be opened anew to see the GPU again, should it come back.
LOST = frozenset({said.GPU_IS_LOST, said.RESET_REQUIRED})
REVOKED = frozenset({said.OPERATING_SYSTEM, said.UNKNOWN})
OLDER = frozenset({said.FUNCTION_NOT_FOUND, said.VERSION_UNKNOWN})
STATES: dict[int, GpuState] = {said.GPU_IS_LOST: "lost", said.RESET_REQUIRED: "reset_required"}

Memory = tuple[int, int, int | None]  # bytes: total, used by anybody and the driver, the driver's


class Asked:
    """One handle, and what it did not answer."""

    __slots__ = ("door", "handle", "memory_code", "missing", "worst")

    def __init__(self, door: nvml.Door, handle: Any) -> None:
        self.door = door
        self.handle = handle
        self.missing: dict[str, str] = {}
        self.worst = 0  # the code of a loss
        self.memory_code = 0  # why there is no memory

    def number(self, field: str, name: str, *arguments: Any) -> Any:
        """One number, or None."""
        try:
            return self.door.call(name, self.handle, *arguments)
        except NvmlError as error:
            self.note(error, field)
            return None

    def note(self, error: NvmlError, *fields: str) -> None:
        """These fields are not known. Raises: NvmlError when NVML itself is shut."""
        if error.code == said.UNINITIALISED:
            raise error
        self.missing.update(dict.fromkeys(fields, reason(error)))
        if error.code in LOST or (error.code in REVOKED and not self.worst):
            self.worst = error.code
        if error.code in LOST:
            self.door.renew()

    def memory(self) -> Memory | None:
        """Total and used bytes of everybody, and the driver's own."""
        try:
            return _possible(self._memory())
        except NvmlError as error:
            self.memory_code = error.code
            self.note(error, "memory_total", "memory_used")
        except (ValueError, TypeError):
            self.missing.update(dict.fromkeys(("memory_total", "memory_used"), words.NONSENSE))
        return None

    def utilisation(self) -> float | None:
        """The share of the last sixth of a second to second in which a kernel ran."""
        rates = self.number("utilisation", "nvmlDeviceGetUtilizationRates")
        if rates is None:
            return None
        percent = rates.gpu
        if 0 <= percent <= 100:
            return float(percent) / 100
        self.missing["utilisation"] = words.NONSENSE
        return None

    def throttling(self) -> tuple[str, ...] | None:
        """What holds the clocks down, in words."""
        for name in ("EventReasons", "ThrottleReasons"):  # the older name goes with CUDA 14
            try:
                bits = self.door.call(f"nvmlDeviceGetCurrentClocks{name}", self.handle)
            except NvmlError as error:
                if error.code == said.FUNCTION_NOT_FOUND and name == "EventReasons":
                    continue
                self.note(error, "throttling")
                return None
            return words.throttling(bits)
        return None

    def _memory(self) -> Memory:
        door, handle = self.door, self.handle
        try:
            # The second version tells what the driver keeps for itself apart from what is used.
            got = door.call("nvmlDeviceGetMemoryInfo", handle, door.constant("nvmlMemory_v2"))
        except NvmlError as error:
            if error.code not in OLDER:
                raise
            got = door.call("nvmlDeviceGetMemoryInfo", handle)
            return got.total, got.used, None
        # Drivers differ in whether `used` holds the reserve; what is free is free in all of them.
        total = got.total
        return total, total - got.free, got.reserved


def _possible(memory: Memory) -> Memory:
    """Raises: ValueError, and TypeError where the binding says "not available"."""
    total, used, reserved = memory
    if not 0 <= used <= total <= MOST_MEMORY or total == 0:
        raise ValueError
    return memory if reserved is None or reserved <= total else (total, used, None)


def reason(error: NvmlError) -> str:
    """Why and what to do, as one line."""
    return f"{error.message} {error.hint}".strip()
