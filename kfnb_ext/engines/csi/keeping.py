"""What restores left behind, and how it is let go.

Rule: nothing is deleted that a pod mounts or that a Notebook or Workspace names, and only the
very object that was looked at, by its uid. What cannot go says why.
"""

from datetime import datetime
from typing import Any

from kfnb_ext import errors
from kfnb_ext.engines.csi import (
    aborting,
    confirming,
    hiring,
    journal,
    keys,
    listing,
    members,
    pods,
    target,
)
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.journal import Journal, Seen
from kfnb_ext.kube import claims as kube_claims
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model import cluster

NOTHING = confirming.NOTHING
Object = dict[str, Any]


def kept(context: Context) -> tuple[cluster.Kept, ...]:
    """All of it. Raises: ClusterError."""
    here = context.where()
    if not here.notebook:
        return ()
    seen = journal.read(context.client, target.of(here))
    found = [*_claims(context, here, seen), *_jobs(context, here, seen.journal)]
    if seen.journal and seen.journal.phase == "failed" and seen.journal.safety:
        found += _safety(context, seen.journal)
    return tuple(found)


def _claims(context: Context, here: cluster.Place, seen: Seen) -> list[cluster.Kept]:
    running, replaced = seen.journal, _replaced(seen)
    own = target.named(seen.object)
    used, named = _users(context, here.namespace), _named(context, here.namespace)
    listed = context.client.list(address.CLAIMS.at(here.namespace)).body["items"]
    told = []
    for one in listed:
        name = one["metadata"]["name"]
        why = _why(one, here.notebook, replaced)
        if not why or name in own:
            continue
        obstacle = _obstacle(one, used, named, running)
        told.append(
            cluster.Kept(
                kind="claim",
                name=name,
                why=f"{why} {obstacle}".strip(),
                size=kube_claims.of(one).capacity or kube_claims.of(one).requested,
                since=_since(one),
                can_go=not obstacle,
            )
        )
    return told


def _replaced(seen: Seen) -> dict[str, str]:
    """What the restores replaced, and by what: also where no claim could be noted."""
    return {
        switch.old: switch.new or NOTHING
        for one in reversed(journal.made(seen.object))  # the last word counts
        if one.way != "new_notebook"  # it took nobody's place
        for switch in one.switches
        if switch.old
    }


def _why(claim: Object, notebook: str, replaced: dict[str, str]) -> str:
    """Why a claim is one that restores left behind; empty: it is none."""
    labels = claim["metadata"].get("labels") or {}
    notes = claim["metadata"].get("annotations") or {}
    by = notes.get(keys.REPLACED) or replaced.get(claim["metadata"]["name"])
    if by == NOTHING:
        return "It was mounted by a restore that was taken back."
    if by:
        return f"It is the volume from before a restore: {by} took its place."
    if keys.RESTORE in labels and labels.get(keys.NOTEBOOK) == keys.value(notebook):
        return f"The restore {labels[keys.RESTORE]} made it, and nothing uses it."
    if keys.RESTORE in labels and notes.get(keys.MAKER) == notebook:
        whose = labels.get(keys.NOTEBOOK, "")
        return f"The restore {labels[keys.RESTORE]} made it for the notebook {whose}."
    return ""


def _obstacle(
    claim: Object, used: dict[str, str], named: dict[str, str], running: Journal | None
) -> str:
    name, labels = claim["metadata"]["name"], claim["metadata"].get("labels") or {}
    if labels.get(keys.RESTORE) in aborting.RUNNING:
        return f"The restore {labels[keys.RESTORE]} has not ended."
    if name in used:
        return f"The pod {used[name]} mounts it."
    if name in named:
        return f"{named[name]} names it."
    under = running is not None and not running.ended
    if under and running and any(name in (one.old, one.new) for one in running.switches):
        return f"The restore {running.id} has not ended."
    return ""


def _jobs(context: Context, here: cluster.Place, running: Journal | None) -> list[cluster.Kept]:
    selector = f"{keys.MANAGED}={keys.MANAGER},{keys.NOTEBOOK}={keys.value(here.notebook)}"
    try:
        listed = context.client.list(hiring.JOBS.at(here.namespace), labels=selector).body["items"]
    except failures.Refused:
        return []
    told = []
    for one in listed:
        restore = (one["metadata"].get("labels") or {}).get(keys.RESTORE, "")
        active = running is not None and running.id == restore and not running.ended
        told.append(
            cluster.Kept(
                kind="job",
                name=one["metadata"]["name"],
                why="It sees a restore through." if active else "It saw a restore through.",
                size=None,
                since=_since(one),
                can_go=not active,
            )
        )
    return told


def _safety(context: Context, running: Journal) -> list[cluster.Kept]:
    try:
        found = listing.one(context, running.safety)
    except (errors.NotFound, failures.ClusterError):
        return []
    why = f"It was taken before the restore {running.id}, which did not work."
    size = sum(one.size or 0 for one in found.volumes) or None
    return [
        cluster.Kept(
            kind="snapshot",
            name=found.id,
            why=f"{why} Delete it like any snapshot.",
            size=size,
            since=found.created,
            can_go=False,
        )
    ]


def _users(context: Context, namespace: str) -> dict[str, str]:
    """Which pod mounts a claim."""
    listed = context.client.list(address.PODS.at(namespace)).body["items"]
    alive = [one for one in listed if (one.get("status") or {}).get("phase") not in pods.ENDED]
    return {claim: one["metadata"]["name"] for one in alive for claim in pods.claims(one)}


def _named(context: Context, namespace: str) -> dict[str, str]:
    """Which Notebook or Workspace names a claim. Raises: ClusterError."""
    told: dict[str, str] = {}
    for kind in (address.NOTEBOOKS, address.WORKSPACES):
        try:
            listed = context.client.list(kind.at(namespace)).body["items"]
        except failures.ClusterError as error:
            if kind is address.WORKSPACES and error.reason in ("rbac", "forbidden", "not_served"):
                continue
            raise
        word = "Workspace" if kind is address.WORKSPACES else "Notebook"
        for one in listed:
            for claim in target.named(one):
                told[claim] = f"The {word} {one['metadata']['name']}"
    return told


def release(context: Context, kind: str, name: str) -> str:
    """Let one of them go; a sentence. Raises: NotFound, Conflict, ClusterError."""
    found = next((one for one in kept(context) if (one.kind, one.name) == (kind, name)), None)
    if found is None:
        raise errors.NotFound(
            f"No restore left a {kind} {name[:100]!r} behind. Nothing was changed.",
            "`kfnb cluster` lists what there is.",
        )
    if not found.can_go:
        raise errors.Conflict(f"{name} is kept: {found.why} Nothing was changed.", "Leave it be.")
    here = context.where()
    where = (hiring.JOBS if kind == "job" else address.CLAIMS).at(here.namespace, name)
    body = context.client.get(where).body
    propagation = "Background" if kind == "job" else ""
    context.client.delete(where, uid=body["metadata"]["uid"], propagation=propagation)
    return f"The {'volume' if kind == 'claim' else 'Job'} {name} is let go."


def _since(found: Object) -> datetime | None:
    return members.moment(found["metadata"].get("creationTimestamp"))
