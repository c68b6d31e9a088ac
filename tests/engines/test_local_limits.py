"""The embedded engine where the machine says no: space, permissions, mounts, and kill -9."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.engines.local import LocalEngine
from tests.engines import kills, trees
from tests.engines.contract import fill, request, take

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount or to become nobody")
ROOT = Path(__file__).parent.parent.parent
NOBODY = 65534


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "workspace"
    folder.mkdir()
    yield folder
    trees.erase(folder)


@pytest.fixture
def small(tmp_path):
    """Mounts a small volume; its size is the argument."""
    mounted = []

    def mount(options):
        folder = tmp_path / f"volume{len(mounted)}"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


PRELUDE = """
import os, sys
import concurrent.futures.thread
from pathlib import Path
from kfnb_ext import errors
from kfnb_ext.engines.local import LocalEngine
from kfnb_ext.model.snapshots import RestoreRequest
from tests.engines import trees
top, heard = Path(sys.argv[1]), trees.Listening()
"""
# Python itself may lie where an ordinary user cannot read: all is imported before.
DROP = f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"


def child(code, folder):
    """Run Python in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", PRELUDE + code, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def as_nobody(code, folder):
    """Run Python as an ordinary user; returns what it printed."""
    done = child(DROP + code, folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@as_root
def test_a_volume_without_room_is_refused_with_the_sizes(small):
    volume = small("size=20m")
    (volume / "data").write_bytes(b"x" * 15_000_000)
    engine = LocalEngine(volume, share=1.0)
    with pytest.raises(errors.NoSpace, match=r"14\.\d MiB.*has .* MiB free"):
        take(engine)
    assert engine.list() == ()
    assert os.listdir(volume / ".kfnb" / "staging") == []


@as_root
def test_a_volume_without_inodes_is_refused_with_the_numbers(small):
    volume = small("size=50m,nr_inodes=60")
    for n in range(40):
        (volume / f"f{n}").write_text("x")
    with pytest.raises(errors.NoSpace, match="inodes"):
        take(LocalEngine(volume, share=1.0))


@as_root
def test_a_restore_without_room_is_refused_and_changes_nothing(small):
    volume = small("size=20m")
    engine = LocalEngine(volume, share=1.0)
    (volume / "data").write_bytes(b"x" * 8_000_000)
    made = take(engine)
    (volume / "data").unlink()
    (volume / "other").write_bytes(b"y" * 7_000_000)
    before = trees.describe(volume)
    with pytest.raises(errors.NoSpace):
        engine.restore(request(made), "r", trees.Listening())
    assert trees.describe(volume) == before
    assert engine.list() == (made,)


@as_root
def test_a_snapshot_is_deleted_on_a_full_volume(small):
    volume = small("size=8m")
    (volume / "data").write_bytes(b"x" * 1_000_000)
    engine = LocalEngine(volume, share=1.0)
    made = take(engine)
    with pytest.raises(OSError, match="No space"):
        (volume / "rest").write_bytes(bytes(8 << 20))
    engine.delete(made.id, trees.Listening())
    assert engine.list() == ()
    assert engine.info().used == 0 or engine.info().used is None


@as_root
def test_what_belongs_to_someone_else_below_a_folder_that_goes_stops_nobody(tmp_path):
    folder = _open_to_all(tmp_path)
    os.chown(folder, NOBODY, NOBODY)
    as_nobody(
        "LocalEngine(top, share=1.0).create('', 'manual', heard)\n"
        "(top / 'new' / 'inner').mkdir(parents=True)",
        folder,
    )
    os.chown(folder / "new" / "inner", 0, 0)
    (folder / "new" / "inner" / "file").write_text("x")
    code = (
        "engine = LocalEngine(top, share=1.0)\n"
        "oldest = engine.list()[-1].id\n"
        "try: engine.restore(RestoreRequest(snapshot=oldest, exact=True), 'r', heard)\n"
        "except errors.KfnbError as error: print(error.message)\n"
        "engine.create('', 'manual', heard)\n"
        "print('goes on')"
    )
    assert as_nobody(code, folder).splitlines()[-1] == "goes on"
    trees.erase(folder)


@as_root
def test_a_file_with_holes_needs_the_room_that_it_takes_not_its_length(small):
    volume = small("size=20m")
    with open(volume / "holes", "wb") as file:
        file.truncate(1 << 30)
        file.write(b"data")
    engine = LocalEngine(volume, share=1.0)
    made = take(engine)
    (volume / "holes").unlink()
    engine.restore(request(made), "r", trees.Listening())
    assert (volume / "holes").stat().st_size == 1 << 30
    assert (volume / "holes").stat().st_blocks * 512 < 1_000_000


def test_the_share_of_the_volume_is_kept_and_nothing_is_pruned(workspace):
    fill(workspace)
    engine = LocalEngine(workspace, share=1e-9)
    with pytest.raises(errors.NoSpace, match=r"may take .* of the volume"):
        take(engine)
    assert engine.list() == ()


@as_root
def test_mounts_inside_are_left_out_named_and_never_touched(workspace, small):
    fill(workspace)
    for name in ("other", "bound"):
        (workspace / name).mkdir()
    source = workspace.parent / "source"
    source.mkdir()
    (source / "x").write_text("x")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", workspace / "other"], check=True)
    subprocess.run(["mount", "--bind", source, workspace / "bound"], check=True)
    try:
        (workspace / "other" / "y").write_text("y")
        engine = LocalEngine(workspace, share=1.0)
        made = take(engine)
        assert {o.path for o in made.left_out} == {"other", "bound"}
        assert made.complete
        engine.restore(request(made, exact=True), "r", trees.Listening())
        assert (workspace / "other" / "y").exists()
        with pytest.raises(errors.BadRequest, match="left out"):
            engine.plan(request(made, "bound/x", exact=True))
    finally:
        subprocess.run(["umount", workspace / "other"], check=True)
        subprocess.run(["umount", workspace / "bound"], check=True)
    assert (source / "x").exists()


ORDINARY = """
(top / "sub" / "deep").mkdir(parents=True)
(top / "sub" / "deep" / "x").write_text("x")
(top / "readonly").mkdir()
(top / "readonly" / "y").write_text("y")
(top / "readonly").chmod(0o555)
engine = LocalEngine(top, share=1.0)
made = engine.create("", "manual", heard)
was = trees.describe(top)
(top / "readonly").chmod(0o755)
(top / "readonly" / "y").write_text("other")
(top / "readonly" / "new").write_text("new")
(top / "readonly").chmod(0o555)
(top / "later").mkdir()
(top / "later" / "z").write_text("z")
(top / "later").chmod(0o555)
before = trees.describe(top)
engine.restore(RestoreRequest(snapshot=made.id, exact=True), "r", heard)
assert trees.describe(top) == was
engine.undo("r", "u", heard)
assert trees.describe(top) == before, (trees.describe(top), before)
for snapshot in engine.list():
    assert engine.verify(snapshot.id, heard).ok
    engine.delete(snapshot.id, heard)
assert engine.list() == ()
assert os.listdir(top / ".kfnb" / "trash") == []
"""


@as_root
def test_an_ordinary_user_can_do_it_all_with_read_only_folders_too(tmp_path):
    folder = _open_to_all(tmp_path)
    os.chown(folder, NOBODY, NOBODY)
    as_nobody(ORDINARY, folder)
    trees.erase(folder)


UNREADABLE = """
engine = LocalEngine(top, share=1.0)
made = engine.create("", "manual", heard)
print(made.complete, sorted(o.path for o in made.left_out))
plan = engine.plan(RestoreRequest(snapshot=made.id, exact=True))
print(plan.create, plan.replace, plan.remove)
"""


@as_root
def test_what_cannot_be_read_is_named_and_the_snapshot_says_it_is_not_complete(tmp_path):
    folder = _open_to_all(tmp_path)
    fill(folder)
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o600)
    (folder / "closed").mkdir(mode=0o700)
    os.chown(folder, NOBODY, NOBODY)
    said = as_nobody(UNREADABLE, folder)
    assert said.splitlines() == ["False ['closed', 'empty', 'secret']", "0 0 0"]
    trees.erase(folder)


