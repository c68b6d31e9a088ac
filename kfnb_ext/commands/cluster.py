"""What ``cluster`` does.

Rule: it reads; with ``--role`` it prints YAML and nothing else, so that it can be piped. Only
``--release`` changes anything, and asks first.
"""

from typing import Any

from kfnb_ext.assembly import Pod
from kfnb_ext.commands import waiting
from kfnb_ext.commands.talk import Outcome, Talk, confirm
from kfnb_ext.model import cluster as model
from kfnb_ext.text import cluster as text


def cluster(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``cluster [--role]``"""
    found = pod.cluster.looking.look(fresh=True)
    if given.release:
        return _release(pod, given, talk, found)
    if given.role:
        return Outcome(found.role, found.role.rstrip() or "# nothing is missing, or not known")
    return Outcome(found, text.text(found))


def _release(pod: Pod, given: Any, talk: Talk, found: model.Cluster) -> Outcome:
    kept = next((one for one in found.kept if one.name == given.release), None)
    if kept is not None and kept.can_go:
        preview = f"Delete for good:\n  {text.kept(kept)}"
        confirm(talk, given, preview, "Let it go?")
    kind = kept.kind if kept is not None else "claim"
    ended = waiting.finish(pod.cluster.letting_go.start(kind, given.release), talk)
    return Outcome(ended, ended.message)


ACTS = (cluster,)
