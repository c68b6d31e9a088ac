"""What is deleted or thrown away, and what never is."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from kfnb_ext import errors
from kfnb_ext.model.filling import RemoveRequest, Way
from kfnb_ext.model.operations import Operation
from kfnb_ext.services.capacity.removal import HOME_TRASH, Removal
from kfnb_ext.services.operations import Operations


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def removal(workspace: Path, home: Path, operations: Operations) -> Removal:
    return Removal(workspace, home, operations, lambda: None, read_only=False)


def removed(removal: Removal, path: str, how: Way) -> Operation:
    running = removal.remove(RemoveRequest(path=path, how=how))
    assert running.wait(20)
    return running.record


def test_a_folder_is_deleted_with_all_in_it_and_links_are_not_followed(
    removal: Removal, workspace: Path, tmp_path: Path
):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kept").write_text("kept")
    (workspace / "old/deep").mkdir(parents=True)
    (workspace / "old/deep/file").write_bytes(b"x" * 10_000)
    (workspace / "old/link").symlink_to(tmp_path / "outside")
    (workspace / "old/deep").chmod(0o500)
    ended = removed(removal, "old", "delete")
    assert ended.state == "succeeded", ended
    assert not (workspace / "old").exists()
    assert (tmp_path / "outside/kept").read_text() == "kept"
    assert "2 files" in ended.message


def test_what_is_thrown_away_can_be_brought_back_and_says_that_nothing_is_freed(
    removal: Removal, workspace: Path, home: Path
):
    for _ in range(2):
        (workspace / "my data").mkdir()
        (workspace / "my data/file").write_text("x")
        ended = removed(removal, "my data", "trash")
        assert ended.state == "succeeded", ended
        assert "frees nothing" in ended.message
    files = home / HOME_TRASH / "files"
    assert sorted(os.listdir(files)) == ["my data", "my data.1"]
    note = (home / HOME_TRASH / "info/my data.trashinfo").read_text()
    assert unquote(note.splitlines()[1]) == f"Path={workspace}/my data"
    running = removal.empty()
    assert running.wait(20)
    assert running.record.state == "succeeded", running.record
    assert os.listdir(files) == []


@pytest.mark.parametrize("path", ["", "../x", "/etc", "a/../../x", "a//b", "a\0b"])
def test_a_path_that_leads_out_is_refused(removal: Removal, path: str):
    with pytest.raises(errors.BadRequest):
        removal.remove(RemoveRequest(path=path))


def test_a_way_through_a_link_is_refused(removal: Removal, workspace: Path, tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kept").touch()
    (workspace / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(errors.NotFound):
        removal.remove(RemoveRequest(path="link/kept"))
    assert (tmp_path / "outside/kept").exists()


def test_a_link_itself_is_removed_and_not_what_it_leads_to(
    removal: Removal, workspace: Path, tmp_path: Path
):
    (tmp_path / "outside").mkdir()
    (workspace / "link").symlink_to(tmp_path / "outside")
    assert removed(removal, "link", "delete").state == "succeeded"
    assert (tmp_path / "outside").is_dir()
    assert not (workspace / "link").is_symlink()


def test_snapshots_are_their_engines(removal: Removal, workspace: Path):
    (workspace / ".kfnb/snapshots/a").mkdir(parents=True)
    with pytest.raises(errors.Forbidden, match="Snapshots"):
        removal.remove(RemoveRequest(path=".kfnb/snapshots/a"))


def test_what_belongs_to_another_user_is_left(removal: Removal, workspace: Path):
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: no file can be given to another user")
    (workspace / "theirs").touch()
    os.chown(workspace / "theirs", 12345, 12345)
    with pytest.raises(errors.Forbidden, match="another user"):
        removal.remove(RemoveRequest(path="theirs"))


def test_a_site_that_is_read_only_lets_nothing_be_removed(
    workspace: Path, home: Path, operations: Operations
):
    (workspace / "file").touch()
    guarded = Removal(workspace, home, operations, lambda: None, read_only=True)
    with pytest.raises(errors.Forbidden):
        guarded.remove(RemoveRequest(path="file", how="delete"))
    with pytest.raises(errors.Forbidden):
        guarded.empty()
    assert (workspace / "file").exists()


def test_a_trash_that_is_a_link_is_not_used(
    removal: Removal, workspace: Path, home: Path, tmp_path: Path
):
    (tmp_path / "elsewhere").mkdir()
    (home / ".local/share").mkdir(parents=True)
    (home / ".local/share/Trash").symlink_to(tmp_path / "elsewhere")
    (workspace / "file").write_text("x")
    ended = removed(removal, "file", "trash")
    assert os.listdir(tmp_path / "elsewhere") == []
    assert ended.state == "failed" or ".Trash-" in ended.message


@pytest.fixture
def mounted(workspace: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The workspace as a mount of its own: of memory, or of a folder beside the home."""
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: nothing can be mounted, the trash of another volume is not tested")
    (tmp_path / "beside").mkdir()
    bound = ["--bind", tmp_path / "beside"]
    options = ["-t", "tmpfs", "tmpfs"] if request.param == "memory" else bound
    subprocess.run(["mount", *options, workspace], check=True)
    yield workspace
    subprocess.run(["umount", "-l", workspace], check=True)


@pytest.mark.parametrize("mounted", ["memory", "bound"], indirect=True)
def test_nothing_is_copied_to_a_trash_on_another_volume(
    removal: Removal, mounted: Path, home: Path
):
    (mounted / "large").write_text("x")
    inode = (mounted / "large").stat().st_ino
    ended = removed(removal, "large", "trash")
    assert ended.state == "succeeded", ended
    own = mounted / f".Trash-{os.getuid()}"
    assert (own / "files/large").stat().st_ino == inode
    home_trash = home / HOME_TRASH / "info"
    assert not home_trash.exists() or os.listdir(home_trash) == []

    (mounted / "larger").write_text("x")
    shutil.rmtree(own)
    own.write_text("no folder, so no trash")
    refused = removed(removal, "larger", "trash")
    assert refused.state == "failed"
    assert "would copy" in refused.message
    assert "Delete it for good" in refused.hint
    assert (mounted / "larger").exists()


@pytest.mark.parametrize("mounted", ["memory"], indirect=True)
def test_without_a_home_it_is_said_that_no_trash_was_found(
    removal: Removal, mounted: Path, home: Path
):
    home.rmdir()
    running = removal.empty()
    assert running.wait(20)
    assert running.record.state == "failed"
    assert f"{home} cannot be opened (No such file or directory)" in running.record.message
    assert "HOME" in running.record.hint
    (mounted / f".Trash-{os.getuid()}/files").mkdir(parents=True, mode=0o700)
    again = removal.empty()
    assert again.wait(20)
    assert again.record.state == "succeeded"
    assert f"{home} cannot be opened" in again.record.message


def test_the_scan_is_made_anew_after_a_removal(workspace: Path, home: Path, operations: Operations):
    scans: list[int] = []
    (workspace / "file").touch()
    watching = Removal(workspace, home, operations, lambda: scans.append(1), read_only=False)
    removed(watching, "file", "delete")
    assert scans == [1]
