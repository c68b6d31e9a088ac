"""Scans of real trees, beside what ``du`` says of them."""

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from kfnb_ext import errors, state
from kfnb_ext.model.filling import Filling, ScanRequest
from kfnb_ext.probes import filling
from kfnb_ext.probes.filling.walking import looking
from kfnb_ext.services.capacity.scans import Scans
from kfnb_ext.services.operations import Operations

MIB = 1 << 20


def fill(top: Path) -> None:
    for name, size in (("data/a.bin", 6 * MIB), ("data/deep/b.txt", 5000), ("notes.txt", 10)):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(b"x" * size)
    (top / ".cache/pip").mkdir(parents=True)
    (top / ".cache/pip/wheel").write_bytes(b"x" * 2 * MIB)
    (top / "wandb").mkdir()
    os.link(top / "data/a.bin", top / "data/deep/again.bin")
    (top / "link").symlink_to(top / "data")


def du(top: Path) -> int:
    said = subprocess.run(["du", "-skx", top], capture_output=True, text=True, check=True).stdout
    return int(said.split()[0]) * 1024


def scanned(scans: Scans, full: bool = False) -> Filling:
    running = scans.start(ScanRequest(full=full))
    assert running.wait(20)
    assert running.record.state == "succeeded", running.record
    return scans.show()


@pytest.fixture
def scans(workspace: Path, operations: Operations, kept: state.State) -> Scans:
    fill(workspace)
    return Scans(str(workspace), operations, kept)


def test_a_scan_counts_as_du_does_and_a_file_of_two_names_once(scans: Scans, workspace: Path):
    found = scanned(scans)
    assert found.bytes == du(workspace)
    assert found.files == 6
    assert [item.name for item in found.items[:2]] == ["data", ".cache"]
    assert found.items[0].kind == "directory"


def test_known_caches_say_what_deleting_them_costs(scans: Scans):
    caches = {item.path: item.cache for item in scanned(scans).caches}
    pip, wandb = caches[".cache/pip"], caches["wandb"]
    assert pip
    assert wandb
    assert pip.safe
    assert not wandb.safe
    assert "not synchronised" in wandb.cost


def test_one_goes_down_into_a_folder_and_large_files_are_named(scans: Scans):
    top = scanned(scans)
    inside = scans.show("data")
    assert inside.bytes == top.items[0].bytes
    assert inside.caches == ()
    # The file of two names is counted where it was met first, and named as neither.
    assert {item.kind for item in inside.items} <= {"directory", "rest"}
    with pytest.raises(errors.NotFound, match="no folder 'gone'"):
        scans.show("gone")


def test_before_the_first_scan_nothing_is_claimed(workspace, operations, kept):
    found = Scans(str(workspace), operations, kept).show()
    assert found.taken is None
    assert found.items == ()


def test_a_second_scan_lists_only_what_has_changed_and_sees_a_large_file_grow(
    scans: Scans, workspace: Path
):
    (workspace / "big.bin").write_bytes(b"x" * 8 * MIB)
    first = scanned(scans)
    (workspace / "data/new.txt").write_bytes(b"x" * 9000)
    with (workspace / "big.bin").open("ab") as file:
        file.write(b"x" * 4 * MIB)
    second = scanned(scans)
    assert first.reused == 0
    assert second.reused == second.folders - 1
    assert second.bytes == du(workspace)
    assert second.largest[0].bytes == 12 * MIB
    assert scanned(scans, full=True).reused == 0


def test_another_process_of_this_user_goes_on_from_the_last_scan(
    scans: Scans, workspace: Path, operations: Operations, kept: state.State
):
    before = scanned(scans)
    other = Scans(str(workspace), operations, kept)
    assert other.show().bytes == before.bytes
    assert scanned(other).reused == before.folders


