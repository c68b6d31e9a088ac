"""What ``environment`` does.

Rule: without an ID it is the present one; nothing is changed.
"""

from typing import Any

from kfnb_ext.assembly import Pod
from kfnb_ext.commands import refer
from kfnb_ext.commands.talk import Outcome, Talk, Usage
from kfnb_ext.model import environment as model
from kfnb_ext.model import exporting
from kfnb_ext.text import environment as text


def environment(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``environment [ID]``"""
    if sum((given.changes, given.requirements, given.notebook)) > 1:
        raise Usage("Choose one of --changes, --requirements and --notebook.")
    engine = given.engine if given.engine is not None else "local"
    if given.id is None:
        if given.changes:
            raise Usage("Since which snapshot? Name its ID, or `latest`.")
        found = pod.environment.capture()
    else:
        found = pod.snapshots.environment(engine, refer.snapshot(pod, engine, given.id))
    if given.changes:
        since = model.changes(found, pod.environment.capture())
        return Outcome(since, text.changes(since))
    if given.requirements or given.notebook:
        file = exporting.requirements(found) if given.requirements else exporting.notebook(found)
        return Outcome(file, file.text.rstrip() or text.NOTHING)
    return Outcome(found, text.shown(found))


ACTS = (environment,)
