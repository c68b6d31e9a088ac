"""What the service account may do, and what each thing we do needs. Pure rules.

Rule: ``NEEDS`` holds exactly the verbs that the code sends (a test compares), and everything else
is made of it: what is said before a button is pressed, and the role for the administrator. What
the cluster did not tell is None.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from kfnb_ext.model import cluster

SNAPSHOT = "snapshot.storage.k8s.io"
GROUP = "groupsnapshot.storage.k8s.io"
GROUP_VERSIONS = ("v1", "v1beta2", "v1beta1")  # alike in all that we write and read
KUBEFLOW, STORAGE = "kubeflow.org", "storage.k8s.io"
NOTEBOOKS, WORKSPACES = "notebooks", "workspaces"
# No object is named by these, so a rule for named objects does not grant them.
NAMELESS = frozenset({"create", "list", "watch", "deletecollection"})


class Right(msgspec.Struct, frozen=True, order=True):
    """One verb on one kind. ``cluster``: the kind lies in no namespace."""

    group: str
    resource: str
    verb: str
    cluster: bool = False


class Rule(msgspec.Struct, frozen=True):
    """What one rule of a role allows; ``*`` is everything, no ``names`` is every object."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...] = ()

    def allows(self, right: Right, name: str = "") -> bool:
        """Whether it does; ``name`` is the object, where one is known."""
        named = not self.names or (name in self.names and right.verb not in NAMELESS)
        return named and all(
            "*" in given or wanted in given
            for given, wanted in (
                (self.verbs, right.verb),
                (self.groups, right.group),
                (self.resources, right.resource),
            )
        )


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Which kinds this cluster serves at all; None: not told."""

    snapshots: bool | None = None
    workspaces: bool | None = None
    groups: str | None = None  # the version of group snapshots; empty: not served


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What the cluster told of the rights in one namespace."""

    rules: tuple[Rule, ...] = ()
    complete: bool = False  # False: what no rule allows is not known
    reviewed: Mapping[Right, bool] = {}  # asked one by one
    served: Served = Served()

    def may(self, right: Right, name: str = "") -> bool | None:
        """Whether it is allowed; None: the cluster did not tell."""
        if right in self.reviewed:
            return self.reviewed[right]
        if right.cluster:  # a rule of a namespace grants nothing outside it
            return None
        if any(rule.allows(right, name) for rule in self.rules):
            return True
        return False if self.complete else None


def _of(group: str, resource: str, verbs: str, cluster: bool = False) -> tuple[Right, ...]:
    return tuple(Right(group, resource, verb, cluster) for verb in verbs.split())


_CLAIMS = _of("", "persistentvolumeclaims", "get list create patch delete")
_READ_CLAIM = _of("", "persistentvolumeclaims", "get")
_POD = _of("", "pods", "get")
_EVENTS = _of("", "events", "list")
_NOTEBOOK = _of(KUBEFLOW, NOTEBOOKS, "get patch")
SNAPSHOTS = _of(SNAPSHOT, "volumesnapshots", "get list create delete")
GROUPS = _of(GROUP, "volumegroupsnapshots", "get list create delete")
_GROUP_CLASSES = _of(GROUP, "volumegroupsnapshotclasses", "list", cluster=True)
CLASSES = (
    *_of(SNAPSHOT, "volumesnapshotclasses", "list", cluster=True),
    *_GROUP_CLASSES,
    *_of(STORAGE, "storageclasses", "get", cluster=True),
)

NEEDS: dict[cluster.AbilityName, tuple[Right, ...]] = {
    "snapshots": (*SNAPSHOTS, *_READ_CLAIM, *_POD, *_EVENTS),
    # Members are found by a label of their claims, which is set for the moment of the cut.
    "groups": (*GROUPS, *_of("", "persistentvolumeclaims", "patch")),
    "restore": (
        *_CLAIMS,
        *_of("", "pods", "get list delete"),
        *_of(KUBEFLOW, NOTEBOOKS, "get list patch"),
        *_EVENTS,
    ),
    "new_notebook": (*_CLAIMS, *_of(KUBEFLOW, NOTEBOOKS, "get create")),
    "guardian": _of("batch", "jobs", "get list create delete"),
    "grow": (*_of("", "persistentvolumeclaims", "get patch"), *_EVENTS),
    "patch": (*_POD, *_NOTEBOOK),
    "stop": (*_of("", "pods", "get delete"), *_NOTEBOOK),
    "classes": CLASSES,
    "quota": (*_of("", "resourcequotas", "list"), *_of("", "limitranges", "list")),
}
# Where no object of the cluster stands for the notebook, these have nothing to change.
OF_A_NOTEBOOK = frozenset({"restore", "new_notebook", "guardian", "patch", "stop"})
# What Notebooks 2.0 leaves to the administrator's options, or we cannot make there.
NOT_OF_A_WORKSPACE = frozenset({"new_notebook", "patch"})


def needs(
    name: cluster.AbilityName,
    platform: cluster.Platform,
    served: Served = Served(),  # noqa: B008 - frozen
) -> tuple[Right, ...]:
    """What an ability needs here: on Notebooks 2.0 the object is a Workspace."""
    found = dict.fromkeys(NEEDS[name])
    if name == "classes" and not served.groups:
        found = dict.fromkeys(one for one in found if one.group != GROUP)
    if platform == "workspaces":
        return tuple(
            msgspec.structs.replace(one, resource=WORKSPACES) if one.resource == NOTEBOOKS else one
            for one in found
        )
    return tuple(found)


def of_a_notebook(platform: cluster.Platform) -> bool:
    """Whether an object of the cluster stands for the notebook."""
    return platform in ("kubeflow", "openshift", "workspaces")


def wanted(platform: cluster.Platform, served: Served) -> tuple[Right, ...]:
    """All that is of use here, each once: what is served, and has something to act on."""
    names = (n for n in NEEDS if n not in OF_A_NOTEBOOK or of_a_notebook(platform))
    if platform == "workspaces":
        names = (n for n in NEEDS if n not in NOT_OF_A_WORKSPACE)
    found = [right for name in names for right in needs(name, platform, served)]
    if served.snapshots is False:
        found = [one for one in found if one.group != SNAPSHOT]
    if not served.groups:
        found = [one for one in found if one.group != GROUP]
    return tuple(dict.fromkeys(found))


def missing(rights: Rights, place: cluster.Place) -> tuple[Right, ...]:
    """What the cluster says no to, of all that is of use here."""
    of_use = wanted(place.platform, rights.served)
    return tuple(one for one in of_use if rights.may(one, own(one, place)) is False)


def own(right: Right, place: cluster.Place) -> str:
    """The name of the object of ours that a right is about, where there is one."""
    return {NOTEBOOKS: place.notebook, WORKSPACES: place.notebook, "pods": place.pod}.get(
        right.resource, ""
    )


def by_kind(of: Iterable[Right]) -> Iterator[tuple[str, str, list[str]]]:
    """The group and the resource, each once, with the verbs."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in of:
        verbs = found.setdefault((one.group, one.resource), [])
        if one.verb not in verbs:
            verbs.append(one.verb)
    for (group, resource), verbs in found.items():
        yield group, resource, verbs
