"""What NVML's error codes mean to a person: a reason and the way out for each.

Rule: a code that is not here still gets a sentence with its number; a person never reads a bare
"Unknown Error". Codes are those of nvml.h, nvmlReturn_t.
"""

UNINITIALISED = 1
INVALID_ARGUMENT = 2
NOT_SUPPORTED = 3
NO_PERMISSION = 4
NOT_FOUND = 6
DRIVER_NOT_LOADED = 9
TIMEOUT = 10
LIBRARY_NOT_FOUND = 12
FUNCTION_NOT_FOUND = 13
GPU_IS_LOST = 15
RESET_REQUIRED = 16
OPERATING_SYSTEM = 17
VERSION_MISMATCH = 18
VERSION_UNKNOWN = 25  # NVML_ERROR_ARGUMENT_VERSION_MISMATCH
UNKNOWN = 999

# Ours, below zero where NVML has none.
NO_GPU = -1
NO_BINDING = -2
FOREIGN_BINDING = -3
BUSY = -4
GARBLED = -5
OTHER_GPU = -6

_RESTART = "Stop the notebook and start it again."

# code -> what happened, the way out
SENTENCES: dict[int, tuple[str, str]] = {
    NO_GPU: (
        "This pod has no GPU.",
        "A GPU is granted when the notebook is created, as a limit like nvidia.com/gpu.",
    ),
    NO_BINDING: (
        "The Python package nvidia-ml-py is not installed.",
        "pip install nvidia-ml-py",
    ),
    FOREIGN_BINDING: (
        "Another package has put its own module named pynvml in place of NVIDIA's.",
        "pip uninstall pynvml nvidia-ml-py3, then pip install --force-reinstall nvidia-ml-py",
    ),
    BUSY: (
        "The NVIDIA driver has not answered the last question yet.",
        "If this stays, the driver of the node hangs: tell the administrator.",
    ),
    GARBLED: ("The driver's answer makes no sense.", ""),
    OTHER_GPU: (
        "The GPU of this pod is none that NVIDIA's library NVML reads (a Jetson's, or AMD's).",
        "Look at it with its maker's own program: tegrastats, or rocm-smi.",
    ),
    UNINITIALISED: ("NVIDIA's library was shut down.", "It is opened again at the next reading."),
    INVALID_ARGUMENT: (
        "What was asked is not there any more: the GPU may have been cut anew.",
        "The next look at it comes within ten seconds.",
    ),
    NOT_SUPPORTED: ("This GPU does not report it.", ""),
    NO_PERMISSION: (
        "The driver does not show it to this pod.",
        "With a MIG slice, the figures of the whole GPU belong to all its tenants.",
    ),
    NOT_FOUND: ("The driver has nothing to report.", ""),
    DRIVER_NOT_LOADED: (
        "NVIDIA's library is here, but the node has no NVIDIA driver loaded.",
        "The administrator sees to the driver of the node; nothing in the pod can.",
    ),
    LIBRARY_NOT_FOUND: (
        "The pod has a GPU, but NVIDIA's library libnvidia-ml.so.1 is not found.",
        "Add its folder to LD_LIBRARY_PATH in the image; on GKE it is /usr/local/nvidia/lib64.",
    ),
    FUNCTION_NOT_FOUND: ("The driver of the node is too old to report it.", ""),
    GPU_IS_LOST: (
        "The GPU fell off its bus.",
        "What ran on it is lost. The administrator must reset it or restart the node.",
    ),
    RESET_REQUIRED: ("The GPU must be reset before it works again.", "Tell the administrator."),
    OPERATING_SYSTEM: ("The container lost the right to use its GPU.", _RESTART),
    VERSION_MISMATCH: (
        "The driver of the node was upgraded while this notebook ran.",
        _RESTART,
    ),
    UNKNOWN: (
        "The container lost access to its GPU (a reload of the node's service manager does that).",
        _RESTART,
    ),
}


def sentences(code: int, text: str = "") -> tuple[str, str]:
    """The reason and the way out for ``code``; ``text`` is what NVML itself says."""
    said = f" ({text})" if text else ""
    return SENTENCES.get(code, (f"The NVIDIA driver answers with error {code}{said}.", ""))
