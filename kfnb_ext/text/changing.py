"""Changes of the notebook, as a shell shows them before they are made.

Rule: what is lost by it stands first.
"""

from collections.abc import Sequence
from datetime import datetime

from kfnb_ext.model.activity import Activity
from kfnb_ext.model.advice import Advice
from kfnb_ext.model.changes import GrowPlan, PatchPlan
from kfnb_ext.text import units


def growth(plan: GrowPlan) -> str:
    """What a growth would do."""
    size, wanted = (units.size(one) if one else "?" for one in (plan.size, plan.wanted))
    where = f", mounted at {plan.mount}" if plan.mount else ""
    lines = [f"Make the claim {plan.claim} larger{where}: {size} -> {wanted}"]
    lines += [f"  {one}" for one in plan.findings]
    lines += [f"  {one.act} {one.kind} {one.name}: {one.text}" for one in plan.objects]
    return "\n".join(lines)


def patch(plan: PatchPlan) -> str:
    """What a patch would change; without the words to whoever sends it by hand."""
    lines = [plan.title, *(f"  {one}" for one in plan.findings)]
    lines += [one for one in plan.yaml.splitlines() if not one.startswith("#")]
    return "\n".join(lines)


def offered(found: Sequence[Advice]) -> str:
    """What can be fixed from here."""
    if not found:
        return "There is nothing that a change of the Notebook would fix now."
    lines = ["Name one of these:"]
    lines += [f"  kfnb fix {one.id:<16} {one.title}" for one in found]
    return "\n".join(lines)


def ending(what: str, snapshot: str | None) -> str:
    """What a stop or a restart ends."""
    done = "stopped" if what == "stop" else "restarted"
    lines = [
        f"The notebook is {done}: its kernels and terminals end, and what is not saved is lost.",
        "Volumes stay.",
    ]
    if snapshot:
        lines.append(f"A snapshot ({snapshot}) is taken first; without it nothing ends.")
    return "\n".join(lines)


def used(verdict: Activity | None, now: datetime) -> str:
    """What is at work now and ends with the pod, each on a line of its own; empty: nothing is."""
    if verdict is None or not verdict.in_use:
        return ""
    lines = ["It is in use now; this ends, and what it holds in memory is lost:"]
    for one in verdict.reasons:
        since = f" since {units.moment(one.since, now)}" if one.since else ""
        lines.append(f"  {units.plain(one.text)}{since}")
    return "\n".join(["", *lines])
