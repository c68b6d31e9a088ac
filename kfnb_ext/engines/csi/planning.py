"""What a restore would do to the objects of the cluster, and what stands against it.

Everything is tried by the cluster itself with dryRun: quotas, limits, rights and webhooks answer
as they would in earnest.

Rule: nothing is changed. What is not possible says why, and nothing is started then.
"""

from typing import Any

from kfnb_ext import errors
from kfnb_ext.engines.csi import beside, fitting, hiring, intending, pods, provisioning, target
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.intending import Intent
from kfnb_ext.kube import quota, standing
from kfnb_ext.kube.client import failures
from kfnb_ext.model import quantities, quotas, snapshots
from kfnb_ext.model.snapshots import PlanObject

TRIAL = "00000000-000000-000000"  # the id of what is only tried
NOBODY = (
    "No guardian can run beside the restart ({}): if the new pod does not start, nobody goes back "
    "by itself."
)


def plan(context: Context, request: snapshots.RestoreRequest) -> snapshots.RestorePlan:
    """What a restore would do. Raises: NotFound, BadRequest, Unsupported, ClusterError."""
    return weigh(context, intending.intend(context, request, TRIAL))


def weigh(context: Context, intent: Intent) -> snapshots.RestorePlan:
    """The plan of an intent: a restore, or its undo.

    Raises: ClusterError when the cluster cannot be asked.
    """
    against = _against(context, intent)
    restart = intent.way != "new_notebook" and not standing.stopped(intent.found)
    nobody = _unguarded(context, intent) if restart else ""
    findings = [*against, *intent.notes, *_others(context, intent)]
    if nobody:
        findings.append(NOBODY.format(nobody))
    if restart:
        findings.append("The notebook restarts: its kernels and terminals end.")
    sizes = [one.size or 0 for one in intent.claims]
    return snapshots.RestorePlan(
        snapshot=intent.snapshot,
        paths=(),
        exact=True,
        create=None,
        replace=None,
        remove=None,
        unchanged=None,
        newer_kept=None,
        bytes_to_write=sum(sizes) or None,
        created_paths=(),
        replaced_paths=(),
        removed_paths=(),
        findings=tuple(dict.fromkeys(findings)),
        possible=not against,
        way=intent.way,
        objects=tuple(_objects(intent, restart=restart, guardian=not nobody)),
        restart=restart,
        guardian=not nobody,
    )


def refuse(
    plan_: snapshots.RestorePlan,
    *,
    unguarded: bool,
    what: str = "restore",
    look: str = "snapshot restore ID --engine csi",
) -> None:
    """Raises: Conflict where the plan says that it is not possible."""
    if not plan_.possible:
        raise errors.Conflict(
            f"This {what} is not possible: {' '.join(plan_.findings[:3])} Nothing was changed.",
            f"The preview says all of it: `kfnb {look}` asks first.",
        )
    if plan_.restart and not plan_.guardian and not unguarded:
        why = next((one for one in plan_.findings if one.startswith(NOBODY[:15])), "")
        raise errors.Conflict(
            f"{why} Nothing was changed.",
            "Go on all the same with --unguarded; `kubectl` undoes it then.",
        )


def _against(context: Context, intent: Intent) -> list[str]:
    """What stands against it; empty: nothing."""
    if intent.undo_of:  # no claim is made: only the exchange can be refused
        return _exchange(context, intent)
    told = [
        f"The snapshot of {one.volume.claim} is {'being deleted' if one.deleting else 'not ready'}."
        for one in intent.held
        if one.deleting or not one.ready
    ]
    if not intent.claims:
        told.append("None of the snapshot's volumes is mounted in this notebook any more.")
    told += [
        f"How large the claim for {one.mount} has to be is not known."
        for one in intent.claims
        if one.size is None
    ]
    if told:
        return told
    told += fitting.misfits(context, intent.claims)
    told += _quota(context, intent)
    return told or _tried(context, intent)


