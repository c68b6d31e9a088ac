"""The words for what fills the pod: ``shm``, ``limits``, ``volumes``, ``du``.

Rule: as in ``grammar.py``: only argparse, so that help is quick.
"""

from collections.abc import Callable
from typing import Any

from kfnb_ext.commands.counts import at_least

DU = """\
Without an option nothing is changed. The trash frees nothing until it is emptied."""
NEED = """\
LOADER is a variable of the notebook that holds a DataLoader; in a shell, and where there is none,
WORKERSxPREFETCHxBATCH, as in 4x2x32MiB."""


def add(commands: Any, command: Callable[..., Any]) -> None:
    """Add the commands; ``command`` is the grammar's own way to add one."""
    shm = command(commands, "shm", "shm", "/dev/shm: how full, who holds it, what was left")
    shm.epilog = NEED
    shm.add_argument("--need", metavar="LOADER", help="say whether a data loader fits into it")
    shm.add_argument("--end", action="store_true", help="end the orphans of killed kernels")
    shm.add_argument("--clear", action="store_true", help="remove files that nobody uses")
    shm.add_argument("--yes", action="store_true", help="do not ask")
    text = "memory, CPU and processes against the pod's own limits, and what they killed"
    command(commands, "limits", "limits", text)
    command(commands, "volumes", "volumes", "what is mounted, what is left, what is kept")
    du = command(commands, "du", "du", "what fills the workspace, the largest first")
    du.epilog = DU
    du.add_argument("path", nargs="?", metavar="PATH", help="a folder; without: the workspace")
    du.add_argument("--full", action="store_true", help="look at every folder again")
    du.add_argument("--top", type=at_least(1), default=20, metavar="N", help="lines (default: 20)")
    acts = du.add_mutually_exclusive_group()
    acts.add_argument("--trash", action="store_true", help="move PATH to the trash")
    acts.add_argument("--delete", action="store_true", help="delete PATH for good")
    acts.add_argument("--empty-trash", action="store_true", help="delete what is in the trash")
    du.add_argument("--yes", action="store_true", help="do not ask")
