"""Stands for JAX: the few names that are asked, as the real ones answer on a GPU.

Rule: asked for a device before the user has computed, it notes that this would have started CUDA.
"""

import os
import pathlib

from jax._src import xla_bridge


class Device:
    """As jax.Device, of the plugin for CUDA."""

    def __init__(self, platform, number, stats):
        self.platform, self.local_hardware_id, self._stats = platform, number, stats

    def memory_stats(self):
        """What XLA's allocator counts; None for a device that counts nothing."""
        return self._stats


def local_devices():
    """Starts all backends when none is."""
    if not xla_bridge.backends_are_initialized():
        pathlib.Path(os.environ["TOUCHED"]).write_text("jax")
    counted = {
        "num_allocs": 7, "bytes_in_use": 3 << 20, "peak_bytes_in_use": 6 << 20,
        "largest_alloc_size": 2 << 20, "bytes_limit": 60 << 30, "bytes_reserved": 0,
        "peak_bytes_reserved": 0, "largest_free_block_bytes": 0, "pool_bytes": 64 << 20,
        "peak_pool_bytes": 64 << 20,
    }  # fmt: skip
    return [Device("cpu", None, None), Device("gpu", 0, None), Device("gpu", 1, counted)]
