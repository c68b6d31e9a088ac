"""GPUs as NVML shows them to this pod, and whose memory and work is on them.

Rule: ratios 0..1, bytes, degrees C, milliwatts, MHz. A field that could not be had is ``None`` and
``missing`` says why in a sentence; memory that is held is not work.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kfnb_ext.model.reading import Reading, Record, Request

GpuState = Literal["ok", "lost", "reset_required", "error"]
GpuSharing = Literal["exclusive", "mig", "time_sliced_or_shared", "mps", "unknown"]
GpuMemoryKind = Literal["dedicated", "unified", "coherent"]
GpuPidMode = Literal["namespaced", "host", "none", "unknown"]
GpuConfidence = Literal["exact", "lower_bound", "unknown"]
GpuHolderKind = Literal["kernel", "terminal", "server", "pod", "orphan"]

SHARED_FROM = 256 << 20  # bytes: less is what drivers keep for a context beside its memory
IDLE = 0.01  # a ratio up to this is no work: a driver that is asked does that much by itself


class GpuActivity(Record, frozen=True, kw_only=True):
    """What ran between two readings, of one GPU or slice alone (GPM; Hopper and later)."""

    window_s: float  # seconds between the two readings
    sm: float | None  # share of time in which multiprocessors were busy
    occupancy: float | None  # of their warps
    tensor: float | None  # share of time in which tensor cores were busy
    memory_bandwidth: float | None  # share of the highest
    graphics: float | None  # share of time in which any engine was busy


class Framework(Record, frozen=True, kw_only=True):
    """What one framework in one process says of its memory on one GPU."""

    name: str  # torch, jax, tensorflow, cupy
    device: str  # as the framework counts: "cuda:0"
    uuid: str | None  # of the GPU or slice without the word before it, where it tells
    allocated: int  # bytes in use
    reserved: int | None  # bytes taken from the driver, those in use among them
    peak: int | None  # the most bytes that were in use at once


class FrameworkUse(Record, frozen=True, kw_only=True):
    """What a kernel leaves for whoever asks whose memory it is. It is never asked itself."""

    pid: int
    start_ticks: int | None
    taken: datetime
    frameworks: tuple[Framework, ...]


class GpuProcess(Record, frozen=True, kw_only=True):
    """A process of this pod that holds a GPU."""

    pid: int
    start_ticks: int  # with the pid, what to name when it is to be ended
    command: str
    memory: int | None  # bytes on this GPU or slice
    confidence: GpuConfidence  # of the memory; lower_bound: its framework knows of so much
    utilisation: float | None  # its own share of the GPU's time
    holder: GpuHolderKind
    source: str | None  # id of the kernel it belongs to
    name: str | None  # its notebook, where known
    can_end: bool  # it is of our own user, and nobody's
    visible_devices: str | None  # its CUDA_VISIBLE_DEVICES
    missing: dict[str, str] = {}


class MigSlice(Record, frozen=True, kw_only=True):
    """A part of a GPU with memory and multiprocessors of its own (MIG)."""

    uuid: str
    slot: int
    gpu_instance: int | None
    compute_instance: int | None
    profile: str | None  # 1g.5gb
    multiprocessors: int | None
    gpu_slices: int | None
    compute_slices: int | None
    memory_total: int | None  # bytes
    memory_used: int | None  # bytes, of everybody on this slice
    memory_own: int | None  # bytes, of this pod's processes
    activity: GpuActivity | None
    processes: tuple[GpuProcess, ...]
    held_idle_since: datetime | None  # memory is held and nothing was seen to compute since
    missing: dict[str, str] = {}


class Gpu(Record, frozen=True, kw_only=True):
    """One GPU. A field that could not be had is ``None`` and ``missing`` says why.

    What is asked for less often (processes, temperature, power, clocks, errors, slices) is at
    most ten seconds older than the reading.
    """

    index: int
    uuid: str
    name: str
    state: GpuState = "ok"
    sharing: GpuSharing = "unknown"
    memory_kind: GpuMemoryKind | None = None
    memory_total: int | None  # bytes
    memory_used: int | None  # bytes, of everybody on this GPU and of the driver
    memory_reserved: int | None = None  # bytes, of the driver
    memory_own: int | None = None  # bytes, of this pod's processes
    memory_others: int | None = None  # bytes, of other pods
    utilisation: float | None  # share of time in which a kernel ran, 0..1
    activity: GpuActivity | None = None
    temperature_c: int | None
    power_milliwatts: int | None
    power_limit_milliwatts: int | None = None
    sm_clock_mhz: int | None = None
    memory_clock_mhz: int | None = None
    throttling: tuple[str, ...] | None = None  # why its clocks are held down; none: empty
    ecc_uncorrected: int | None = None  # memory errors that could not be corrected, since a reset
    xid: int | None = None  # number of the last error the driver told of
    xid_at: datetime | None = None  # when it was seen
    pcie_rx: int | None = None  # bytes per second
    pcie_tx: int | None = None  # bytes per second
    mig_enabled: bool | None
    slices: tuple[MigSlice, ...] = ()
    processes: tuple[GpuProcess, ...] = ()
    held_idle_since: datetime | None = None  # memory is held and nothing was seen to compute since
    missing: dict[str, str] = {}


class GpuHolder(Record, frozen=True, kw_only=True):
    """What one kernel, terminal or process of the pod holds on all GPUs together."""

    kind: GpuHolderKind
    source: str | None  # id of the kernel
    name: str  # its notebook, else its command
    pids: tuple[int, ...]
    memory: int | None  # bytes
    confidence: GpuConfidence  # of the memory
    utilisation: float | None  # the most of all GPUs
    frameworks: tuple[Framework, ...]
    visible_devices: str | None  # its CUDA_VISIBLE_DEVICES
    idle_since: datetime | None  # it holds memory and was not seen to compute since
    missing: dict[str, str] = {}


class Gpus(Reading, frozen=True, kw_only=True, tag="gpus"):
    """All GPUs granted to this pod. No GPU at all is ``Unavailable`` with the reason."""

    driver_version: str | None
    nvml_version: str | None
    gpus: tuple[Gpu, ...]
    taken: datetime | None = None
    pid_mode: GpuPidMode = "unknown"  # whose pids the driver tells
    holders: tuple[GpuHolder, ...] = ()
    notes: tuple[str, ...] = ()  # what a person should know of all of them together


class GpuEndRequest(Request, frozen=True):
    """End a process that holds a GPU and belongs to nobody."""

    pid: Annotated[int, msgspec.Meta(ge=1, le=2**22)]
    start_ticks: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    force: bool = False  # SIGKILL, for one that did not heed SIGTERM


class GpuEnded(Record, frozen=True, kw_only=True):
    """What became of it."""

    pid: int
    command: str
    ended: bool  # False: it was asked to, and still runs
    message: str


class GpuCellPoint(Record, frozen=True, kw_only=True):
    """One moment of a cell."""

    at: float  # seconds since the cell began
    memory: int | None  # bytes in use by everybody
    share: float | None  # of the time in which the GPU computed


class GpuCellUse(Record, frozen=True, kw_only=True):
    """What one cell did to one GPU or slice. ``before`` and ``after`` are in bytes."""

    uuid: str
    name: str
    memory_total: int | None  # bytes
    before: int | None  # in use by everybody
    after: int | None
    peak: int | None  # the most at any look
    own_before: int | None  # of this kernel
    own_after: int | None
    others: int | None  # of other pods, after the cell
    share_mean: float | None  # of the time in which the GPU computed
    share_most: float | None
    power_milliwatts: int | None  # mean, of the board
    energy_joules: float | None  # of the board
    throttling: tuple[str, ...] | None  # what held its clocks down at the end
    points: tuple[GpuCellPoint, ...]
    missing: dict[str, str] = {}


class GpuCell(Record, frozen=True, kw_only=True):
    """What one cell did to the GPUs. ``reason`` says why nothing of them could be read."""

    seconds: float
    readings: int
    gpus: tuple[GpuCellUse, ...]
    frameworks: tuple[Framework, ...]
    shm_peak: int | None  # bytes
    shm_total: int | None  # bytes
    reason: str = ""
