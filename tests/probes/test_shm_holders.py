"""Who holds /dev/shm, on real kernels that are really killed, and on a real tmpfs of 64 MiB.

Everything that mounts runs in a process and a mount namespace of its own.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kfnb_ext.model.shm import Holder, Shm
from kfnb_ext.probes.shm import ShmProbe

ROOT = Path(__file__).parents[2]
MIB = 1 << 20
NOTEBOOK = "team/train.ipynb"

# A kernel's main process by all marks: its connection file, and a session of its own. Its workers
# are forked, and share a file that is deleted at once, as PyTorch's default strategy does.
KERNEL = """
import mmap, multiprocessing, os, sys, time
name = f"/dev/shm/torch_{os.getpid()}_kfnb"
fd = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
os.ftruncate(fd, 50 << 20)
os.unlink(name)
shared = mmap.mmap(fd, 50 << 20)
if sys.argv[2] == "closed":
    os.close(fd)
for at in range(0, 20 << 20, 4096):
    shared[at] = 1
def work():
    for at in range(0, 20 << 20, 4096):
        shared[at]
    time.sleep(600)
context = multiprocessing.get_context("fork")
for _ in range(2):
    context.Process(target=work, daemon=False).start()
print("ready", flush=True)
time.sleep(600)
"""


def start(tmp_path: Path, how: str = "open") -> subprocess.Popen[str]:
    command = (sys.executable, "-c", KERNEL, str(tmp_path / "kernel-4711-ab.json"), how)
    env = {**os.environ, "JPY_SESSION_NAME": f"/home/me/{NOTEBOOK}", "JPY_PARENT_PID": "1"}
    kernel = subprocess.Popen(
        command, env=env, start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    assert kernel.stdout
    with kernel.stdout:
        assert kernel.stdout.readline() == "ready\n"
    return kernel


def until(seen: Callable[[Shm], Holder | None], seconds: float = 5.0) -> Holder:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = seen(ShmProbe("/home/me").read())
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"never seen: {ShmProbe('/home/me').read()}")


def holder(kind: str) -> Callable[[Shm], Holder | None]:
    def seen(found: Shm) -> Holder | None:
        fitting = [h for h in found.holders or () if h.kind == kind and h.name == NOTEBOOK]
        return fitting[0] if fitting and len(fitting[0].tasks) >= 2 else None

    return seen


@pytest.mark.parametrize("how", ["open", "closed"])
def test_what_a_notebook_holds_is_seen_though_no_listing_shows_it(tmp_path: Path, how: str):
    kernel = start(tmp_path, how)
    try:
        found = until(holder("kernel"))
    finally:
        os.killpg(kernel.pid, 9)
        kernel.wait()
    assert found.source == "4711-ab"
    assert found.bytes == found.hidden == 20 * MIB
    assert {task.pid for task in found.tasks} >= {kernel.pid}


def test_the_workers_of_a_killed_kernel_are_its_orphans(tmp_path: Path):
    kernel = start(tmp_path)
    try:
        until(holder("kernel"))
        kernel.kill()
        kernel.wait()
        found = until(holder("orphan"))
        assert found.bytes == 20 * MIB
        assert found.memory > 0
        assert len(found.tasks) == 2
        assert kernel.pid not in {task.pid for task in found.tasks}
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(kernel.pid, 9)
        kernel.wait()


def test_a_kernel_that_was_started_anew_does_not_inherit_the_orphans_of_the_old_one(
    tmp_path: Path,
):
    old = start(tmp_path)
    new = None
    try:
        until(holder("kernel"))
        old.kill()
        old.wait()
        new = start(tmp_path)
        orphans, living = until(holder("orphan")), until(holder("kernel"))
        assert {t.pid for t in orphans.tasks}.isdisjoint(t.pid for t in living.tasks)
        assert new.pid in {t.pid for t in living.tasks}
    finally:
        for kernel in filter(None, (old, new)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(kernel.pid, 9)
            kernel.wait()


def test_a_daemon_of_a_living_kernel_is_no_orphan(tmp_path: Path):
    kernel = start(tmp_path)
    env = {**os.environ, "JPY_SESSION_NAME": f"/home/me/{NOTEBOOK}", "JPY_PARENT_PID": "1"}
    # As "!sleep 60 &" does: the shell ends, what it has started lives on in the shell's session.
    daemon = subprocess.run(
        ["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"], env=env, start_new_session=True,
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until(holder("kernel"))
        found = ShmProbe("/home/me").read()
        assert not [h for h in found.holders or () if h.kind == "orphan" and h.name == NOTEBOOK]
    finally:
        os.kill(int(daemon.stdout), 9)
        os.killpg(kernel.pid, 9)
        kernel.wait()


SCENARIO = """
import json, mmap, os, subprocess, sys, time
from pathlib import Path
from tests.fakes import hung_mount, small_shm
from kfnb_ext.probes.shm import ShmProbe

