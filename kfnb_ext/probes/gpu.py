"""The GPUs that this pod was granted, through NVML.

Rule: each field apart. What one GPU does not tell is None with its reason, and all the rest, and
all other GPUs, are read as if nothing had happened.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from kfnb_ext.model.gpu import Gpu, Gpus
from kfnb_ext.probes import nvml
from kfnb_ext.probes.nvml import NvmlError, said

MOST_MEMORY = 1 << 42  # bytes; hooks that share a GPU have answered with 2^61
NONSENSE = "The driver, or a hook in front of it, answers with an impossible figure."
CORE = 0  # NVML_TEMPERATURE_GPU

# After these NVML must be opened anew to see the GPU again, should it come back.
LOST = frozenset({said.GPU_IS_LOST, said.RESET_REQUIRED})
REVOKED = frozenset({said.OPERATING_SYSTEM, said.UNKNOWN})
FIGURES = (
    "memory_total",
    "memory_used",
    "utilisation",
    "temperature_c",
    "power_milliwatts",
    "mig_enabled",
)

T = TypeVar("T")


class GpuProbe:
    """Reads all GPUs. It remembers their names, so that a lost one is still known by its own."""

    def __init__(self, door: nvml.Door = nvml.door) -> None:
        self._door = door
        self._known: dict[int, tuple[str, str]] = {}  # index -> uuid, name

    def read(self) -> Gpus:
        """One reading. Raises: NvmlError with the reason why there is no GPU to read."""
        try:
            return self._read()
        except NvmlError as error:
            if error.code != said.UNINITIALISED:
                raise
        # Somebody else in this process has shut NVML down. Once more, from the start.
        self._door.renew(at_once=True)
        return self._read()

    def _read(self) -> Gpus:
        with self._door.opened():
            try:
                return self._gpus()
            except NvmlError as error:
                if error.code in LOST | REVOKED:
                    self._door.renew()
                raise

    def _gpus(self) -> Gpus:
        count = self._door.call("nvmlDeviceGetCount")
        looks = [_Look(self._door, index) for index in range(count)]
        refused = [look.refusal for look in looks if look.refusal]
        # Not one GPU is lost but the right to all of them.
        if refused and len(refused) == count and all(r.code in REVOKED for r in refused):
            raise NvmlError(refused[0].code)
        if count == 0:
            raise NvmlError(said.NO_GPU)
        return Gpus(
            driver_version=self._version("nvmlSystemGetDriverVersion"),
            nvml_version=self._version("nvmlSystemGetNVMLVersion"),
            gpus=tuple(self._gpu(look) for look in looks),
        )

    def _version(self, name: str) -> str | None:
        try:
            return str(self._door.call(name))
        except NvmlError:
            return None

    def _gpu(self, look: "_Look") -> Gpu:
        before = self._known.get(look.index, (f"unknown-{look.index}", f"GPU {look.index}"))
        uuid, name = look.text("uuid"), look.text("name")
        self._known[look.index] = (uuid or before[0], name or before[1])
        total, used = look.memory() or (None, None)
        return Gpu(
            index=look.index,
            uuid=self._known[look.index][0],
            name=self._known[look.index][1],
            memory_total=total,
            memory_used=used,
            utilisation=look.utilisation(),
            temperature_c=look.number("temperature_c", "nvmlDeviceGetTemperature", CORE),
            power_milliwatts=look.number("power_milliwatts", "nvmlDeviceGetPowerUsage"),
            mig_enabled=look.mig_enabled(),
            missing=look.missing,
        )


class _Look:
    """One look at one GPU; ``missing`` grows as its fields are asked for."""

    def __init__(self, door: nvml.Door, index: int) -> None:
        self._door = door
        self.index = index
        self.missing: dict[str, str] = {}
        self.refusal: NvmlError | None = None
        self._handle: Any = None
        try:
            self._handle = door.call("nvmlDeviceGetHandleByIndex", index)
        except NvmlError as error:
            self._note(error, FIGURES)
            self.refusal = error

    def text(self, field: str) -> str | None:
        """The name or the uuid; without one the last known stands, so it is never missing."""
        name = {"uuid": "nvmlDeviceGetUUID", "name": "nvmlDeviceGetName"}[field]
        return self._get((), lambda: str(self._call(name)))

    def number(self, field: str, name: str, *args: Any) -> int | None:
        """One number."""
        return self._get((field,), lambda: int(self._call(name, *args)))

    def memory(self) -> tuple[int, int] | None:
        """Total and used bytes, of everybody on this GPU."""
        return self._get(("memory_total", "memory_used"), self._memory)

    def utilisation(self) -> float | None:
        """The share of the last sixth of a second to second in which a kernel ran."""
        return self._get(("utilisation",), self._utilisation)

    def mig_enabled(self) -> bool | None:
        """It is cut into slices."""
        return self._get(("mig_enabled",), self._mig_enabled)

    def _get(self, fields: tuple[str, ...], ask: Callable[[], T]) -> T | None:
        if self.refusal:
            return None
        try:
            return ask()
        except NvmlError as error:
            if error.code == said.UNINITIALISED:
                raise
            self._note(error, fields)
        except _Nonsense:
            self.missing |= dict.fromkeys(fields, NONSENSE)
        return None

    def _note(self, error: NvmlError, fields: tuple[str, ...]) -> None:
        self.missing |= dict.fromkeys(fields, f"{error.message} {error.hint}".strip())
        if error.code in LOST:
            self._door.renew()

    def _call(self, name: str, *args: Any) -> Any:
        return self._door.call(name, self._handle, *args)

    def _memory(self) -> tuple[int, int]:
        try:
            # The second version tells what the driver keeps for itself apart from what is used.
            figures = self._call("nvmlDeviceGetMemoryInfo", self._door.constant("nvmlMemory_v2"))
        except NvmlError as error:
            if error.code not in (said.FUNCTION_NOT_FOUND, said.VERSION_UNKNOWN):
                raise
            figures = self._call("nvmlDeviceGetMemoryInfo")
        total, used = figures.total, figures.used
        if total is None or used is None or not 0 <= used <= total <= MOST_MEMORY or total == 0:
            raise _Nonsense
        return int(total), int(used)

    def _utilisation(self) -> float:
        percent = self._call("nvmlDeviceGetUtilizationRates").gpu
        if not 0 <= percent <= 100:
            raise _Nonsense
        return float(percent) / 100

    def _mig_enabled(self) -> bool:
        try:
            current, _pending = self._call("nvmlDeviceGetMigMode")
        except NvmlError as error:
            if error.code in (said.NOT_SUPPORTED, said.FUNCTION_NOT_FOUND):
                return False  # this GPU, or its driver, knows no MIG
            raise
        return bool(current)


class _Nonsense(Exception):
    """An answer that cannot be true."""


_probe = GpuProbe()


def read() -> Gpus:
    """One reading. Raises: NvmlError with the reason why there is no GPU to read."""
    return _probe.read()
