"""kfnb-ext: a notebook server on Kubernetes that knows its pod.

The hooks that Jupyter and IPython look for. Nothing heavy is imported here.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "../labextension/dist", "dest": "kfnb-ext"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from kfnb_ext.server.extension import Extension

    return [{"module": "kfnb_ext", "app": Extension}]


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """``%load_ext kfnb_ext``: adds ``%kfnb`` and ``%%gpu``."""
    from kfnb_ext import cell, magics

    magics.load(shell)
    cell.load(shell)