small_shm.own({size})
seen = []

def look():
    found = ShmProbe().read()
    seen.append(json.loads(__import__("msgspec").json.encode(found)))

{steps}
print(json.dumps(seen))
"""


def run(steps: str, size: int = 64) -> Any:
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: nothing can be mounted, a small /dev/shm is not tested")
    ended = subprocess.run(
        [sys.executable, "-c", SCENARIO.format(size=size, steps=steps)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_a_full_shm_kills_its_writer_and_the_reading_still_stands():
    before, after = run(
        """
look()
writer = '''
from multiprocessing import shared_memory
segment = shared_memory.SharedMemory(create=True, size=200 << 20, name="psm_kfnb")
for at in range(0, 200 << 20, 4096):
    segment.buf[at] = 1
'''
ended = subprocess.run([sys.executable, "-c", writer], stderr=subprocess.DEVNULL)
assert ended.returncode == -7, ended  # SIGBUS: no error is raised, it dies
end = time.monotonic() + 10  # Python's tracker removes it, in its own time
while os.path.exists("/dev/shm/psm_kfnb") and time.monotonic() < end:
    time.sleep(0.02)
file = os.open("/dev/shm/psm_kfnb", os.O_RDWR | os.O_CREAT)  # what a killed tracker leaves
try:
    while os.write(file, b"x" * 65536):
        pass
except OSError:
    pass
os.close(file)
os.utime("/dev/shm/psm_kfnb", (time.time() - 120,) * 2)
look()
"""
    )
    assert before["total"] == 64 * MIB
    assert before["used"] == 0
    assert after["used"] == after["total"] == 64 * MIB
    (leftover,) = after["leftovers"]
    assert leftover["name"] == "psm_kfnb"
    assert leftover["maker"] == "Python's shared_memory"
    assert leftover["refused"] == ""


def test_all_processes_are_walked_only_when_something_stirs(tmp_path: Path):
    now = [0.0]
    probe = ShmProbe("/home/me", clock=lambda: now[0])
    kernel = start(tmp_path)
    try:
        assert holder("kernel")(probe.read())
        kernel.kill()
        kernel.wait()
        now[0] = 14.0
        assert not holder("orphan")(probe.read()), "the look is kept"
        now[0] = 16.0
        assert holder("orphan")(probe.read()), "the kernel is gone, so it is looked again"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(kernel.pid, 9)
        kernel.wait()


def test_what_is_mapped_young_or_of_an_unknown_name_is_not_offered():
    (found,) = run(
        """
for name in ("torch_1_a", "mine", "nccl-b"):
    Path("/dev/shm", name).write_bytes(b"x" * 8192)
    if name != "nccl-b":
        os.utime(f"/dev/shm/{name}", (time.time() - 120,) * 2)
file = os.open("/dev/shm/torch_1_a", os.O_RDWR)
mapped = mmap.mmap(file, 8192)
look()
"""
    )
    refused = {one["name"]: one["refused"] for one in found["leftovers"]}
    assert set(refused) == {"mine", "nccl-b"}
    assert "Nothing known" in refused["mine"]
    assert "minute" in refused["nccl-b"]
    assert sum(h["bytes"] for h in found["holders"]) == 8192
