"""Where this notebook lives in the cluster, what it may do there, and what the namespace has left.

Rule: what the cluster does not tell is None, and ``notes`` say why; nothing is guessed.
"""

from datetime import datetime
from typing import Literal

from kfnb_ext.model.reading import Reading, Record

Platform = Literal["kubeflow", "openshift", "workspaces", "hub", "pod", "none"]
Unit = Literal["bytes", "count", "cores"]
Binding = Literal["Immediate", "WaitForFirstConsumer"]
AbilityName = Literal[
    "snapshots", "groups", "restore", "new_notebook", "guardian",
    "grow", "patch", "stop", "classes", "quota",
]  # fmt: skip


class Claim(Record, frozen=True, kw_only=True):
    """A PersistentVolumeClaim. Sizes in bytes; what needs a class that cannot be read is None."""

    name: str
    uid: str
    phase: str  # Pending, Bound, Lost
    storage_class: str | None
    driver: str | None  # who provisions it: hostpath.csi.k8s.io
    access_modes: tuple[str, ...]
    volume_mode: str
    requested: int | None
    capacity: int | None
    expandable: bool | None = None  # None: the class cannot be read
    binding: Binding | None = None
    resizing: str = ""  # the stage of a growth that is under way, in words
    going: bool = False  # it is being deleted


class Mounted(Record, frozen=True, kw_only=True):
    """A claim as this pod mounts it."""

    claim: Claim
    volume: str  # its name in the pod's spec
    mount: str
    sub_path: str
    read_only: bool
    workspace: bool


class Place(Record, frozen=True, kw_only=True):
    """Where this server runs. Empty: not known."""

    platform: Platform
    namespace: str = ""
    notebook: str = ""
    pod: str = ""
    pod_uid: str = ""
    container: str = ""
    node: str = ""
    image: str = ""
    digest: str = ""  # repository@sha256:..., as the node runs it
    service_account: str = ""
    mounted: tuple[Mounted, ...] = ()
    lost: tuple[str, ...] = ()  # claims that the pod mounts and the cluster does not have


class Ability(Record, frozen=True, kw_only=True):
    """Something that can be done from here; ``allowed`` None: the cluster did not tell."""

    name: AbilityName
    allowed: bool | None
    text: str  # what it is, or why not
    hint: str = ""


class QuotaLine(Record, frozen=True, kw_only=True):
    """One line of a ResourceQuota. Bytes for storage and memory, else a count (cores for CPU)."""

    quota: str
    resource: str  # persistentvolumeclaims, requests.storage, ...
    name: str  # what it is about, in words
    hard: float
    used: float | None  # None: the cluster has not counted yet
    left: float | None
    unit: Unit
    text: str  # the line as a sentence


class Kept(Record, frozen=True, kw_only=True):
    """An object that a restore left behind: kept until the user lets it go."""

    kind: Literal["claim", "snapshot", "notebook", "job"]
    name: str
    why: str
    size: int | None
    since: datetime | None
    can_go: bool  # False: something still uses it; ``why`` says what


class Cluster(Reading, frozen=True, kw_only=True, tag="cluster"):
    """The cluster as seen from this notebook."""

    taken: datetime
    place: Place
    abilities: tuple[Ability, ...]
    quotas: tuple[QuotaLine, ...]
    kept: tuple[Kept, ...] = ()
    role: str = ""  # YAML to send to the administrator; empty: nothing is missing
    notes: tuple[str, ...] = ()  # what could not be read, and why
