"""What can be done from this notebook and what cannot, in plain sentences. Pure rules.

Rule: what stands against it is said, the nearest first: the site, the kind of pod, the cluster,
the rights. Never a bare 403.
"""

import msgspec

from kfnb_ext.model import cluster, rights

WHAT: dict[cluster.AbilityName, str] = {
    "snapshots": "take, list and delete snapshots of whole volumes",
    "groups": "cut all volumes of a notebook at one moment",
    "restore": "put this notebook on a volume made from a snapshot",
    "new_notebook": "open a new notebook beside this one, from a snapshot",
    "guardian": "have a Job watch over a restart, which takes it back if the notebook stays away",
    "grow": "enlarge a volume, where its class allows it",
    "patch": "change the memory and /dev/shm of this notebook",
    "stop": "stop and restart this notebook",
    "classes": "look up the classes of volumes and snapshots",
    "quota": "see what the namespace has left",
}
SNAPSHOTS = frozenset({"snapshots", "groups", "restore"})
READS = frozenset({"classes", "quota"})
# Why not in Notebooks 2.0, whatever the rights, and what can be done there.
WORKSPACES: dict[cluster.AbilityName, tuple[str, str]] = {
    "new_notebook": (
        "a new Workspace of Notebooks 2.0 cannot be made from a snapshot yet",
        "Restore it in place, or as a data volume.",
    ),
    "patch": (
        "in Notebooks 2.0 they come from the options that the administrator offers",
        "Choose another option for the workspace where workspaces are listed.",
    ),
}
WITHOUT: dict[cluster.AbilityName, str] = {
    "snapshots": "Until then the engine `local` keeps snapshots of files.",
    "groups": "Without it they are cut one after another, and the snapshot says so.",
    "guardian": "Without it nobody takes a failed restart back by itself: you would, by hand.",
    "classes": "Without it the cluster chooses the class, and whether a volume may grow shows "
    "only when it is tried.",
    "quota": "Without it a full quota shows only when something is asked for.",
}


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What the site's options allow."""

    read_only: bool = False
    cluster_writes: bool = True
    snapshots_enabled: bool = True


def told(
    known: rights.Rights,
    place: cluster.Place,
    site: Site = Site(),  # noqa: B008 - frozen
) -> tuple[cluster.Ability, ...]:
    """Each ability, allowed or with what stands against it."""
    return tuple(_one(name, known, place, site) for name in rights.NEEDS)


def _one(
    name: cluster.AbilityName, known: rights.Rights, place: cluster.Place, site: Site
) -> cluster.Ability:
    against = _site(name, site) or _place(name, place) or _cluster(name, known)
    if against:
        return cluster.Ability(name=name, allowed=False, text=against[0], hint=against[1])
    needed = rights.needs(name, place.platform, known.served)
    asked = {one: known.may(one, rights.own(one, place)) for one in needed}
    denied = [one for one, answer in asked.items() if answer is False]
    if denied:
        return _denied(name, denied, place)
    if None in asked.values():
        text = f"The cluster did not tell whether you can {WHAT[name]}."
        return cluster.Ability(
            name=name, allowed=None, text=text, hint="It shows when it is tried."
        )
    return cluster.Ability(name=name, allowed=True, text=f"You can {WHAT[name]}.")


def _denied(
    name: cluster.AbilityName, denied: list[rights.Right], place: cluster.Place
) -> cluster.Ability:
    who = f"the service account {place.service_account}" if place.service_account else "you"
    verbs = "; ".join(
        f"{_listed(verbs)} {resource}" for _, resource, verbs in rights.by_kind(denied)
    )
    return cluster.Ability(
        name=name,
        allowed=False,
        text=f"You cannot {WHAT[name]}: {who} may not {verbs}.",
        hint=" ".join(filter(None, ["Send the administrator the role below.", WITHOUT.get(name)])),
    )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _site(name: cluster.AbilityName, site: Site) -> tuple[str, str] | None:
    for forbidden, option, of in (
        (site.read_only, "KFNB_READ_ONLY", name not in READS),
        (not site.cluster_writes, "KFNB_CLUSTER_WRITES", name not in READS),
        (
            not site.snapshots_enabled,
            "KFNB_SNAPSHOTS_ENABLED",
            name in SNAPSHOTS,
        ),
    ):
        if forbidden and of:
            return (
                f"You cannot {WHAT[name]}: the administrator has switched it off here ({option}).",
                "Ask the administrator.",
            )
    return None


def _place(name: cluster.AbilityName, place: cluster.Place) -> tuple[str, str] | None:
    if place.platform == "none":
        return f"You cannot {WHAT[name]}: no cluster is known here.", ""
    if place.platform == "workspaces" and name in WORKSPACES:
        why, instead = WORKSPACES[name]
        return f"You cannot {WHAT[name]}: {why}.", instead
    if name not in rights.OF_A_NOTEBOOK or rights.of_a_notebook(place.platform):
        return None
    whose = "JupyterHub" if place.platform == "hub" else "somebody else"
    return (
        f"You cannot {WHAT[name]}: this pod was made by {whose}, and no Notebook stands for it.",
        "Files can be restored by the engine `local`." if name == "restore" else "",
    )


def _cluster(name: cluster.AbilityName, known: rights.Rights) -> tuple[str, str] | None:
    if name == "groups" and known.served.groups == "":
        text = f"You cannot {WHAT[name]}: this cluster does not serve group snapshots."
        return text, WITHOUT[name]
    if name != "snapshots" or known.served.snapshots is not False:
        return None
    return (
        f"You cannot {WHAT[name]}: this cluster does not serve them.",
        "Ask the administrator for the CSI snapshot controller and its CRDs "
        f"(snapshot.storage.k8s.io). {WITHOUT[name]}",
    )
