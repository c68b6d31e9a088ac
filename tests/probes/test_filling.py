"""The walk over real trees: what is odd, what goes meanwhile, who helps and who is killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kfnb_ext.probes import filling
from kfnb_ext.probes.filling.walking import looking, walk
from tests.fakes import hung_mount

MIB = 1 << 20


def nothing(files: int, size: int) -> None:
    """No progress is wanted."""


def du(top: Path) -> int:
    said = subprocess.run(["du", "-skx", top], capture_output=True, text=True, check=True).stdout
    return int(said.split()[0]) * 1024


def total(folders: list[looking.Folder]) -> int:
    """Bytes, files of several names once."""
    linked = {inode: size for folder in folders for inode, size in folder[looking.LINKED]}
    return sum(folder[looking.BYTES] for folder in folders) + sum(linked.values())


def paths(folders: list[looking.Folder]) -> set[str]:
    found: list[str] = []
    for folder in folders:
        up = found[folder[looking.PARENT]] if found else ""  # a parent stands before its children
        found.append(f"{up}/{folder[looking.NAME]}" if found else "")
    return set(found)


def grow(top: Path, folders: int, files: int) -> Path:
    for number in range(folders):
        place = top / f"a{number % 7}" / f"b{number % 31}" / f"c{number}"
        place.mkdir(parents=True)
        for name in range(files):
            (place / f"{name}").write_bytes(b"x" * (5000 if name % 5 else 10))
        os.link(place / "0", top / f"link{number}")
    return top


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So many folders that a fork is worth its start. Nobody changes it."""
    return grow(tmp_path_factory.mktemp("walk") / "many", 300, 25)


def helpers() -> list[int]:
    """Forks of the children of this process."""
    return [int(p) for child in children(os.getpid()) for p in children(child)]


def children(pid: int) -> list[int]:
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def test_two_processes_find_what_one_finds_and_what_du_finds(many: Path):
    alone = walk.Walk(str(many), None, nothing).run()
    folders, listed = filling.scan(str(many), None, nothing)
    assert total(folders) == total(alone) == du(many)
    assert paths(folders) == paths(alone)
    assert listed == len(folders) == 1 + 7 + 7 * 31 + 300
    again, anew = filling.scan(str(many), folders, nothing)
    assert (total(again), anew) == (total(folders), 0)


def test_a_fork_that_is_killed_is_done_without(many: Path):
    killed: list[int] = []
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(0.001):
            for pid in helpers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        for _ in range(20):  # a fork lives for milliseconds
            folders, _ = filling.scan(str(many), None, nothing)
            assert total(folders) == du(many)
            if killed:
                return
        pytest.skip("ONE PROCESSOR: there is no fork")
    finally:
        ended.set()
        killing.join()


def test_no_process_stays_behind_a_walk_that_was_stopped(many: Path):
    def stop(files: int, size: int) -> None:
        raise RuntimeError("enough")

    def hold() -> None:  # so that it does not end before it is stopped
        while not (found := walks()):
            time.sleep(0.001)
        os.kill(found[0], signal.SIGSTOP)

    holding = threading.Thread(target=hold)
    holding.start()
    with pytest.raises(RuntimeError, match="enough"):
        filling.scan(str(many), None, stop, idle=True)
    holding.join()
    end = time.monotonic() + 5
    while walks() and time.monotonic() < end:
        time.sleep(0.05)
    assert walks() == []


