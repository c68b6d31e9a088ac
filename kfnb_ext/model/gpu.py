"""GPUs as NVML shows them to this pod. Ratios 0..1, bytes, degrees C, milliwatts."""

from kfnb_ext.model.reading import Reading, Record


class Gpu(Record, frozen=True, kw_only=True):
    """One GPU. A field that could not be had is ``None`` and ``missing`` says why."""

    index: int
    uuid: str
    name: str
    memory_total: int | None  # bytes
    memory_used: int | None  # bytes, of everybody on this GPU
    utilisation: float | None  # share of time in which a kernel ran, 0..1
    temperature_c: int | None
    power_milliwatts: int | None
    mig_enabled: bool | None
    missing: dict[str, str] = {}


class Gpus(Reading, frozen=True, kw_only=True, tag="gpus"):
    """All GPUs granted to this pod. No GPU at all is ``Unavailable`` with the reason."""

    driver_version: str | None
    nvml_version: str | None
    gpus: tuple[Gpu, ...]
