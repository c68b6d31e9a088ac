"""The words for the notebook in the cluster: from ``environment`` to ``restart``.

Rule: as in ``grammar.py``: only argparse, so that help is quick.
"""

from collections.abc import Callable
from typing import Any

GROW = """\
SIZE     20Gi: so large; +5Gi: so much more. A claim cannot be made smaller, also not later.
It grows while it is used, where its storage class allows that. Ctrl-C ends the waiting alone:
the growth goes on in the cluster. Where the class lets no claim grow, a snapshot is taken, a larger
claim is made from it, and the notebook restarts on that; the old claim is kept, and `kfnb snapshot
undo` goes back to it. What is written meanwhile, after the snapshot, is on the old claim alone."""
FIX = """\
ADVICE   as `kfnb shm`, `kfnb limits` and `kfnb fix` name it, like shm_small. Without: the one
         that there is, or all of them are listed.
The Notebook is changed by the patch that the advice shows, and so the notebook restarts. --undo
takes the last such change back, where nothing else has changed the same places since."""
STOP = """\
The pod ends, with its kernels and terminals; volumes stay. With --snapshot it is {} only once
the snapshot has succeeded."""


ENVIRONMENT = """\
ID       of a snapshot, its beginning, or `latest`; without: the environment of now.
Names, versions and places are recorded; values of variables, tokens and passwords never are."""


def add(commands: Any, command: Callable[..., Any]) -> None:
    """Add the commands; ``command`` is the grammar's own way to add one."""
    text = "packages, kernels, image and Git heads, now or as a snapshot has them"
    found = command(commands, "environment", "environment", text, engine=True)
    found.epilog = ENVIRONMENT
    found.add_argument("id", nargs="?", metavar="ID", help="of a snapshot")
    found.add_argument("--changes", action="store_true", help="what changed since")
    found.add_argument("--requirements", action="store_true", help="as a file for pip")
    found.add_argument("--notebook", action="store_true", help="as a Notebook, image by digest")
    grow = command(commands, "grow", "grow", "make a claim larger", yes=True)
    grow.epilog = GROW
    grow.add_argument("claim", metavar="CLAIM", help="as `kfnb volumes` names it")
    grow.add_argument("size", metavar="SIZE", help="20Gi, or +5Gi")
    text = "also where no guardian can go back if the notebook does not start on a larger claim"
    grow.add_argument("--unguarded", action="store_true", help=text)
    text = "change the Notebook as an advice says: /dev/shm, memory, CPU"
    fix = command(commands, "fix", "fix", text, yes=True)
    fix.epilog = FIX
    fix.add_argument("advice", nargs="?", metavar="ADVICE", help="which")
    fix.add_argument("--undo", action="store_true", help="take the last change back")
    for word, done in (("stop", "stopped"), ("restart", "restarted")):
        one = command(commands, word, word, f"{word} this notebook", yes=True)
        one.epilog = STOP.format(done)
        one.add_argument(
            "--snapshot", choices=("local", "csi"), help="take one first, by this engine"
        )
        one.add_argument("--reason", default="", metavar="TEXT", help="why, for whoever looks")
