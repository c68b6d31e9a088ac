"""Finds NVIDIA's library and its Python binding. Nothing of NVIDIA's is loaded before this.

Rule: without a device and without a library nothing is imported, so a pod without a GPU pays for
two looks into folders and no more.
"""

import importlib
import types
from pathlib import Path

from kfnb_ext.probes.nvml import said

NAME = "libnvidia-ml.so.1"

# Where the library lies although the loader does not look there.
EXTRA_FOLDERS = (
    "/usr/local/nvidia/lib64",  # GKE mounts it here; images from CUDA 12.8.1 no longer name it
    "/usr/local/nvidia/lib",
    "/usr/lib/wsl/lib",
    "/usr/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/run/nvidia/driver/usr/lib64",
)


class NotThere(Exception):
    """There is no way to NVML here; ``code`` is one of ``said``."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def has_device(device_root: Path) -> bool:
    """A GPU's device node is here (on Windows' Linux it has another name)."""
    return any(device_root.glob("nvidia*")) or (device_root / "dxg").exists()


# /dev/nvidia0 on a Jetson is its display: the GPU is behind these.
JETSON = ("nvhost-gpu", "nvgpu", "nvmap")
AMD = ("kfd",)


def absent(device_root: Path) -> int:
    """Which of ``said`` it is that there is no way to NVML here."""
    there = {name for name in (*JETSON, *AMD) if (device_root / name).exists()}
    if there & set(JETSON):
        return said.OTHER_GPU
    if has_device(device_root):
        return said.LIBRARY_NOT_FOUND
    return said.OTHER_GPU if there else said.NO_GPU


def load(folders: tuple[str, ...]) -> bool:
    """Load the library, so that the binding finds it loaded. False: there is none."""
    import ctypes  # 3 ms that a pod without a reading need not pay

    for path in (NAME, *(f"{folder}/{NAME}" for folder in folders)):
        try:
            # The binding asks for the bare name; the loader then answers with the one loaded.
            ctypes.CDLL(path, ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        return True
    return False


def binding() -> types.ModuleType:
    """NVIDIA's own ``pynvml``. Raises: NotThere."""
    try:
        module = importlib.import_module("pynvml")
    except ImportError:
        raise NotThere(said.NO_BINDING) from None
    # Four packages install a module of this name; only NVIDIA's has all of these.
    own = ("_nvmlGetFunctionPointer", "nvmlInitWithFlags", "nvmlDeviceGetMemoryInfo")
    if not all(callable(getattr(module, name, None)) for name in own):
        raise NotThere(said.FOREIGN_BINDING)
    return module


def find(device_root: Path, folders: tuple[str, ...]) -> types.ModuleType:
    """The binding, its library loaded. Raises: NotThere."""
    if not load(folders):
        raise NotThere(absent(device_root))
    return binding()
