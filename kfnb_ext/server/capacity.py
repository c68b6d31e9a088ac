"""What fills the pod, told to browsers: notices, and the watch over kernels that are killed.

Rule: what is told comes from other threads and goes out on the loop; nothing is watched before
there is a kernel.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfnb_ext.assembly import Pod
    from kfnb_ext.assembly.capacity import Capacity
    from kfnb_ext.model.limits import Kill
    from kfnb_ext.server.events import Notices
    from kfnb_ext.server.handlers import Face
    from kfnb_ext.services.capacity.judging import Word

LOOK = 2.0  # seconds between two looks whether there is a kernel: a look is a length of a dict
SHM = "/dev/shm"


def attach(pod: "Pod", loop: asyncio.AbstractEventLoop, notices: "Notices") -> None:
    """Tell browsers what the readings come to, and scan a volume that fills up."""
    from kfnb_ext.services.capacity import judging

    capacity = pod.capacity

    def tell(word: "Word") -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            loop.call_soon_threadsafe(notices.tell, word.level, word.title, word.message, word.hint)

    def killed(kill: "Kill") -> None:
        tell(judging.killed(kill))

    capacity.judge.tell.append(tell)
    # Made with the rest, though not started: who sees kernels die need not read what it left.
    capacity.deaths.tell = killed
    capacity.deaths.also = _glance(capacity.judge.glance)
    if capacity.claims:
        capacity.judge.cluster = capacity.claims
    if pod.options.background_scan:
        capacity.judge.filling.append(_scanner(capacity))


def _scanner(capacity: "Capacity") -> Callable[[], None]:
    def scan() -> None:
        capacity.scans.unseen()  # made when a volume first fills up

    return scan


async def watch(kernels: Any, face: "Face") -> None:
    """Once there is a kernel: watch whether the memory limit takes it, and how shm fills."""
    # Jupyter has no signal for a first kernel that costs less than this look.
    while not kernels.list_kernel_ids():  # noqa: ASYNC110
        await asyncio.sleep(LOOK)
    desk = await face.desk()
    await face.run(desk.pod.capacity.deaths.start)


def _glance(judge: Callable[[int, int], None]) -> Callable[[], None]:
    def glance() -> None:
        with contextlib.suppress(OSError):
            seen = os.statvfs(SHM)
            judge(seen.f_blocks * seen.f_frsize, (seen.f_blocks - seen.f_bfree) * seen.f_frsize)

    return glance
