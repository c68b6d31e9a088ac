"""The roles for the administrator, as YAML: made of what is missing. ``deploy/`` ships the same.

A role of which anything is missing is given whole: applied, it takes the place of the one of its
name, and would take away what that one granted.

Rule: no verb that the code does not send. On Kubeflow a role reaches everybody's notebooks by its
label; elsewhere it is bound to the notebook's own service account.
"""

from collections.abc import Iterable

from kfnb_ext.model import cluster, rights

LABEL = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-edit"
API = "apiVersion: rbac.authorization.k8s.io/v1"
PART_OF = "    app.kubernetes.io/part-of: kfnb-ext"
SNAPSHOTS = (
    "kfnb-snapshots",
    "Lets the notebooks of every profile take snapshots of whole volumes.",
)
REST = ("kfnb-notebooks", "What kubeflow-edit usually has, and lacks here.")
CLASSES = (
    "kfnb-classes-read",
    "Optional: lets notebooks read the classes of volumes and snapshots, which lie in no "
    "namespace.",
)
OWN = "kfnb-notebook"
OF_SNAPSHOTS = (rights.SNAPSHOT, rights.GROUP)


def for_admin(known: rights.Rights, place: cluster.Place) -> str:
    """What to send to the administrator; empty: nothing is missing, or nobody can tell."""
    lacking = rights.missing(known, place)
    whole = rights.wanted(place.platform, known.served)
    inside = [one for one in whole if not one.cluster]
    documents = []
    if place.platform == "kubeflow":
        for of_snapshots in (True, False):
            part = [one for one in inside if (one.group in OF_SNAPSHOTS) is of_snapshots]
            documents += aggregated(part) if set(part) & set(lacking) else []
    elif set(inside) & set(lacking):
        documents += bound(inside, place.namespace, place.service_account or "default")
    outside = [one for one in whole if one.cluster]
    if set(outside) & set(lacking):
        documents += classes(outside)
    return "---\n".join(documents)


def aggregated(of: Iterable[rights.Right]) -> list[str]:
    """ClusterRoles that Kubeflow adds to ``kubeflow-edit`` by their label."""
    kinds: dict[tuple[str, str], list[rights.Right]] = {SNAPSHOTS: [], REST: []}
    for one in of:
        kinds[SNAPSHOTS if one.group in OF_SNAPSHOTS else REST].append(one)
    return [
        _role("ClusterRole", called, found, labels=[f'    {LABEL}: "true"'])
        for called, found in kinds.items()
        if found
    ]


def bound(of: Iterable[rights.Right], namespace: str, account: str) -> list[str]:
    """A Role and its binding to one notebook's service account."""
    about = f"Lets the notebooks that run as {account} in {namespace} look after themselves."
    role = _role("Role", (OWN, about), of, namespace)
    mine = f"{OWN}-{account}"  # beside those of the namespace's other notebooks
    return [role, _binding("RoleBinding", mine, OWN, _account(namespace, account), namespace)]


def classes(of: Iterable[rights.Right]) -> list[str]:
    """A ClusterRole for reading classes, and its binding to all service accounts."""
    role = _role("ClusterRole", CLASSES, of)
    group = [
        "  - kind: Group",
        "    apiGroup: rbac.authorization.k8s.io",
        "    name: system:serviceaccounts",
    ]
    return [role, _binding("ClusterRoleBinding", CLASSES[0], CLASSES[0], group)]


def _role(
    kind: str,
    called: tuple[str, str],
    of: Iterable[rights.Right],
    namespace: str = "",
    labels: Iterable[str] = (),
) -> str:
    name, about = called
    lines = [f"# {about}", API, f"kind: {kind}", *_metadata(name, namespace, labels), "rules:"]
    for group, resource, verbs in rights.by_kind(of):
        lines += [
            f"  - apiGroups: ['{group}']",
            f"    resources: [{resource}]",
            f"    verbs: [{', '.join(verbs)}]",
        ]
    return "\n".join(lines) + "\n"


def _binding(kind: str, name: str, role: str, subject: list[str], namespace: str = "") -> str:
    lines = [
        API,
        f"kind: {kind}",
        *_metadata(name, namespace),
        "roleRef:",
        "  apiGroup: rbac.authorization.k8s.io",
        f"  kind: {kind.removesuffix('Binding')}",
        f"  name: {role}",
        "subjects:",
        *subject,
    ]
    return "\n".join(lines) + "\n"


def _metadata(name: str, namespace: str, labels: Iterable[str] = ()) -> list[str]:
    where = [f"  namespace: {namespace}"] if namespace else []
    return ["metadata:", f"  name: {name}", *where, "  labels:", PART_OF, *labels]


def _account(namespace: str, account: str) -> list[str]:
    return ["  - kind: ServiceAccount", f"    name: {account}", f"    namespace: {namespace}"]
