"""The words for the cluster: ``cluster``.

Rule: as in ``grammar.py``: only argparse, so that help is quick.
"""

from collections.abc import Callable
from typing import Any


def add(commands: Any, command: Callable[..., Any]) -> None:
    """Add the commands; ``command`` is the grammar's own way to add one."""
    text = "where this notebook lives, what may be done from it, what the namespace has left"
    look = command(commands, "cluster", "cluster", text)
    about = "print only the role that is missing, for the administrator"
    look.add_argument("--role", action="store_true", help=about)
    about = "let go for good what a restore left behind and nothing uses (a volume, a Job)"
    look.add_argument("--release", metavar="NAME", default="", help=about)
    look.add_argument("--yes", action="store_true", help="do not ask")
