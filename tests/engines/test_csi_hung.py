"""A growth over a volume whose server is dead: each look into it ends, and what is told is true.

The mount is real (FUSE) and its server is really stopped, in a mount namespace of its own.
"""

from tests.fakes import hung_mount

LOOKS = """
import json, sys, threading, time
from datetime import datetime, timezone
from kfnb_ext.engines.csi import late, room, syncing
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.growth import Growth
from tests.fakes import hung_mount

point = sys.argv[1]
hung_mount.own_namespace()
nas = hung_mount.Mount(point)
context = Context(client=None, where=None, forget=None, workspace=point, inside=True)
now = datetime.now(timezone.utc)
before = room.measure(context, point)
nas.die()
began = time.monotonic()
size = room.measure(context, point)
written = late.written(context, point, now)
told = [syncing.mark(point, "a-set", now), syncing.enclose(point, b"{}"), *syncing.flush([point])]
marked = syncing.marked(point)
seconds = time.monotonic() - began
threads = sum(t.name.startswith("kfnb-volume") for t in threading.enumerate())
growth = Growth(size=5 << 30, mount=point, had=before, cut=now, late=written)
told += [room.said(growth, "new", size), room.left(growth, "old")]
nas.revive()
for _ in range(100):
    again = room.measure(context, point)
    if isinstance(again, int):
        break
    time.sleep(0.05)
print(json.dumps([before, again, seconds, threads, marked, told]))
"""
GROWTH = """
import ctypes, json, os, sys, time
from pathlib import Path
from kfnb_ext.model.changes import GrowRequest
from tests.fakes import hung_mount
from tests.services.changes.field import Field

hung_mount.own_namespace()
ctypes.CDLL(None).mount(b"none", b"/home", b"tmpfs", 0, b"")
os.mkdir("/home/jovyan")
nas = hung_mount.Mount("/home/jovyan")
field = Field(Path(sys.argv[1]))
with field.cluster:
    nas.die()
    began = time.monotonic()
    ended = field.ended(lambda: field.growing.grow("demo-home", GrowRequest(size="2Gi")))
    print(json.dumps([time.monotonic() - began, ended.state, ended.message]))
    nas.revive()
"""


def test_every_look_of_a_growth_ends_in_time_costs_one_thread_and_comes_back(tmp_path):
    before, again, seconds, threads, marked, told = hung_mount.told_by(LOOKS, tmp_path)
    assert before == again == hung_mount.BLOCKS * 4096
    assert seconds < 15
    assert threads == 1
    assert marked == ""
    mark, environment, flush, size, left = told
    assert "could not be written (the volume did not answer" in mark
    assert "in short alone" in environment
    assert "not written out" in flush
    assert "is not known: it did not answer within 5 s" in size
    assert "The growth worked" not in size
    assert left.endswith("What that is could not be seen in time.")


def test_a_claim_grows_though_its_volume_hangs_and_its_files_room_is_not_claimed(tmp_path):
    seconds, state, message = hung_mount.told_by(GROWTH, tmp_path)
    assert state == "succeeded", message
    assert "has 2Gi" in message
    assert "not known: it does not answer" in message
    assert seconds < 30
