"""The guardian of a restore, as its Job runs it: `python -m kfnb_ext guard ...`.

Rule: it knows what its command line says and what the journal says, and reads no configuration of
a user: it runs without any of his volumes.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

from kfnb_ext.engines.csi.guarding import Guardian, Times
from kfnb_ext.engines.csi.guarding import run as see_through
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.access import Access

KINDS: dict[str, Literal["notebooks", "workspaces"]] = {
    "notebooks": "notebooks",
    "workspaces": "workspaces",
}
WRONG = 2
WORDS = "usage: kfnb guard NAMESPACE notebooks/NAME POD RESTORE"
ROUND = "KFNB_GUARD_SECONDS"  # between two looks; the tests' own


def run(words: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """See one restore through; its exit code."""
    word, _, name = (words[1] if len(words) == 4 else "").partition("/")
    kind = KINDS.get(word)
    if kind is None or not name:
        _say(WORDS)
        return WRONG
    whose = Target(kind, words[0], name, words[2])
    times = _times(environment)
    client = Client(Access())
    guardian = Guardian(client, whose, words[3], now=client.now, times=times, say=_say)
    return see_through(guardian, time.sleep, times)


def _times(environment: Mapping[str, str]) -> Times:
    minutes = environment.get("KFNB_RESTORE_MINUTES", "")
    known = minutes.replace(".", "", 1).isdecimal()
    back = timedelta(minutes=float(minutes)) if known else Times().back
    return Times(back=back, every=float(environment.get(ROUND) or Times().every))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