def walks() -> list[int]:
    """The children of this process that walk."""
    return [pid for pid in children(os.getpid()) if "walking" in command(pid)]


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def test_links_in_circles_odd_names_sockets_and_pipes_do_no_harm(tmp_path: Path):
    top = tmp_path / "top"
    (top / "a/b").mkdir(parents=True)
    (top / "a/b/up").symlink_to(top)
    (top / "self").symlink_to("self")
    (top / "gone").symlink_to("/nowhere")
    os.mkfifo(top / "pipe")
    for name in (b"new\nline", b"\xff\xfe", b" ", b"-rf", "naïve ☃".encode(), b"x" * 255):
        os.mkdir(os.fsencode(top) + b"/" + name)
        Path(os.fsdecode(os.fsencode(top) + b"/" + name + b"/f")).write_bytes(b"x" * 5 * MIB)
    folders, _ = filling.scan(str(top), None, nothing)
    assert total(folders) == du(top)
    assert {"/new\nline", "/\udcff\udcfe", "/ ", "/naïve ☃"} <= paths(folders)
    assert sum(folder[looking.FILES] for folder in folders) == 4 + 6


def test_a_path_longer_than_the_system_takes_at_once_is_told_and_the_rest_is_counted(
    tmp_path: Path,
):
    top = tmp_path / "top"
    top.mkdir()
    (top / "file").write_bytes(b"x" * 9000)
    here = os.open(top, os.O_RDONLY)
    for _ in range(20):  # 20 times 250: more than PATH_MAX
        os.mkdir("d" * 250, dir_fd=here)
        here, before = os.open("d" * 250, os.O_RDONLY, dir_fd=here), here
        os.close(before)
    os.close(here)
    folders, _ = filling.scan(str(top), None, nothing)
    assert len(folders) >= 15
    assert folders[-1][looking.STATE] & looking.UNREADABLE


def test_what_is_deleted_and_made_meanwhile_breaks_nothing(tmp_path: Path):
    many = grow(tmp_path / "many", 60, 5)
    stop = threading.Event()

    def churn() -> None:
        number = 0
        while not stop.is_set():
            place = many / f"a{number % 7}" / f"new{number}"
            place.mkdir()
            (place / "f").touch()
            subprocess.run(["rm", "-rf", place, many / f"a{number % 7}/b{number % 31}"], check=True)
            number += 1

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        before = None
        for _ in range(4):
            before, _ = filling.scan(str(many), before, nothing)
    finally:
        stop.set()
        thread.join()
    assert total(filling.scan(str(many), before, nothing)[0]) == du(many)


def test_a_folder_that_may_not_be_read_or_entered_is_told(tmp_path: Path):
    """As a user who is not root: root may read everything."""
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: cannot become another user")
    top = tmp_path / "top"
    top.mkdir(mode=0o755)
    for name, mode in (("closed", 0), ("listed", 0o444), ("open", 0o755)):
        (top / name).mkdir()
        (top / name / "f").write_bytes(b"x" * 9000)
        (top / name).chmod(mode)
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.chdir(top)
            os.setuid(65534)
            folders = walk.Walk(".", None, nothing).run()
            found = {f[looking.NAME]: f[looking.STATE] & looking.UNREADABLE for f in folders}
            os.write(write, json.dumps(found).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(write)
    with os.fdopen(read) as said:
        assert json.load(said) == {"": 0, "closed": 1, "listed": 1, "open": 0}


HUNG = """
import os, sys, time
from tests.fakes import hung_mount
hung_mount.own_namespace()
point = sys.argv[1]
mount = hung_mount.Mount(point)
mount.die()
from kfnb_ext import errors
from kfnb_ext.probes import filling
began = time.monotonic()
try:
    filling.scan(point, None, lambda files, size: None, silence=1.0)
    print("scanned")
except errors.EngineFailed as error:
    print(error.message, time.monotonic() - began < 8)
mount.revive()
os._exit(0)
"""


def test_a_filesystem_that_hangs_is_said_to_hang(tmp_path: Path):
    if os.geteuid() != 0 or not os.path.exists(hung_mount.DEVICE):
        pytest.skip("NOT ROOT OR NO FUSE: no filesystem can be made to hang")
    done = subprocess.run(
        [sys.executable, "-c", HUNG, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("True"), (done.stdout, done.stderr)
    assert "does not answer" in done.stdout
