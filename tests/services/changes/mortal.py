"""A process that changes a notebook, to be killed amid it: `python -m ... KUBECONFIG FOLDER`.

It reads the name of an act on each line, does it in a child that was forked before any connection
was opened, says the child's pid, and how the child ended. So only one interpreter is started.

Rule: nothing is shared with the tests but the cluster and the folder of the records.
"""

import os
import sys
from pathlib import Path

from kfnb_ext.kube.client import Limits
from kfnb_ext.kube.client.access import Access
from kfnb_ext.model.changes import GrowRequest, PatchRequest, StopRequest
from tests.services.changes.field import ADVICE, Hands


def act(hands: Hands, name: str) -> bool:
    """Do it; whether it succeeded."""
    starts = {
        "patch": lambda: hands.patching.apply(PatchRequest(advice=ADVICE)),
        "unpatch": lambda: hands.unpatching.undo(None),
        "grow": lambda: hands.growing.grow("demo-home", GrowRequest(size="2Gi")),
        "stop": lambda: hands.stopping.stop(StopRequest()),
    }
    return hands.ended(starts[name]).state == "succeeded"


def main() -> None:
    kubeconfig, folder = sys.argv[1:]
    access = Access({"KUBECONFIG": kubeconfig}, Path("/none"))
    import kubernetes.client  # noqa: F401 - once, and not in each child

    for line in sys.stdin:
        child = os.fork()
        if not child:
            limits = Limits(connect=5.0, read=60.0)
            hands = Hands(Path(folder), access, limits, "alice/demo")
            os._exit(0 if act(hands, line.strip()) else 1)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
