"""What kind of volume a mount is, and whether a person wants to see it. A pure rule.

Rule: only what the mount table shows counts; nothing here touches a filesystem. What cannot be
told from inside is "unknown" or None, never a guess.
"""

import re
from collections.abc import Sequence

from kfnb_ext.model.volumes import VolumeKind
from kfnb_ext.probes import mounts

Kind = tuple[VolumeKind, bool | None]  # and: it survives a stop of the notebook

DISKS = frozenset(  # as one line of words: a line for each would be a page
    "ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs jfs reiserfs vfat exfat "  # noqa: SIM905
    "ntfs ntfs3 fuseblk hfsplus gfs2 ocfs2".split()
)
NETWORKS = frozenset(
    "nfs nfs4 ceph cifs smb3 smbfs lustre gpfs beegfs beegfs_nodev wekafs glusterfs afs".split()  # noqa: SIM905
)
# These carry a network volume or a folder of the machine around us; the source tells.
EITHER = frozenset({"9p", "virtiofs"})
LAYERS = frozenset({"overlay", "fuse.fuse-overlayfs", "aufs"})
# Programs of the desktop and of containers, not storage.
NO_STORAGE = frozenset(
    "fuse.lxcfs fuse.gvfsd-fuse fuse.portal fuse.snapfuse fuse.squashfuse "  # noqa: SIM905
    "fuse.rofiles-fuse fuse.vmware-vmblock".split()
)

# The kubelet's names for what it writes itself (pkg/volume/*: "kubernetes.io~<plugin>").
_CONFIG = re.compile(r"/kubernetes\.io~(configmap|projected|secret|downward-api)/")
_CONFIG_POINTS = ("/var/run/secrets", "/run/secrets")
# Provisioners of single nodes name their folders so: local-path and OpenEBS, MicroK8s, minikube.
_LOCAL_CLAIM = re.compile(
    r"/pvc-|-pvc-[0-9a-f]{8}|local-path-provisioner|hostpath-provisioner|"
    r"/kubernetes\.io~local-volume/"
)
_REMOTE = re.compile(r"^[^/].*:/|^//")  # host:/path, a,b:/path, //host/share
_SYSTEM_POINTS = (  # noqa: SIM905
    "/boot /dev /etc /proc /run /snap /sys /var/run /var/snap /mnt/wslg "
    "/var/lib/containerd /var/lib/containers /var/lib/docker /var/lib/kubelet /var/lib/lxcfs"
).split()
_USERS_DISKS = "/run/media"  # where desktops mount what is plugged in


def kind(mount: mounts.Mount, table: Sequence[mounts.Mount]) -> Kind:
    """The kind of ``mount`` and whether it survives a stop of the notebook (None: unknown)."""
    in_container = mounts.in_container(table)
    return _passing(mount, in_container) or _lasting(mount, in_container, table)


def _passing(mount: mounts.Mount, in_container: bool) -> Kind | None:
    """What goes with the pod, or None."""
    if mount.filesystem in LAYERS or (mount.point == "/" and in_container):
        return "container_layer", False
    if "/kubernetes.io~empty-dir/" in mount.root:
        return "empty_dir", False
    return ("memory", False) if mount.filesystem == "tmpfs" else None


def _lasting(mount: mounts.Mount, in_container: bool, table: Sequence[mounts.Mount]) -> Kind:
    if _is_network(mount):
        return "network", True
    if mount.filesystem in EITHER:
        return "host", None
    if _LOCAL_CLAIM.search(mount.root):
        return "node_local", True
    if mount.filesystem in DISKS:
        return _disk(mount, table) if in_container else ("block", True)
    return "unknown", None


def is_shown(mount: mounts.Mount, kind_: VolumeKind) -> bool:
    """A person expects to see it, even when neither the workspace nor the home lies on it."""
    if mount.point == "/":
        return True
    if _is_config(mount) or _is_system(mount.point) or mount.filesystem in NO_STORAGE:
        return False
    if kind_ in ("container_layer", "unknown"):  # of others; and what is no storage at all
        return False
    # Drivers and tools that a device plugin lends from the node; a secret is a read-only tmpfs.
    lent = kind_ == "host" and mounts.within(mount.point, "/usr")
    return not lent and not (kind_ == "memory" and mount.read_only)


def _is_network(mount: mounts.Mount) -> bool:
    if mount.filesystem in NETWORKS:
        return True
    if mount.filesystem in EITHER:
        return bool(_REMOTE.search(mount.source))
    # Without a subtype ("fuse" alone) come the stores of objects that mount themselves.
    is_fuse = mount.filesystem.partition(".")[0] == "fuse"
    return is_fuse and mount.filesystem not in NO_STORAGE


def node_disks(table: Sequence[mounts.Mount]) -> frozenset[str]:
    """The devices that the node itself runs on, as a container sees them."""
    # /etc/hosts and its like are binds from that disk.
    return frozenset(m.device for m in table if m.point in mounts.RUNTIME_FILES)


def _disk(mount: mounts.Mount, table: Sequence[mounts.Mount]) -> Kind:
    """A disk in a container: a block volume, or a folder of the node's own disk."""
    if mount.device in node_disks(table):
        return "host", None
    if mount.source.startswith("/dev/") or mount.filesystem == "zfs":
        return "block", True
    return "host", None


def _is_config(mount: mounts.Mount) -> bool:
    in_place = any(mounts.within(mount.point, p) for p in _CONFIG_POINTS)
    return in_place or bool(_CONFIG.search(mount.root))


def _is_system(point: str) -> bool:
    if mounts.within(point, _USERS_DISKS):
        return False
    return any(mounts.within(point, p) for p in _SYSTEM_POINTS)
