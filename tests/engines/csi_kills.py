"""A process that is killed while one of its requests is unanswered."""

import os
import signal
import subprocess
import time

from tests.engines.csi_pod import World
from tests.fakes.kubernetes import faults


def killed_at(
    zygote: subprocess.Popen[str], world: World, what: str, nth: int, after: bool
) -> None:
    """Have ``what`` done in a process of its own; kill it while its n-th request is unanswered."""
    assert zygote.stdin
    assert zygote.stdout
    before = len(world.cluster.log)
    world.cluster.faults.next(faults.silent(60, applied=after), nth)
    zygote.stdin.write(f"{what}\n")
    zygote.stdin.flush()
    child = int(zygote.stdout.readline())
    until = time.monotonic() + 30
    while len(world.cluster.log) - before < nth:
        assert time.monotonic() < until, "it never came so far"
        time.sleep(0.005)
    if after:
        time.sleep(0.02)  # the request is carried out behind its line in the log
    os.kill(child, signal.SIGKILL)
    world.cluster.server.closing.set()
    time.sleep(0.02)
    world.cluster.server.closing.clear()
