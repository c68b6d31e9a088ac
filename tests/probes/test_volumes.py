"""Volumes: kinds and durability, what is shown in which order, and figures past their traps."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb_ext.model.volumes import Volume
from kfnb_ext.probes import mounts
from kfnb_ext.probes.volumes import VolumesProbe, figures, kinds
from tests.probes import tables
from tests.probes.conftest import Tree


def table(*texts: str) -> list[mounts.Mount]:
    parsed = [mounts.parse(line) for text in texts for line in text.splitlines()]
    assert all(parsed)
    return [m for m in parsed if m]


@pytest.mark.parametrize(
    ("line", "expected"), tables.VOLUME_LINES, ids=[x[0][:44] for x in tables.VOLUME_LINES]
)
def test_a_volume_of_a_pod_is_told_by_its_line(
    line: str, expected: tuple[str, bool | None] | None
) -> None:
    pod = table(tables.POD, f"5000 3977 {line}")
    kind, survives = kinds.kind(pod[-1], pod)
    shown = kinds.is_shown(pod[-1], kind)
    assert ((kind, survives) if shown else None) == expected


def test_of_a_bare_pod_only_the_containers_own_layer_is_shown() -> None:
    pod = table(tables.POD)
    found = [(m.point, kinds.kind(m, pod)) for m in pod]
    shown = [f for m, f in zip(pod, found, strict=True) if kinds.is_shown(m, f[1][0])]
    assert shown == [("/", ("container_layer", False))]


@pytest.mark.parametrize("line", ["8:1 / / rw - ext4 /dev/dm-7 rw", "0:9 / / rw - zfs pool/c rw"])
def test_a_containers_root_is_lost_with_it_whatever_it_lies_on(line: str) -> None:
    pod = table(f"1 0 {line}", *tables.POD.splitlines()[1:])
    assert kinds.kind(pod[0], pod) == ("container_layer", False)


def read(tree: Tree, mountinfo: str, workspace: str, home: str) -> tuple[Volume, ...]:
    proc = tree("proc", {"self/mountinfo": mountinfo})
    return VolumesProbe(workspace, home=home, proc_root=proc).read().volumes


def test_a_laptop_shows_what_its_owner_expects(tree: Tree) -> None:
    found = read(tree, tables.LAPTOP, "/srv/work", "/home/ada")
    assert [v.mount for v in found] == [
        "/srv/work",
        "/home",
        "/",
        "/mnt/nas",
        "/run/media/ada/USB DISK",
    ]
    assert [v.is_workspace for v in found] == [True, False, False, False, False]
    assert {v.kind for v in found} == {"block", "network"}
    assert all(v.survives_restart for v in found)


def test_a_mount_that_is_not_there_keeps_its_row_and_says_why(tree: Tree) -> None:
    found = read(tree, tables.LAPTOP, "/srv/work", "/home/ada")
    (absent,) = [v for v in found if v.mount == "/mnt/nas"]
    assert absent.total is None
    assert absent.stale is False
    assert "No such file" in absent.missing["total"]


def test_the_workspace_on_the_containers_layer_is_first_and_lost(tree: Tree) -> None:
    lines = f"{tables.POD}\n5000 3977 0:97 / /tmp rw - tmpfs tmpfs rw"
    found = read(tree, lines, "/opt/work", "/opt")
    assert [(v.mount, v.kind) for v in found] == [("/", "container_layer"), ("/tmp", "memory")]
    assert found[0].is_workspace
    assert found[0].survives_restart is False


def test_even_shared_memory_is_shown_when_the_workspace_lies_on_it(tree: Tree) -> None:
    found = read(tree, tables.POD, "/dev/shm/x", "/root")
    assert (found[0].mount, found[0].is_workspace) == ("/dev/shm", True)


def test_a_lone_file_is_no_volume(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "libcuda.so").touch()
    lines = f"{tables.POD}\n5000 3977 259:1 /x {tmp_path}/libcuda.so ro {tables.NODE_DISK}"
    assert [v.mount for v in read(tree, lines, "/", "/")] == ["/"]


def test_what_cannot_be_told_from_inside_says_so(tree: Tree, tmp_path: Path) -> None:
    lines = f"{tables.POD}\n5000 3977 259:1 /data {tmp_path} rw {tables.NODE_DISK}"
    found = read(tree, lines, str(tmp_path), "/root")[0]
    assert (found.kind, found.survives_restart) == ("host", None)
    assert "survives_restart" in found.missing


def test_a_symbolic_link_to_the_workspace_is_followed(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    lines = f"{tables.POD}\n5000 3977 259:5 / {tmp_path}/disk rw - ext4 /dev/sdb rw"
    assert read(tree, lines, str(tmp_path / "link"), "/root")[0].mount == f"{tmp_path}/disk"


def answer(**known: int) -> os.statvfs_result:
    names = ("f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_favail")
    return os.statvfs_result([1 << 20, 4096, *(known.get(n, 0) for n in names), 0, 255])


FULL_2_64 = (1 << 64) - 1


def test_free_is_what_an_ordinary_user_may_still_write() -> None:
    found = figures.of(
        answer(f_blocks=1000, f_bfree=300, f_bavail=250, f_files=64, f_ffree=10, f_favail=8)
    )
    assert (found.total, found.used, found.free) == (4096000, 700 * 4096, 250 * 4096)
    assert (found.inodes_total, found.inodes_free) == (64, 8)
    assert found.missing == {}


@pytest.mark.parametrize(
    ("known", "none"),
    [
        ({"f_blocks": 9, "f_files": 0}, {"inodes_total", "inodes_free"}),
        ({"f_blocks": 9, "f_files": FULL_2_64}, {"inodes_total", "inodes_free"}),
        ({"f_blocks": 9, "f_files": 7, "f_ffree": FULL_2_64}, {"inodes_total", "inodes_free"}),
        ({"f_files": 7}, {"total", "used", "free"}),
        ({"f_blocks": 1 << 51, "f_bfree": 1 << 51, "f_files": 7}, {"total", "free"}),
    ],
)
def test_numbers_that_look_like_an_answer_are_unknown(
    known: dict[str, int], none: set[str]
) -> None:
    found = figures.of(answer(**known))
    assert {name for name in figures.FIELDS if getattr(found, name) is None} == none
    assert set(found.missing) == none


@pytest.fixture
def small(tmp_path: Path, as_root: None) -> Iterator[Path]:
    """A real volume of 8 MiB and 100 inodes, its name with a blank."""
    point = tmp_path / "my data"
    point.mkdir()
    options = "size=8m,nr_inodes=100"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(point)], check=True)
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True)


def test_a_real_volume_is_read_as_df_reads_it(small: Path) -> None:
    (small / "file").write_bytes(b"x" * (1 << 20))
    found = VolumesProbe(small / "folder", home=small).read().volumes
    assert found[0].mount == str(small)
    assert (found[0].kind, found[0].is_workspace) == ("memory", True)
    assert (found[0].total, found[0].used, found[0].free) == (8 << 20, 1 << 20, 7 << 20)
    assert (found[0].inodes_total, found[0].inodes_free) == (100, 98)
    assert not found[0].stale
    assert "/" in [v.mount for v in found]


def test_no_thread_stays_behind_a_reading() -> None:
    probe = VolumesProbe("/")
    probe.read()
    before = threading.active_count()
    for _ in range(20):
        probe.read()
    assert threading.active_count() == before


def test_this_machine_shows_the_workspaces_volume_first_with_true_figures(tmp_path: Path) -> None:
    found = VolumesProbe(tmp_path).read().volumes
    assert found[0].is_workspace
    assert found[0].total
    seen = os.statvfs(tmp_path)
    assert found[0].total == seen.f_blocks * seen.f_frsize
    assert sum(v.is_workspace for v in found) == 1
