"""Claims and scopes out of mount tables of every kind."""

import pytest

from kfnb_ext.probes import mounts
from kfnb_ext.probes.volumes import claims, kinds
from tests.probes.tables import KUBELET, NODE_DISK, POD, VOLUMES

UID = "pvc-8a1b2c3d-0000-4444-8888-1234567890ab"
LINES = [
    ("259:5 / /vol rw - ext4 /dev/nvme1n1 rw", None, "own"),
    ("252:16 /notebooks/me /vol rw - xfs /dev/rbd0 rw", None, "own"),
    (f"259:1 /opt/local-path-provisioner/{UID}_team_home /vol rw {NODE_DISK}", "home", "shared"),
    (f"259:9 /{UID}_team_home.x /vol rw - xfs /dev/nvme2n1 rw", "home.x", "own"),
    (f"0:88 / /vol rw - nfs4 10.0.0.5:/export/team-data-{UID} rw", "data", "unknown"),
    (f"0:88 / /vol rw - nfs4 10.0.0.5:/export/other-data-{UID} rw", None, "unknown"),
    ("0:88 /team /vol rw - nfs4 fs-1.efs.example:/ rw", None, "shared"),
    ("0:89 / /vol rw - ceph 10.0.0.1:6789:/volumes/csi/v rw", None, "unknown"),
    (f"259:1 {VOLUMES}empty-dir/scratch /vol rw {NODE_DISK}", None, "shared"),
    ("0:97 / /vol rw - tmpfs tmpfs rw,size=1048576k", None, "own"),
    (f"259:1 {KUBELET}/x /vol rw {NODE_DISK}", None, "shared"),
]


@pytest.mark.parametrize(("line", "claim", "scope"), LINES)
def test_the_mount_table_tells_the_claim_and_whose_the_figures_are(
    line: str, claim: str | None, scope: str
):
    table = tuple(m for m in map(mounts.parse, [*POD.splitlines(), f"1 2 {line}"]) if m)
    mount = table[-1]
    kind, _ = kinds.kind(mount, table)
    assert claims.claim(mount, "team") == claim
    assert claims.scope(mount, kind, kinds.node_disks(table)) == scope


def test_the_layer_of_the_container_lies_on_the_disk_of_the_node():
    table = tuple(m for m in map(mounts.parse, POD.splitlines()) if m)
    kind, survives = kinds.kind(table[0], table)
    assert (kind, survives) == ("container_layer", False)
    assert claims.scope(table[0], kind, kinds.node_disks(table)) == "shared"
