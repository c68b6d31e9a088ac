"""Which kinds of objects are served, and what is particular about each.

Rule: what this table says is true for every object of the kind; nothing here looks at one.
"""

from dataclasses import dataclass, field

ALL = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


@dataclass(frozen=True)
class Kind:
    """One kind in one version."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    custom: bool = False  # served from a CustomResourceDefinition
    status: bool = True  # has the subresource `status`
    generation: bool = False
    short: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL
    storage_hash: str = ""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """As most refusals name it: notebooks.kubeflow.org."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """As refusals of an object's content name it: Notebook.kubeflow.org."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


def _core(plural: str, kind: str, **more: object) -> Kind:
    return Kind("", "v1", plural, kind, **more)  # type: ignore[arg-type]


SNAPSHOTS = "snapshot.storage.k8s.io"
NOTEBOOK = Kind(
    "kubeflow.org",
    "v1",
    "notebooks",
    "Notebook",
    custom=True,
    generation=True,
    storage_hash="pvxBTQSP0ko=",
)
VOLUME_SNAPSHOT = Kind(
    SNAPSHOTS,
    "v1",
    "volumesnapshots",
    "VolumeSnapshot",
    custom=True,
    generation=True,
    short=("vs",),
    storage_hash="CBkCoNN1OpA=",
)
CLAIM = _core("persistentvolumeclaims", "PersistentVolumeClaim", short=("pvc",))
POD = _core("pods", "Pod", short=("po",), generation=True)
EVENT = _core("events", "Event", short=("ev",), status=False)
NAMESPACE = _core("namespaces", "Namespace", namespaced=False, short=("ns",))
NODE = _core("nodes", "Node", namespaced=False, short=("no",))
VOLUME = _core("persistentvolumes", "PersistentVolume", namespaced=False, short=("pv",))
STORAGE_CLASS = Kind(
    "storage.k8s.io",
    "v1",
    "storageclasses",
    "StorageClass",
    namespaced=False,
    status=False,
    short=("sc",),
)
SNAPSHOT_CLASS = Kind(
    SNAPSHOTS,
    "v1",
    "volumesnapshotclasses",
    "VolumeSnapshotClass",
    namespaced=False,
    custom=True,
    status=False,
    generation=True,
    short=("vsclass", "vsclasses"),
    storage_hash="agjrTDFWe0I=",
)
SNAPSHOT_CONTENT = Kind(
    SNAPSHOTS,
    "v1",
    "volumesnapshotcontents",
    "VolumeSnapshotContent",
    namespaced=False,
    custom=True,
    generation=True,
    short=("vsc", "vscs"),
    storage_hash="ksBm2JR3lFg=",
)
WORKSPACE = Kind("kubeflow.org", "v1beta1", "workspaces", "Workspace", custom=True, generation=True)
STATEFUL_SET = Kind("apps", "v1", "statefulsets", "StatefulSet", generation=True, short=("sts",))
JOB = Kind("batch", "v1", "jobs", "Job", generation=True)
QUOTA = _core("resourcequotas", "ResourceQuota", short=("quota",))
LIMIT_RANGE = _core("limitranges", "LimitRange", short=("limits",), status=False)

KINDS = (
    # The order is the one in which discovery lists them.
    Kind(
        "kubeflow.org",
        "v1",
        "profiles",
        "Profile",
        namespaced=False,
        custom=True,
        generation=True,
        storage_hash="J9V9X1yuJWI=",
    ),
    NOTEBOOK,
    Kind("kubeflow.org", "v1beta1", "notebooks", "Notebook", custom=True, generation=True),
    WORKSPACE,
    Kind(
        "kubeflow.org",
        "v1alpha1",
        "notebooks",
        "Notebook",
        custom=True,
        generation=True,
    ),
    Kind("kubeflow.org", "v1alpha1", "poddefaults", "PodDefault", custom=True, generation=True),
    SNAPSHOT_CLASS,
    SNAPSHOT_CONTENT,
    VOLUME_SNAPSHOT,
    CLAIM,
    POD,
    EVENT,
    Kind("events.k8s.io", "v1", "events", "Event", status=False),
    NAMESPACE,
    QUOTA,
    LIMIT_RANGE,
    _core("configmaps", "ConfigMap", short=("cm",), status=False),
    _core("secrets", "Secret", status=False),
    _core("services", "Service", short=("svc",)),
    _core("serviceaccounts", "ServiceAccount", short=("sa",), status=False),
    NODE,
    VOLUME,
    STATEFUL_SET,
    JOB,
    STORAGE_CLASS,
    Kind("coordination.k8s.io", "v1", "leases", "Lease", status=False),
    # Asked, never stored.
    Kind(
        "authorization.k8s.io",
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        namespaced=False,
        verbs=("create",),
    ),
    Kind(
        "authorization.k8s.io",
        "v1",
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
        namespaced=False,
        verbs=("create",),
    ),
    Kind(
        "authorization.k8s.io",
        "v1",
        "subjectaccessreviews",
        "SubjectAccessReview",
        namespaced=False,
        verbs=("create",),
    ),
    Kind(
        "authentication.k8s.io",
        "v1",
        "selfsubjectreviews",
        "SelfSubjectReview",
        namespaced=False,
        verbs=("create",),
    ),
)


@dataclass
class Registry:
    """What this cluster serves now; a kind can be taken away, as when its CRD is removed."""

    kinds: list[Kind] = field(default_factory=lambda: list(KINDS))

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind, or None where it is not served."""
        wanted = (group, version, plural)
        return next((k for k in self.kinds if (k.group, k.version, k.plural) == wanted), None)

    def of(self, api_version: str, kind: str) -> Kind | None:
        """The kind that an object says it is."""
        found = (k for k in self.kinds if (k.api_version, k.kind) == (api_version, kind))
        return next(found, None)

    def remove(self, plural: str) -> None:
        """The cluster no longer serves it, in any version."""
        self.kinds = [k for k in self.kinds if k.plural != plural]
