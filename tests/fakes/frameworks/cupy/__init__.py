"""Stands for CuPy: its pool, as the real one answers.

Rule: the real pool of a device is made by the first question to it, and reads CUDA's total where
CUPY_GPU_MEMORY_LIMIT is in percent. Any question before the user has computed is noted.
"""

import os
import pathlib

computed = False


class _Pool:
    def used_bytes(self):
        _touch()
        return 2 << 20 if computed else 0

    def total_bytes(self):
        _touch()
        return 8 << 20 if computed else 0


def _touch():
    if not computed:
        pathlib.Path(os.environ["TOUCHED"]).write_text("cupy")


def get_default_memory_pool():
    """Returns the pool of all devices."""
    return _Pool()
