"""The mount table: escapes, stacks, prefixes, and the table of this very machine."""

import os

import pytest

from kfnb_ext import errors
from kfnb_ext.probes import mounts
from tests.probes.conftest import Tree

ROOT = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard"


def test_a_line_is_read_whole() -> None:
    line = (
        r"36 35 98:0 /mnt1/a\040b /mnt2/tab\011new\012back\134slash rw,noatime "
        r"shared:2 master:1 - ext3 /dev/root\040disk rw,errors=continue,size=64k"
    )
    found = mounts.parse(line)
    assert found == mounts.Mount(
        id=36,
        parent=35,
        device="98:0",
        root="/mnt1/a b",
        point="/mnt2/tab\tnew\nback\\slash",
        options=("rw", "noatime"),
        filesystem="ext3",
        source="/dev/root disk",
        super_options=("rw", "errors=continue", "size=64k"),
    )
    assert found.super_option("size") == "64k"
    assert found.super_option("errors") == "continue"
    assert found.super_option("siz") is None


@pytest.mark.parametrize(
    "line", ["", "36 35 98:0", "no separator in it at all", "a b c d e f - g h", ROOT[:20]]
)
def test_a_line_that_is_none_is_passed_over(line: str) -> None:
    assert mounts.parse(line) is None


def test_of_stacked_mounts_the_last_counts(tree: Tree) -> None:
    proc = tree(
        "proc",
        {
            "self/mountinfo": f"{ROOT}\n"
            "25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw,size=24684096k\n"
            "30 25 0:27 / /dev/shm rw - tmpfs shm rw,size=65536k\n"
        },
    )
    table = mounts.table(proc)
    assert [m.point for m in table] == ["/", "/dev/shm"]
    assert table[1].source == "shm"


def test_the_longest_prefix_holds_a_path_and_no_name_is_cut_in_two(tree: Tree) -> None:
    points = ["/", "/home", "/home/jovyan", "/home/jovyan/data"]
    lines = [f"{i} 1 0:{i} / {p} rw - ext4 /dev/sd{i} rw" for i, p in enumerate(points)]
    table = mounts.table(tree("proc", {"self/mountinfo": "\n".join(lines)}))
    cases = {
        "/home/jovyan/data/x": "/home/jovyan/data",
        "/home/jovyan/data2": "/home/jovyan",
        "/home/jovyan": "/home/jovyan",
        "/opt": "/",
    }
    for path, point in cases.items():
        held = mounts.covering(path, table)
        assert held is not None
        assert held.point == point
    assert mounts.covering("/x", table[1:]) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1 0 0:50 / / rw - overlay overlay rw,lowerdir=/a", True),
        ("9 1 8:1 /var/lib/kubelet/pods/u/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw", True),
        (ROOT, False),
    ],
)
def test_a_container_is_known_by_its_mounts(line: str, expected: bool) -> None:
    parsed = mounts.parse(line)
    assert parsed is not None
    assert mounts.in_container([parsed]) is expected


def test_read_only_is_told_by_the_mount_or_by_the_filesystem() -> None:
    for line in ("1 0 0:1 / /a ro - nfs h:/x rw", "1 0 0:1 / /a rw - nfs h:/x ro"):
        found = mounts.parse(line)
        assert found is not None
        assert found.read_only


def test_bytes_that_are_no_text_survive_as_a_path(tree: Tree) -> None:
    proc = tree("proc", {"self/mountinfo": ""})
    (proc / "self/mountinfo").write_bytes(b"5 1 0:5 / /data/\xff\xfe rw - ext4 /dev/sdb rw\n")
    (found,) = mounts.table(proc)
    assert os.fsencode(found.point) == b"/data/\xff\xfe"


def test_a_machine_without_the_table_says_so(tree: Tree) -> None:
    with pytest.raises(errors.Unsupported, match="mount table"):
        mounts.table(tree("proc", {}))


def test_this_machine_has_a_root_that_holds_everything() -> None:
    table = mounts.table()
    held = mounts.covering("/", table)
    assert held is not None
    assert held.point == "/"
    assert len({m.point for m in table}) == len(table)
