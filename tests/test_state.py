"""Records on disk: whole or not at all, in a folder of this user alone."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfnb_ext import errors, state
from kfnb_ext.model import operations


@pytest.fixture
def disk(tmp_path: Path) -> state.State:
    return state.State(tmp_path / "work", str(tmp_path / "state"))


def test_what_was_written_is_read_listed_and_removed(disk: state.State):
    disk.write("operations/b", b"2")
    disk.write("operations/a", b"1")
    disk.write("status", b"0")

    assert disk.names("operations") == ["operations/a", "operations/b"]
    assert (disk.read("operations/a"), disk.read("status")) == (b"1", b"0")
    disk.remove("operations/a")
    assert disk.read("operations/a") is None
    assert not disk.exists("operations/a")
    disk.remove("operations/a")


def test_what_is_not_there_reads_as_none(disk: state.State):
    assert disk.read("status") is None
    assert disk.names("operations") == []
    assert not disk.exists("status")


def test_two_names_of_one_workspace_share_their_records(tmp_path: Path):
    (tmp_path / "work").mkdir()
    (tmp_path / "link").symlink_to("work")
    state.State(tmp_path / "work", str(tmp_path / "state")).write("status", b"same")

    assert state.State(tmp_path / "link", str(tmp_path / "state")).read("status") == b"same"
    assert state.State(tmp_path / "other", str(tmp_path / "state")).read("status") is None


def test_a_reader_never_sees_half_of_a_record(disk: state.State):
    disk.write("status", b"0" * 100_000)
    stop = threading.Event()

    def write(digit: bytes) -> None:
        while not stop.is_set():
            disk.write("status", digit * 100_000)

    writers = [threading.Thread(target=write, args=(b"%d" % n,)) for n in range(3)]
    for writer in writers:
        writer.start()
    found = [disk.read("status") for _ in range(300)]
    stop.set()
    for writer in writers:
        writer.join()

    assert all(data and len(data) == 100_000 and len(set(data)) == 1 for data in found)
    assert os.listdir(disk.folder) == ["status"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.one_of(st.sampled_from(["..", ".", "../x", "/etc/passwd", "", "a\0"]), st.text()))
def test_no_name_leads_out_of_the_folder(disk: state.State, tmp_path: Path, part: str):
    outside = tmp_path / "precious"
    outside.write_text("kept")
    for name in (part, f"operations/{part}", f"operations/../../../{part}", "../../precious"):
        disk.remove(name) if state.NAME.fullmatch(name) else refused(disk, name)

    assert outside.read_text() == "kept"


def refused(disk: state.State, name: str) -> None:
    disk.write("status", b"")
    assert disk.read(name) is None
    with pytest.raises(errors.NotFound):
        disk.remove(name)
    with pytest.raises(errors.NotFound):
        disk.write(name, b"")


def test_the_folders_are_for_this_user_alone(disk: state.State):
    disk.write("operations/a", b"1")

    assert [p.stat().st_mode & 0o777 for p in (disk.folder, disk.folder / "operations")] == [
        0o700,
        0o700,
    ]


def test_a_folder_that_leads_elsewhere_is_neither_written_nor_read_nor_cleared(tmp_path: Path):
    disk = state.State(tmp_path, str(tmp_path / "state"))
    (tmp_path / "victim/operations").mkdir(parents=True)
    (tmp_path / "victim/operations/letter").write_text("mine")
    disk.folder.parent.mkdir()
    disk.folder.symlink_to(tmp_path / "victim")

    assert disk.names("operations") == []
    assert disk.read("operations/letter") is None
    disk.remove("operations/letter")
    with pytest.raises(errors.EngineFailed) as caught:
        disk.write("operations/letter", b"theirs")
    assert (tmp_path / "victim/operations/letter").read_text() == "mine"
    assert "KFNB_STATE_DIR" in caught.value.hint


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a folder of somebody else")
def test_a_folder_that_a_stranger_made_in_the_temporary_folder_is_not_used(tmp_path: Path):
    code = """if True:
        import os, pathlib, tempfile
        from kfnb_ext import errors, state
        disk = state.State(pathlib.Path("/"))
        disk.folder.mkdir(parents=True)
        (disk.folder / "status").write_text("a lie")
        os.chown(disk.folder.parent, 12345, 12345)
        assert disk.read("status") is None
        try:
            disk.write("status", b"")
        except errors.EngineFailed as error:
            print(error.message)
    """
    env = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)

    assert "cannot be written" in done.stdout


def test_a_folder_of_the_site_need_not_be_ours_to_be_used(tmp_path: Path):
    (tmp_path / "shared").mkdir(mode=0o777)
    disk = state.State(tmp_path, str(tmp_path / "shared"))
    disk.write("status", b"1")

    assert disk.read("status") == b"1"


def test_this_process_is_alive_and_one_that_ended_is_not():
    me = state.myself("shell")
    assert state.alive(me)
    assert me.user

    code = (
        "import msgspec; from kfnb_ext import state;"
        "print(msgspec.json.encode(state.myself('kernel')).decode(), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        other = msgspec.json.decode(child.stdout.readline(), type=operations.Owner)
        assert other.pid == child.pid
        assert state.alive(other)
    assert not state.alive(other)


def test_a_later_process_with_the_same_number_is_another_one():
    me = state.myself("shell")
    ticks = (me.started_ticks or 0) - 1
    assert not state.alive(operations.Owner(
        pid=me.pid, started_ticks=ticks, host=me.host, face="shell", user="me"
    ))  # fmt: skip


def test_an_owner_on_another_host_cannot_be_seen_and_is_taken_as_alive():
    other = operations.Owner(
        pid=2**22 - 1, started_ticks=1, host="elsewhere", face="server", user="me"
    )

    assert state.foreign(other)
    assert state.alive(other)
