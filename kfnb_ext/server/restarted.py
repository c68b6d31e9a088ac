"""Whether this start is the restart of a restore: asked of the cluster once, and its end told.

Inside a cluster only, and only where its client is installed: one GET of our own Notebook, in a
worker thread, some seconds after the start. While a restore is under way it is looked at again.

Rule: nothing of it can hold up the server; what fails is tried again a few times, then left to
the guardian and to the next start.
"""

import asyncio
import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfnb_ext.assembly import Pod
    from kfnb_ext.server import handlers

FIRST = 3.0  # seconds after the start: the notebook is served first
PAUSES = (15.0, 30.0, 60.0, 120.0, 300.0, 600.0)  # between the looks, while it has not ended


async def find(face: "handlers.Face", loop: asyncio.AbstractEventLoop) -> None:
    """Look, and look again while a restore has not ended."""
    await asyncio.sleep(FIRST)
    from kfnb_ext.kube.client.access import Access

    if not (Access().in_cluster and importlib.util.find_spec("kubernetes")):
        return
    desk = await face.desk()
    for pause in PAUSES:
        if not await loop.run_in_executor(None, _recovered, desk.pod):
            return
        await asyncio.sleep(pause)


def _recovered(pod: "Pod") -> bool:
    """Bring it further, and leave how it ended as an operation; whether to look again."""
    from kfnb_ext import errors

    if not pod.cluster.writes:
        return False
    try:
        if not pod.cluster.unfinished():
            return False
        for text in pod.snapshots.recover("csi"):
            _told(pod, text)
        return pod.cluster.unfinished()
    except errors.KfnbError:
        return True


def _told(pod: "Pod", text: str) -> None:
    """Every face sees an operation, also one that opens within the hour; a notice is seen once."""
    from kfnb_ext import errors
    from kfnb_ext.engines.csi import recovering
    from kfnb_ext.services.operations import Result, Running

    def work(running: Running) -> Result:
        if text.startswith(recovering.WELL):
            return Result(message=text)
        raise errors.EngineFailed(text, "`kfnb cluster` lists what is kept of it.")

    pod.operations.start("recover", "csi", "restore of volumes", work)
