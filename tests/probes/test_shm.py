"""/dev/shm: what is listed, what hides, and who made it."""

import mmap
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.probes import shm
from tests.probes.conftest import Tree

MIB = 1 << 20
NODE = {"meminfo": "MemTotal:       999999999999 kB\n", "self/cgroup": "0::/\n"}
POD = "1 0 0:50 / / rw - overlay overlay rw\n"
LAPTOP = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
SHM = Path("/dev/shm")


def limited(tree: Tree, memory: object) -> Path:
    files = {"cgroup.controllers": "memory\n", "cgroup.type": "x\n", "memory.max": f"{memory}\n"}
    return tree("cgroup", files)


@pytest.fixture
def small(tmp_path: Path, as_root: None) -> Iterator[Path]:
    """A tmpfs of 64 MiB, as a container runtime makes it."""
    point = tmp_path / "shm"
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=65536k", "shm", str(point)], check=True)
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True)


def test_files_are_listed_and_what_was_deleted_while_mapped_is_hidden(small: Path) -> None:
    folder = small / "deeper"
    folder.mkdir()
    (folder / "seen").write_bytes(b"x" * 2 * MIB)
    os.link(folder / "seen", folder / "again")
    (small / "sparse").touch()
    os.truncate(small / "sparse", 500 * MIB)
    with (small / "torch_1").open("w+b") as file:
        file.truncate(30 * MIB)
        memory = mmap.mmap(file.fileno(), 30 * MIB)
    (small / "torch_1").unlink()
    memory.write(b"x" * 30 * MIB)
    found = shm.read(path=small)
    assert found.total == 64 * MIB
    assert found.listed == 2 * MIB
    assert found.hidden == 30 * MIB
    assert found.used == 32 * MIB
    memory.close()
    assert shm.read(path=small).hidden == 0


def test_too_many_files_are_not_counted_to_the_end(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shm, "MOST_ENTRIES", 10)
    for number in range(11):
        (small / f"nccl-{number}").write_bytes(b"x" * 4096)
    found = shm.read(path=small)
    assert found.listed is None
    assert found.hidden is None
    assert set(found.missing) == {"listed", "hidden"}
    assert found.used == 11 * 4096


RUNTIME = "30 1 0:27 / /dev/shm rw,nosuid,nodev,noexec - tmpfs shm rw,size=65536k,inode64\n"
SIZED = "30 1 0:27 / /dev/shm rw - tmpfs tmpfs rw,size=2097152k,noswap\n"
UNSIZED = "30 1 0:27 / /dev/shm rw - tmpfs tmpfs rw,inode64\n"
DISK = "30 1 8:1 /data/shm /dev/shm rw - ext4 /dev/sda1 rw\n"


@pytest.mark.parametrize(
    ("mounts", "share", "origin", "counts"),
    [
        (POD + RUNTIME, 0.5, "runtime_default", True),
        (POD + RUNTIME, None, "runtime_default", False),
        (POD + SIZED, 2, "empty_dir", True),
        (POD + SIZED, 1, "empty_dir_unbounded", True),
        (POD + SIZED, None, "empty_dir", False),
        (POD + SIZED + RUNTIME, 1, "runtime_default", True),
        (POD + RUNTIME + SIZED, 1, "empty_dir_unbounded", True),
        (POD + UNSIZED, 2, "node_half", True),
        (POD + DISK, 2, "unknown", False),
        (POD, 2, "unknown", None),
        (LAPTOP + UNSIZED, 2, "host", True),
        (LAPTOP + UNSIZED, None, "host", False),
        ("", None, "unknown", None),
    ],
)
def test_who_made_it_is_told_by_the_mount_and_the_memory_limit(
    tree: Tree, mounts: str, share: float | None, origin: str, counts: bool | None
) -> None:
    """``share`` is the memory limit as a multiple of what /dev/shm holds here; None: no limit."""
    total = os.statvfs(SHM).f_blocks * os.statvfs(SHM).f_frsize
    found = shm.read(
        proc_root=tree("proc", {**NODE, "self/mountinfo": mounts}),
        cgroup_root=limited(tree, "max" if share is None else int(total * share)),
    )
    assert found.origin == origin
    assert found.counts_against_memory is counts
    assert ("counts_against_memory" in found.missing) is (counts is None)


def test_a_memory_volume_of_the_nodes_whole_memory_has_no_bound(tree: Tree) -> None:
    total = os.statvfs(SHM).f_blocks * os.statvfs(SHM).f_frsize
    node = {**NODE, "meminfo": f"MemTotal:  {total // 1024} kB\n"}
    found = shm.read(
        proc_root=tree("proc", {**node, "self/mountinfo": POD + SIZED}),
        cgroup_root=limited(tree, "max"),
    )
    assert found.origin == "empty_dir_unbounded"


def test_a_machine_without_shared_memory_says_so(tmp_path: Path) -> None:
    with pytest.raises(errors.Unsupported, match="no shared memory"):
        shm.read(path=tmp_path / "absent")


def test_this_machine_gives_figures_that_can_be_true() -> None:
    found = shm.read()
    assert 0 <= found.used <= found.total
    assert found.listed is None or found.listed + (found.hidden or 0) >= 0
