"""Where an object of the cluster lives, as the API server names it.

Rule: every part is quoted, so that no name can turn one path into another.
"""

from urllib.parse import quote, urlencode

import msgspec


class Address(msgspec.Struct, frozen=True):
    """An object, or with an empty ``name`` all objects of its kind in ``namespace``.

    An empty ``group`` is the core group, an empty ``namespace`` the whole cluster.
    """

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    def at(self, namespace: str, name: str = "", subresource: str = "") -> "Address":
        """The same kind of object in another place."""
        return Address(self.group, self.version, self.plural, namespace, name, subresource)

    @property
    def path(self) -> str:
        """The path on the API server, without a query."""
        root = ["apis", self.group] if self.group else ["api"]
        parts = [*root, *filter(None, [self.version])]
        if self.namespace:
            parts += ["namespaces", self.namespace]
        parts += [part for part in (self.plural, self.name, self.subresource) if part]
        return "/" + "/".join(quote(part, safe="") for part in parts)

    @property
    def kind(self) -> str:
        """The kind in words, as the API server says it: ``notebooks.kubeflow.org``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def __str__(self) -> str:
        whose = f"{self.kind} “{self.name}”" if self.name else self.kind
        return f"{whose} in the namespace {self.namespace}" if self.namespace else whose


def with_query(path: str, query: dict[str, str]) -> str:
    """The path with its query; keys without a value are left out."""
    given = {key: value for key, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


NOTEBOOKS = Address("kubeflow.org", "v1", "notebooks")
WORKSPACES = Address("kubeflow.org", "v1beta1", "workspaces")
PODS = Address("", "v1", "pods")
CLAIMS = Address("", "v1", "persistentvolumeclaims")
EVENTS = Address("", "v1", "events")
QUOTAS = Address("", "v1", "resourcequotas")
LIMIT_RANGES = Address("", "v1", "limitranges")
VOLUME_SNAPSHOTS = Address("snapshot.storage.k8s.io", "v1", "volumesnapshots")
VOLUME_SNAPSHOT_CLASSES = Address("snapshot.storage.k8s.io", "v1", "volumesnapshotclasses")
# The version is the one that the cluster serves (``rights.Served.groups``).
GROUP_SNAPSHOTS = Address("groupsnapshot.storage.k8s.io", "v1", "volumegroupsnapshots")
GROUP_SNAPSHOT_CLASSES = Address("groupsnapshot.storage.k8s.io", "v1", "volumegroupsnapshotclasses")
STORAGE_CLASSES = Address("storage.k8s.io", "v1", "storageclasses")
ACCESS_REVIEWS = Address("authorization.k8s.io", "v1", "selfsubjectaccessreviews")
RULES_REVIEWS = Address("authorization.k8s.io", "v1", "selfsubjectrulesreviews")
