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
    if trouble.reason != "rbac":
        return ""
    if here is None or here.platform == "kubeflow" or not here.service_account:
        return "---\n".join(roles.aggregated(rights.SNAPSHOTS))
    return "---\n".join(roles.bound(rights.SNAPSHOTS, here.namespace, here.service_account))