def test_a_scan_is_cancelled_and_the_last_one_is_kept(
    workspace: Path, operations: Operations, kept: state.State
):
    scans = Scans(str(workspace), operations, kept)
    for number in range(300):
        (workspace / f"f{number}").mkdir()
        for name in range(60):
            (workspace / f"f{number}/{name}").touch()
    running = scans.start(ScanRequest())
    operations.cancel(running.record.id)
    assert running.wait(20)
    if running.record.state == "cancelled":
        assert "stopped" in running.record.message
        assert scans.show().taken is None


def test_a_folder_that_may_not_be_read_is_told_and_not_counted(workspace: Path):
    (workspace / "open").mkdir()
    folders = [
        [-1, "", 0, 0, 4096, 1, [], [], 0],
        [0, "closed", 0, 0, 0, 0, [], [], looking.UNREADABLE],
    ]
    from datetime import datetime, timezone

    from kfnb_ext.services.capacity.tree import Tree

    shown = Tree(str(workspace), folders, datetime.now(timezone.utc), 0.1, 2).show("")
    assert shown
    assert shown.unreadable == 1


def test_names_that_are_no_text_are_scanned_and_shown(scans: Scans, workspace: Path):
    os.mkdir(os.fsencode(workspace) + b"/odd\xff")
    Path(os.fsdecode(os.fsencode(workspace) + b"/odd\xff/f")).write_bytes(b"x" * 6 * MIB)
    odd = next(item for item in scanned(scans).items if item.name.startswith("odd"))
    assert scans.show(odd.path).largest == ()
    assert scans.show(odd.path).items[0].name == "f"


def test_another_filesystem_is_not_entered(workspace: Path):
    if not os.path.ismount("/dev/shm"):
        pytest.skip("NO SECOND FILESYSTEM")
    folders, _ = filling.scan("/dev", None, lambda files, size: None)
    assert "shm" not in [folder[looking.NAME] for folder in folders]
    assert folders[0][looking.STATE] & looking.OTHER


def walkers() -> list[int]:
    """Children of ours that walk, and forks of theirs."""
    found = subprocess.run(
        ["pgrep", "-f", "walking import program"], capture_output=True, check=False, text=True
    ).stdout
    return [int(pid) for pid in found.split()]


def _stop_after(seconds: float):
    end = time.monotonic() + seconds

    def step(files: int, size: int) -> None:
        if time.monotonic() > end:
            raise errors.Cancelled("enough")

    return step


def test_a_child_does_not_stay_behind_when_it_is_stopped(workspace: Path):
    for number in range(2000):
        (workspace / f"{number}").mkdir()
    before = threading.active_count()
    with pytest.raises(errors.Cancelled):
        filling.scan("/usr", None, _stop_after(0.0))
    said = subprocess.run(
        ["pgrep", "-f", "-P", str(os.getpid()), "walking import program"],
        capture_output=True,
        check=False,
    ).stdout
    assert said == b""
    assert threading.active_count() == before


def test_an_unseen_scan_is_made_once_an_hour_at_most(scans: Scans):
    done = threading.Event()
    scans.unseen(done.set)
    assert done.wait(20)
    taken = scans.show().taken
    scans.unseen(lambda: pytest.fail("it was scanned again"))
    time.sleep(0.3)
    assert scans.show().taken == taken


def test_of_many_folders_of_one_kind_the_largest_are_named_and_the_others_are_one(
    scans: Scans, workspace: Path
):
    for number in range(7):
        (workspace / f"p{number}/__pycache__").mkdir(parents=True)
        (workspace / f"p{number}/__pycache__/m.pyc").write_bytes(b"x" * 8192 * (number + 1))
    found = [c for c in scanned(scans).caches if c.cache and c.cache.name == "Python bytecode"]
    named, (rest,) = [c for c in found if c.path], [c for c in found if not c.path]
    assert [one.path for one in named] == [f"p{n}/__pycache__" for n in (6, 5, 4)]
    assert (rest.kind, rest.name, rest.files) == ("rest", "Python bytecode", 4)
    assert sum(one.bytes for one in found) == sum(du(p) for p in workspace.glob("p*/__pycache__"))
