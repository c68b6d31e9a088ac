"""The end of a restore: the notebook runs on the new claims, and that is written down.

Rule: the journal and the list of restores change in one patch; the old claims are noted, kept,
and never labelled or deleted here.
"""

from datetime import datetime

from kfnb_ext.engines.csi import journal, keys, pods, syncing
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.journal import Journal, Seen
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.kube.client import Client, address, failures

NOTHING = "nothing"  # took the place of a volume that was taken away again


def confirm(client: Client, whose: Target, seen: Seen, now: datetime) -> Seen:
    """swapped -> confirmed -> done. Raises: ClusterError, Conflict."""
    running = seen.journal
    assert running is not None
    if running.phase == "swapped":
        new = journal.after(running, "confirm", now, deadline=None)
        seen = journal.write(
            client, whose, seen, new, more=journal.remember(seen.object, running, now)
        )
        running = new
    if running.phase == "confirmed":
        note(client, whose.namespace, running)
        seen = journal.write(client, whose, seen, journal.after(running, "finish", now))
    return seen


def note(client: Client, namespace: str, running: Journal) -> None:
    """Say on each old claim which one took its place, and no longer on the new one.

    Raises: ClusterError.
    """
    for switch in running.switches:
        for claim, value in ((switch.old, switch.new or NOTHING), (switch.new, None)):
            if not claim:
                continue
            patch = {"metadata": {"annotations": {keys.REPLACED: value}}}
            try:
                client.patch_merge(address.CLAIMS.at(namespace, claim), patch)
            except (failures.Missing, failures.Refused):
                continue  # it is gone, or may not be noted: the journal remembers it all the same


def here(context: Context, whose: Target, running: Journal) -> str | None:
    """Whether this very pod is the restored one: empty: it is; None: not yet; else what is wrong.

    Raises: ClusterError.
    """
    pod = pods.look(context.client, whose)
    if pod is None or pod.going or not pods.on(pod, running.switches, "new"):
        return None
    if not (running.mark and context.inside):
        return ""
    marked = syncing.marked(context.workspace)
    if marked == running.mark:
        return ""
    found = f"the mark of the set {marked}" if marked else "no mark of a snapshot"
    return f"the new volume holds {found}, and not that of {running.mark}"
