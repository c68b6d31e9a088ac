"""What ``cluster`` does.

Rule: it reads; with ``--role`` it prints YAML and nothing else, so that it can be piped.
"""

from typing import Any

from kfnb_ext.assembly import Pod
from kfnb_ext.commands.talk import Outcome, Talk
from kfnb_ext.text import cluster as text


def cluster(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``cluster [--role]``"""
    found = pod.cluster.looking.look(fresh=True)
    if given.role:
        return Outcome(found.role, found.role.rstrip() or "# nothing is missing, or not known")
    return Outcome(found, text.text(found))


ACTS = (cluster,)
