"""What ``keep-awake`` and ``activity`` do.

Rule: they show what the server or the agent has told; nothing is measured here, since one look
of a shell knows nothing of the looks before it.
"""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from kfnb_ext import errors, state
from kfnb_ext.assembly import Pod
from kfnb_ext.commands import probe
from kfnb_ext.commands.talk import Outcome, Talk, Usage
from kfnb_ext.model.activity import Activity
from kfnb_ext.model.culling import Culling, KeepAwake
from kfnb_ext.model.reading import Record, Unavailable
from kfnb_ext.services.status import NO_SERVER
from kfnb_ext.text import use as text

LENGTH = re.compile(r"(?=.)(?:(\d+(?:\.\d+)?)h)?(?:(\d+)m(?:in)?)?", re.IGNORECASE)
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
LONGEST = 10_000.0  # hours: what is longer is no time that a person means


class Told(Record, frozen=True, kw_only=True):
    """What the server, or the agent, has told of the use."""

    taken: datetime  # when
    activity: Activity | Unavailable
    culling: Culling | Unavailable
    keep_awake: KeepAwake | None


def keep_awake(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``keep-awake [WHEN]``"""
    now = datetime.now().astimezone()
    if given.end and (given.when or given.reason):
        raise Usage("--end stands alone. Nothing was changed.", "See `kfnb keep-awake -h`.")
    if given.end:
        return Outcome(pod.keep_awake.revoke(), "It is no longer kept awake.")
    if not given.when:
        if given.reason:
            raise Usage("For how long? Nothing was changed.", "As in `kfnb keep-awake 2h`.")
        found = pod.keep_awake.look()
        return Outcome(found, text.awake(found, now))
    user = state.myself(talk.face).user
    found = pod.keep_awake.ask(seconds(given.when, now), given.reason, user)
    return Outcome(found, text.awake(found, now))


def activity(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``activity``"""
    now = datetime.now(timezone.utc)
    if given.probe:
        # The controller's shell knows no folder of the server; a pod has one server. A folder that
        # was named is meant.
        named = given.workspace or pod.options.workspace
        found = pod.status.left() if named else pod.status.left_anywhere()
        told = probe.write(found, now, pod.workspace)
        last = told.last_activity if isinstance(told, probe.Told) else "not known"
        return Outcome(told, f"Last use: {last}")
    left = pod.status.left()
    if left is None:
        raise errors.NotFound(NO_SERVER.reason, "Start Jupyter Server, or `kfnb agent`.")
    kept = pod.keep_awake.current()
    shown = Told(taken=left.taken, activity=left.activity, culling=left.culling, keep_awake=kept)
    return Outcome(shown, text.told(left, kept, now.astimezone()))


def seconds(words: list[str], now: datetime) -> float:
    """From now on, for "2h", "90 m", "until 18:30"; ``now`` in local time. Raises: Usage."""
    if words[0].lower() == "until" and len(words) == 2 and (at := CLOCK.fullmatch(words[1])):
        return _until(int(at[1]), int(at[2]), now)
    length = LENGTH.fullmatch("".join(words))
    hours = float(length[1] or 0) + float(length[2] or 0) / 60 if length else 0.0
    if not 0 < hours <= LONGEST:
        raise Usage(
            f"This is no time: {' '.join(words)}. Nothing was changed.",
            "As in `2h`, `90m`, `1h30m` or `until 18:30`.",
        )
    return hours * 3600


def _until(hour: int, minute: int, now: datetime) -> float:
    local = now.replace(tzinfo=None)
    at = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if at <= local:
        at += timedelta(days=1)
    # By the clock on the wall there: the night may be an hour longer or shorter.
    return (at.astimezone() - now) / timedelta(seconds=1)


def agent(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``agent``, where it cannot be: a shell's own face runs it."""
    raise Usage("The agent is a process of its own, not a cell.", "In a terminal: kfnb agent")


ACTS = (activity, keep_awake, agent)