@as_root
def test_a_workspace_that_is_read_only_is_said_to_be_so(tmp_path):
    folder = _open_to_all(tmp_path)
    code = (
        "engine = LocalEngine(top)\n"
        "print(engine.info().available)\n"
        "try: engine.create('', 'manual', heard)\n"
        "except errors.Forbidden as error: print(error.message)"
    )
    said = as_nobody(code, folder).splitlines()
    assert said[0] == "False"
    assert "ermission denied" in said[1]


@as_root
def test_the_layers_of_a_container_are_no_mounts(tmp_path, small):
    lower, upper = small("size=10m"), small("size=10m")
    fill(lower)
    for part in ("upper", "work"):
        (upper / part).mkdir()
    merged = tmp_path / "merged"
    merged.mkdir()
    layers = f"lowerdir={lower},upperdir={upper}/upper,workdir={upper}/work"
    mount = ["mount", "-t", "overlay", "-o", layers, "overlay", merged]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this kernel has no overlay filesystem")
    try:
        (merged / "new").write_text("in the upper layer")
        engine = LocalEngine(merged, share=1.0)
        made = take(engine)
        assert (made.files, made.left_out) == (5, ())
        assert take(engine).bytes_added < 10_000
        (merged / "notes" / "a.txt").write_text("changed")
        (merged / "new").unlink()
        assert engine.restore(request(made), "r", trees.Listening()).kept == ()
        assert (merged / "notes" / "a.txt").read_text() == "first"
        assert (merged / "new").exists()
    finally:
        subprocess.run(["umount", "-l", merged], check=True)


