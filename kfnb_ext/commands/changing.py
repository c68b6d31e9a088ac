"""What ``grow``, ``fix``, ``stop`` and ``restart`` do.

Rule: each shows first what will happen, and asks.
"""

from datetime import datetime
from typing import Any

from kfnb_ext import errors
from kfnb_ext.assembly import Pod
from kfnb_ext.commands import waiting
from kfnb_ext.commands.talk import Outcome, Talk, Usage, confirm
from kfnb_ext.model.activity import Activity
from kfnb_ext.model.changes import GrowRequest, PatchRequest, StopRequest
from kfnb_ext.text import changing as text


def grow(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``grow CLAIM SIZE``"""
    growing, wish = pod.changing.growing, GrowRequest(size=given.size)
    plan = growing.preview(given.claim, wish)
    _possible(plan.possible, plan.findings)
    confirm(talk, given, text.growth(plan) + ends(pod, plan.restart), "Make it larger?")
    wish = GrowRequest(size=given.size, way=plan.way, unguarded=given.unguarded)
    ended = waiting.finish(growing.grow(given.claim, wish), talk)
    return Outcome(ended, ended.message)


def fix(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``fix [ADVICE]``"""
    if given.undo:
        return _unfix(pod, given, talk)
    patching = pod.changing.patching
    advice = given.advice
    if advice is None:
        offered = [one.advice for one in patching.offered()]
        if len(offered) != 1:
            return Outcome(tuple(offered), text.offered(offered))
        advice = offered[0].id
    plan = patching.preview(PatchRequest(advice=advice))
    _possible(plan.possible, plan.findings)
    confirm(talk, given, text.patch(plan) + ends(pod, plan.restart), "Change the Notebook?")
    running = patching.apply(PatchRequest(advice=advice, shown=plan.yaml))
    ended = waiting.finish(running, talk)
    return Outcome(ended, ended.message)


def _unfix(pod: Pod, given: Any, talk: Talk) -> Outcome:
    if given.advice is not None:
        raise Usage("--undo takes the last change back: it names none. Nothing was changed.")
    unpatching = pod.changing.unpatching
    plan = unpatching.preview_undo(None)
    _possible(plan.possible, plan.findings)
    preview = text.patch(plan) + ends(pod, plan.restart)
    confirm(talk, given, preview, f"Take back “{plan.title}”?")
    ended = waiting.finish(unpatching.undo(None), talk)
    return Outcome(ended, ended.message)


def stop(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``stop``"""
    return _end(pod, given, talk, "stop")


def restart(pod: Pod, given: Any, talk: Talk) -> Outcome:
    """``restart``"""
    return _end(pod, given, talk, "restart")


def _end(pod: Pod, given: Any, talk: Talk, what: str) -> Outcome:
    stopping = pod.changing.stopping
    act = stopping.stop if what == "stop" else stopping.restart
    stopping.check(what)
    preview = text.ending(what, given.snapshot) + ends(pod)
    confirm(talk, given, preview, f"{what.capitalize()} the notebook?")
    ended = waiting.finish(act(StopRequest(snapshot=given.snapshot, reason=given.reason)), talk)
    return Outcome(ended, ended.message)


def ends(pod: Pod, restart: bool = True) -> str:
    """What is at work, and ends when the notebook restarts; empty: nothing that is known of."""
    left = pod.status.left() if restart else None
    verdict = left.activity if left and isinstance(left.activity, Activity) else None
    return text.used(verdict, datetime.now().astimezone())


def _possible(possible: bool, findings: tuple[str, ...]) -> None:
    if not possible:
        raise errors.Conflict(" ".join(findings))


ACTS = (grow, fix, stop, restart)
