"""The one moment that counts: the Notebook names the new claims, or the old ones again.

Rule: claims and journal change in one patch that tests both, so the notebook is on the old claims
or on the new ones, and the journal says which. A pod that cannot start on the wrong claims is
deleted by its uid: a StatefulSet would wait for it for ever (kubernetes/kubernetes#67250).
"""

from datetime import datetime
from typing import Any, NamedTuple

from kfnb_ext import errors
from kfnb_ext.engines.csi import journal, pods, target
from kfnb_ext.engines.csi.journal import Event, Journal, Seen
from kfnb_ext.engines.csi.target import Target
from kfnb_ext.kube.client import Client, address, failures

TRIES = 5


def forward(client: Client, whose: Target, seen: Seen, now: datetime, **more: Any) -> Seen:
    """Name the new claims. Raises: ClusterError, Conflict; then nothing was changed."""
    return _exchange(client, whose, seen, Move("new", "swap", now, {**more, "exchanged": True}))


def back(client: Client, whose: Target, seen: Seen, now: datetime, **more: Any) -> Seen:
    """Name the old claims again. Raises: ClusterError, Conflict."""
    return _exchange(client, whose, seen, Move("old", "roll_back", now, more))


class Move(NamedTuple):
    """Which way it goes, and what the journal says then."""

    side: target.Side
    event: Event
    now: datetime
    more: dict[str, Any]


def _exchange(client: Client, whose: Target, seen: Seen, move: Move) -> Seen:
    """Both in one patch; when something else of the Notebook moved, from a fresh look."""
    started = seen.journal
    assert started is not None
    wanted = journal.after(started, move.event, move.now, **move.more)
    for _ in range(TRIES):
        if seen.text == journal.text(wanted):
            return seen
        _same(whose, seen, started)
        try:
            steps = target.exchange(seen.object, started.switches, move.side, started.container)
        except LookupError as error:
            raise errors.Conflict(
                f"The volumes of the {whose.called} were changed by somebody meanwhile.",
                "Look at its volumes, then try again.",
            ) from error
        whole = [*journal.change(seen, wanted), *steps]
        try:
            found = client.patch_json(whose.address, whole, touches=target.touches(steps)).body
            return journal.of(found)
        except failures.ClusterError as error:
            if not (error.uncertain or error.reason in ("test_failed", "stale")):
                raise
            seen = journal.read(client, whose)
    raise errors.Conflict(
        f"The {whose.called} changes all the time: the volumes were not exchanged.",
        "Try again in a minute.",
    )


def _same(whose: Target, seen: Seen, started: Journal) -> None:
    if seen.text is None or seen.text != journal.text(started):
        raise errors.Conflict(
            f"The restore {started.id} was ended by somebody meanwhile.",
            f"Look at the restores of the {whose.called}.",
        )


def free(client: Client, whose: Target, running: Journal, side: target.Side) -> bool:
    """Delete a pod that does not name the claims of that side; whether none is there any more.

    Raises: ClusterError.
    """
    pod = pods.look(client, whose)
    if pod is None or pods.on(pod, running.switches, side):
        return True
    if not pod.going:
        try:
            place = address.PODS.at(whose.namespace, whose.pod)
            client.delete(place, uid=pod.uid)
        except failures.ClusterError as error:
            if error.reason not in ("not_found", "stale") and not error.uncertain:
                raise
    return False
