"""Stands for TensorFlow: the few names that are asked, as the real ones answer on a GPU.

Rule: asked for devices before the user has computed, it notes that this would have started CUDA.
"""

import os
import pathlib
import types

from tensorflow.python.eager import context


def _list_logical_devices(kind=None):
    if context._context is None or not context._context._initialized:
        pathlib.Path(os.environ["TOUCHED"]).write_text("tensorflow")
    return ["/device:GPU:0"] if kind == "GPU" else []


def _get_memory_info(device):
    if device != "GPU:0":
        raise ValueError(device)
    return {"current": 5 << 20, "peak": 9 << 20}


config = types.SimpleNamespace(
    list_logical_devices=_list_logical_devices,
    experimental=types.SimpleNamespace(get_memory_info=_get_memory_info),
)