def _quota(context: Context, intent: Intent) -> list[str]:
    wants: dict[str, int] = {}
    for one in intent.claims:
        of_class = one.source["spec"].get("storageClassName")
        for key, value in quotas.for_claim(one.size or 0, of_class).items():
            wants[key] = wants.get(key, 0) + value
    if intent.way == "in_place":
        wants[quotas.SNAPSHOTS] = len(intent.claims)
    sizes = [one.size or 0 for one in intent.claims]
    return list(quota.advice(context.client, intent.target.namespace, wants, sizes))


def _tried(context: Context, intent: Intent) -> list[str]:
    """What the cluster would refuse, in its own words."""
    told = []
    for one in intent.claims:
        body = intending.claim(intent, one)
        try:
            provisioning.make(context, intent.target.namespace, body, dry_run=True)
        except (failures.Refused, failures.Invalid, errors.EngineFailed, errors.Conflict) as error:
            told.append(error.message)
    return told + _exchange(context, intent)


def _exchange(context: Context, intent: Intent) -> list[str]:
    """What the cluster has against the change of the Notebook itself."""
    try:
        _patch(context, intent)
    except (failures.Refused, failures.Invalid, failures.Clash, errors.Conflict) as error:
        return [error.message]
    except LookupError:
        return ["The volumes of the notebook were changed this very moment."]
    return []


def _patch(context: Context, intent: Intent) -> None:
    if intent.way == "new_notebook":
        beside.tried(context, intent)
        return
    steps = target.exchange(intent.found, intent.switches, "new", intent.container)
    where = intent.target.address
    context.client.patch_json(where, steps, touches=target.touches(steps), dry_run=True)


def _unguarded(context: Context, intent: Intent) -> str:
    """Why no guardian can run; empty: one can."""
    why = hiring.unable(context, intent.here)
    if why:
        return why
    job = hiring.body(context, intent.target, intent.here, intent.id)
    return hiring.tried(context, intent.target, job)


def _others(context: Context, intent: Intent) -> list[str]:
    told = []
    for switch in intent.switches:
        if not switch.old or intent.way == "new_notebook":
            continue
        holders = pods.mounting(context.client, intent.target.namespace, switch.old)
        others = [one for one in holders if one != intent.target.pod]
        if others:
            told.append(
                f"The pod {', '.join(others)} uses the claim {switch.old} too, and stays on it."
            )
    return told


def _objects(intent: Intent, *, restart: bool, guardian: bool) -> list[PlanObject]:
    told: list[PlanObject] = []

    def add(act: Any, kind: str, name: str, text: str) -> None:
        shown = [one.replace(TRIAL, "…") for one in (name, text)]  # the id comes with the act
        told.append(PlanObject(act=act, kind=kind, name=shown[0], text=shown[1]))

    if intent.way == "in_place" and not intent.undo_of:
        old = ", ".join(dict.fromkeys(one.old for one in intent.switches))
        what = f"{old} as it is now" if intent.growth else f"the safety snapshot of {old}"
        add("create", "snapshot", f"{intent.id}-before", what)
    for one in intent.claims:
        size = quantities.said(one.size) if one.size else "of a size not known"
        add("create", "claim", one.name, f"{size} from the snapshot, for {one.mount}")
    if intent.way == "new_notebook":
        add("create", "Notebook", intent.name, "with the image and the resources of this one")
        return told
    add("change", intent.target.kind[:-1].capitalize(), intent.target.name, _change(intent))
    for name in dict.fromkeys(one.old for one in intent.switches if one.old):
        which = "the volume of the restore" if intent.undo_of else "the old volume"
        add("keep", "claim", name, f"{which}, until you let it go; Undo goes back to it")
    if restart:
        if guardian:
            add("create", "Job", hiring.name(intent.id), "goes back if the new pod does not start")
        add("restart", "pod", intent.target.pod, "kernels and terminals end")
    return told


def _change(intent: Intent) -> str:
    def said(one: snapshots.Switch) -> str:
        if one.old and one.new:
            return f"{one.mount or one.volume}: {one.old} becomes {one.new}"
        if one.new:
            return f"{one.new} is mounted at {one.mount}"
        return f"{one.old} is not mounted at {one.mount} any more"

    return "; ".join(map(said, intent.switches))
