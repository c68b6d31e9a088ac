"""What frameworks in this very process know of their memory on GPUs.

Rule: a framework that is not loaded is not imported, and one that has not touched the GPU is not
asked: the question alone could start CUDA, which takes hundreds of megabytes.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kfnb_ext.model.gpu import Framework
from kfnb_ext.probes import processes
from kfnb_ext.probes.gpu import files

NAMES = ("torch", "jax", "tensorflow", "cupy")


def loaded(modules: Mapping[str, Any] = sys.modules) -> bool:
    """Whether there is one to ask."""
    return any(name in modules for name in NAMES)


def read(modules: Mapping[str, Any] = sys.modules) -> tuple[Framework, ...]:
    """All that are loaded and have touched a GPU."""
    found: list[Framework] = []
    for name, ask in _ASK.items():
        try:
            if name in modules:
                found += ask(modules)
        except Exception:  # another version of it, or one half loaded: nothing is known
            continue
    return tuple(found)


def _torch(modules: Mapping[str, Any]) -> Iterator[Framework]:
    cuda = modules["torch"].cuda
    if not cuda.is_initialized():
        return
    for index in range(cuda.device_count()):
        stats = cuda.memory_stats(index)
        if not stats.get("reserved_bytes.all.peak"):
            continue
        yield Framework(
            name="torch",
            device=f"cuda:{index}",
            uuid=_uuid(cuda, index),
            allocated=int(stats["allocated_bytes.all.current"]),
            reserved=int(stats["reserved_bytes.all.current"]),
            peak=int(stats["allocated_bytes.all.peak"]),
        )


def _uuid(cuda: Any, index: int) -> str | None:
    # Since 2.3; of a slice it is the slice's own.
    found = getattr(cuda.get_device_properties(index), "uuid", None)
    return str(found) if found else None


def _jax(modules: Mapping[str, Any]) -> Iterator[Framework]:
    bridge = modules.get("jax._src.xla_bridge")
    if bridge is None or not bridge.backends_are_initialized():
        return
    for device in modules["jax"].local_devices():
        if device.platform not in ("gpu", "cuda"):
            continue
        stats = device.memory_stats()
        if stats is None:  # of a device that counts nothing
            continue
        yield Framework(
            name="jax",
            device=f"cuda:{device.local_hardware_id}",
            uuid=None,
            allocated=int(stats["bytes_in_use"]),
            reserved=_maybe(stats.get("pool_bytes")),
            peak=_maybe(stats.get("peak_bytes_in_use")),
        )


def _tensorflow(modules: Mapping[str, Any]) -> Iterator[Framework]:
    context = getattr(modules.get("tensorflow.python.eager.context"), "_context", None)
    if context is None or not context._initialized:
        return
    config = modules["tensorflow"].config
    for index, _ in enumerate(config.list_logical_devices("GPU")):
        stats = config.experimental.get_memory_info(f"GPU:{index}")
        yield Framework(
            name="tensorflow",
            device=f"cuda:{index}",
            uuid=None,
            allocated=int(stats["current"]),
            reserved=None,
            peak=_maybe(stats.get("peak")),
        )


def _cupy(modules: Mapping[str, Any]) -> Iterator[Framework]:
    # The question makes the pool, and with CUPY_GPU_MEMORY_LIMIT in percent it asks for the total
    # of the GPU, which would start CUDA. It tells its present device alone.
    if not files.holders([os.getpid()], processes.PROC):
        return
    pool = modules["cupy"].get_default_memory_pool()
    if not pool.total_bytes():
        return
    yield Framework(
        name="cupy",
        device="cuda",
        uuid=None,
        allocated=int(pool.used_bytes()),
        reserved=int(pool.total_bytes()),
        peak=None,
    )


def _maybe(figure: Any) -> int | None:
    return None if figure is None else int(figure)


_ASK: dict[str, Callable[[Mapping[str, Any]], Iterator[Framework]]] = {
    "torch": _torch,
    "jax": _jax,
    "tensorflow": _tensorflow,
    "cupy": _cupy,
}
