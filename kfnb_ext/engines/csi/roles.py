"""What the administrator has to grant for snapshots, as text that can be sent.

Rule: made of the verbs that the code sends (`model.rights`), never written twice.
"""

from kfnb_ext.kube.client import failures
from kfnb_ext.model import cluster, rights, roles

HINT = (
    "Send the administrator the role for it (`kfnb cluster` shows it too). Folder snapshots work "
    "meanwhile."
)


def role(trouble: failures.ClusterError, here: cluster.Place | None) -> str:
    """The role for a right that is missing; empty: no right stands against it."""
    return needed(here) if trouble.reason == "rbac" else ""


def needed(here: cluster.Place | None) -> str:
    """The role for snapshots; without a place that of Kubeflow."""
    if here is None or here.platform == "kubeflow" or not here.service_account:
        return "---\n".join(roles.aggregated((*rights.SNAPSHOTS, *rights.GROUPS)))
    # Whole, since it takes the place of the Role of its name.
    served = rights.Served(snapshots=True, groups=rights.GROUP_VERSIONS[0])
    inside = [one for one in rights.wanted(here.platform, served) if not one.cluster]
    return "---\n".join(roles.bound(inside, here.namespace, here.service_account))
