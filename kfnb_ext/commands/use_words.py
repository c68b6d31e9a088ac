"""The words for use: ``activity``, ``keep-awake``, ``agent``.

Rule: as in ``grammar.py``: only argparse, so that help is quick.
"""

from collections.abc import Callable
from typing import Any

AWAKE = """\
WHEN     2h, 90m, 1h30m: from now on; until 18:30: by the clock of this pod. Without: show what
         is asked for. Asked again, it is extended or shortened. The administrator sets how much
         may be asked for at once; it ends with the server that tells the cluster."""
ACTIVITY = """\
--probe is for the podExec probe of Kubeflow Notebooks 2.0. Where the use is not known (no server,
or one that has said nothing for 5 minutes) it writes nothing and exits with 1, so that the
workspace is not paused."""
AGENT = """\
For images without Jupyter Server (code-server, RStudio): it tells the cluster of the use, keeps
the record that `kfnb activity` reads, and serves /healthz and /status on the loopback address.
It runs until it gets SIGTERM."""


def add(commands: Any, command: Callable[..., Any]) -> None:
    """Add the commands; ``command`` is the grammar's own way to add one."""
    text = "whether the notebook is in use, why, and when the cluster stops it"
    activity = command(commands, "activity", "activity", text)
    activity.epilog = ACTIVITY
    activity.add_argument(
        "--probe", action="store_true", help="write the last use to $OUTPUT_JSON_PATH"
    )
    text = "keep the notebook until a time though nothing runs in it"
    awake = command(commands, "keep-awake", "keep_awake", text)
    awake.epilog = AWAKE
    awake.add_argument("when", nargs="*", default=[], metavar="WHEN", help="for how long")
    awake.add_argument("--reason", default="", metavar="TEXT", help="why, for whoever looks")
    awake.add_argument("--end", action="store_true", help="end it now")
    agent = command(commands, "agent", "agent", "tell the cluster of the use, without Jupyter")
    agent.epilog = AGENT
    agent.add_argument(
        "--port", type=int, metavar="N", help="default: KFNB_AGENT_PORT, else 8890; 0: any"
    )
