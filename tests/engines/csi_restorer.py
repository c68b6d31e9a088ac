"""A process that restores, and that is killed for good before its n-th request.

Arguments: the kubeconfig, the workspace, the snapshot, the restore's id, n (0: it lives). Instead
of a snapshot `grow CLAIM`: then that is exchanged for a claim of 5Gi.
"""

import os
import signal
import sys
import time
from pathlib import Path

import msgspec

from kfnb_ext.engines import base
from kfnb_ext.engines.csi import enlarging
from kfnb_ext.engines.csi.engine import CsiEngine
from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.access import Access
from kfnb_ext.model import snapshots
from tests.engines import csi_pod


class Killed(Access):
    """A way to the cluster that ends in SIGKILL."""

    left = 0

    def open(self):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().open()


def main() -> None:
    kubeconfig, workspace, snapshot, restore, nth = sys.argv[1:]
    access = Killed({"KUBECONFIG": kubeconfig}, Path("/none"))
    access.left = int(nth)
    known = csi_pod.context(Client(access), Path(workspace), csi_pod.Time(), inside=True)
    started = time.monotonic()
    real = msgspec.structs.replace(
        known,
        now=lambda: csi_pod.START + csi_pod.timedelta(seconds=60 + time.monotonic() - started),
        sleep=lambda _: time.sleep(0.05),
    )
    if snapshot.startswith("grow "):
        wish = enlarging.Wish(claim=snapshot.removeprefix("grow "), size=5 << 30)
        enlarging.enlarge(real, wish, restore, base.Silent())
        return
    request = snapshots.RestoreRequest(engine="csi", snapshot=snapshot)
    CsiEngine(real).restore(request, restore, base.Silent())


if __name__ == "__main__":
    main()
