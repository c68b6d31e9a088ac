"""Which claim a mount is of, and whose its figures are, as far as the mount table tells.

Rule: a pure rule over names that provisioners give. What cannot be told stays None or "unknown":
the cluster may know it, and is asked elsewhere.
"""

import re

from kfnb_ext.model.volumes import Scope, VolumeKind
from kfnb_ext.probes.mounts import Mount

_UID = "pvc-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = "[a-z0-9][a-z0-9.-]*"
# rancher/local-path-provisioner: <pv>_<namespace>_<claim>
_LOCAL_PATH = re.compile(f"/{_UID}_{_NAME}_({_NAME})(?:/|$)")
# kubernetes-sigs/nfs-subdir-external-provisioner: <namespace>-<claim>-<pv>
_NFS_SUBDIR = re.compile(f"/({_NAME})-{_UID}(?:/|$)")


def claim(mount: Mount, namespace: str = "") -> str | None:
    """The name of the claim; ``namespace`` is the pod's own, empty when it is not known."""
    where = f"{mount.source}{mount.root}"
    found = _LOCAL_PATH.search(where)
    if found:
        return found[1]
    found = _NFS_SUBDIR.search(where)
    if found and namespace and found[1].startswith(f"{namespace}-"):
        return found[1][len(namespace) + 1 :]
    return None


def scope(mount: Mount, kind: VolumeKind, node_disks: frozenset[str]) -> Scope:
    """Whether total and free are this volume's own; ``node_disks``: devices the node runs on."""
    if kind in ("container_layer", "empty_dir", "host") or mount.device in node_disks:
        return "shared"  # the node's disk, which all of its pods fill
    if kind in ("block", "memory", "node_local"):
        return "own"
    # A share that is mounted below its top answers for the whole of it. At its top it may be one
    # volume's or a file server's: the size of the claim would tell.
    return "shared" if kind == "network" and mount.root != "/" else "unknown"
