"""A mount whose server is dead: stale within the deadline, one thread once, and it comes back.

The mount is real (FUSE) and its server is really stopped.
"""

from pathlib import Path
from typing import Any

from tests.fakes import hung_mount

SCENARIO = """
import json, sys, threading, time
from kfnb_ext.probes.volumes import VolumesProbe
from tests.fakes import hung_mount

point = sys.argv[1]
hung_mount.own_namespace()
nas = hung_mount.Mount(point)
probe = VolumesProbe({workspace}, home="/")
seen = []

def look():
    began = time.monotonic()
    found = {{v.mount: v for v in probe.read().volumes}}
    seconds = time.monotonic() - began
    threads = sum(t.name == "kfnb-volume" for t in threading.enumerate())
    nas, root = found[point], found["/"]
    seen.append(dict(seconds=seconds, threads=threads, stale=nas.stale, total=nas.total,
                     free=nas.free, missing=nas.missing, kind=nas.kind,
                     inodes=nas.inodes_free, root=root.total))

{steps}
print(json.dumps(seen))
"""


def run(tmp_path: Path, workspace: str, steps: str) -> Any:
    code = SCENARIO.format(workspace=workspace, steps=steps)
    return hung_mount.told_by(code, tmp_path)


BLOCK = 4096


def test_a_mount_that_dies_turns_stale_costs_one_thread_and_comes_back(tmp_path: Path) -> None:
    steps = "look(); nas.die(); look(); look(); look(); nas.revive(); time.sleep(0.3); look()"
    well, *dead, again = run(tmp_path, "'/'", steps)
    assert (well["stale"], well["threads"], well["kind"]) == (False, 0, "network")
    assert well["total"] == hung_mount.BLOCKS * BLOCK
    assert well["free"] == hung_mount.AVAILABLE * BLOCK
    assert well["inodes"] == hung_mount.FILES_FREE
    for reading in dead:
        assert reading["stale"]
        assert reading["total"] is None
        assert "does not answer" in reading["missing"]["total"]
        assert reading["threads"] == 1
        assert reading["root"] == well["root"]
    assert 1.9 < dead[0]["seconds"] < 2.3
    assert dead[1]["seconds"] < 0.2
    assert {**again, "seconds": 0} == {**well, "seconds": 0}


def test_a_workspace_that_is_dead_from_the_start_holds_nothing_up_longer(tmp_path: Path) -> None:
    steps = "nas.die(); look(); look(); look(); nas.revive(); time.sleep(0.3); look()"
    *dead, again = run(tmp_path, "point", steps)
    assert all(reading["stale"] for reading in dead)
    assert dead[0]["seconds"] < 2.3
    assert dead[2]["seconds"] < 0.2
    # One hangs in following the workspace's symbolic links, one in asking for figures.
    assert [reading["threads"] for reading in dead] == [2, 2, 2]
    assert (again["stale"], again["threads"]) == (False, 0)