def _open_to_all(tmp_path):
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_mode & 0o005 != 0o005:
            if os.geteuid() == 0 and above.name.startswith(("pytest-", "test_")):
                above.chmod(0o755)
            else:
                pytest.skip(f"{above} is closed to ordinary users")
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_a_file_that_keeps_changing_is_named(workspace):
    path = workspace / "log"
    path.write_bytes(b"x" * 30_000_000)
    stop = threading.Event()

    def keep_writing():
        with open(path, "r+b", buffering=0) as file:
            while not stop.wait(0.001):
                file.write(b"y")

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        engine = LocalEngine(workspace, share=1.0)
        made = take(engine)
    finally:
        stop.set()
        writer.join()
    assert [(o.path, o.reason) for o in made.left_out] == [("log", "it changed while it was read")]
    assert not made.complete
    assert engine.verify(made.id, trees.Listening()).ok


def test_after_kills_at_random_moments_nothing_is_lost_or_mixed(workspace):
    kills.prepare(workspace, 2)
    dice = random.Random(os.urandom(4))
    for _ in range(20):
        kills.kill_once(workspace, dice)
    kills.check_snapshots(workspace, 2)


@pytest.mark.parametrize("phase", ["Restoring", "Putting it in place"])
def test_a_restore_cut_off_before_its_commit_has_changed_nothing(workspace, phase):
    kills.prepare(workspace, 2)
    engine = LocalEngine(workspace, share=1.0)
    code = (
        "class Cutting(trees.Listening):\n"
        "    def phase(self, text):\n"
        f"        if text == {phase!r}: os._exit(9)\n"
        "engine = LocalEngine(top, share=1.0)\n"
        "oldest = engine.list()[-1].id\n"
        "engine.restore(RestoreRequest(snapshot=oldest, exact=True), 'r', Cutting())"
    )
    assert child(code, workspace).returncode == 9
    (said,) = engine.recover()
    assert "nothing was changed" in said
    assert kills.number_of(workspace) == 1
    assert engine.recover() == ()
