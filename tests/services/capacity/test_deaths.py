"""A kernel that a real memory limit takes, beside one that ends of something else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import memory_cgroup

ROOT = Path(__file__).parents[3]
MIB = 1 << 20

# The process is the "server": it starts a kernel by all its marks, and watches.
SERVER = """
import json, os, subprocess, sys, threading, time
from kfnb_ext.probes import cgroup, limits
from kfnb_ext.services.capacity.deaths import Deaths

group, code = sys.argv[1:3]
if group:
    open(f"{group}/cgroup.procs", "w").write(str(os.getpid()))
told, done = [], threading.Event()

def limit():
    found = cgroup.find("memory")
    return cgroup.memory_limit(found) if found else None

deaths = Deaths(os.getpid(), limits.oom_kills, limit, top="/home/me", every=0.2)
deaths.tell = lambda kill: (told.append(kill), done.set())
deaths.start()
env = {**os.environ, "JPY_SESSION_NAME": "/home/me/big.ipynb", "JPY_PARENT_PID": "1"}
kernel = subprocess.Popen(
    [sys.executable, "-c", code, "/run/kernel-47-11.json"], env=env, start_new_session=True,
    stdin=subprocess.PIPE)
while kernel.pid not in deaths.watched:
    time.sleep(0.05)
time.sleep(0.3)  # and its memory is seen too
kernel.stdin.write(b"go\\n")
kernel.stdin.close()
kernel.wait()
done.wait(float(sys.argv[3]))
deaths.stop()
import msgspec
print(json.dumps(dict(kills=json.loads(msgspec.json.encode(told)), status=kernel.returncode,
                      count=limits.oom_kills())))
"""
GREEDY = "input(); held = [b'x' * (1 << 20) for _ in range(4000)]"
KILLED = "import os; input(); os.kill(os.getpid(), 9)"


def run(code: str, group: Path | None, patience: float) -> Any:
    ended = subprocess.run(
        [sys.executable, "-c", SERVER, str(group or ""), code, str(patience)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_a_kernel_that_the_memory_limit_took_is_named_with_its_notebook():
    with memory_cgroup.limited(160 * MIB) as group:
        if group is None:
            pytest.skip("NO CGROUP CAN BE MADE: an OOM kill is not tested")
        found = run(GREEDY, group, 10)
    assert found["status"] == -9
    assert found["count"] >= 1
    (kill,) = found["kills"]
    assert (kill["kernel"], kill["name"]) == ("47-11", "big.ipynb")
    assert kill["limit"] == 160 * MIB
    assert 0 < kill["memory"] <= 170 * MIB


def test_a_kernel_that_was_killed_by_somebody_is_not_blamed_on_the_memory():
    with memory_cgroup.limited(160 * MIB) as group:
        if group is None:
            pytest.skip("NO CGROUP CAN BE MADE: an OOM kill is not tested")
        found = run(KILLED, group, 1)
    assert found["status"] == -9
    assert found["kills"] == []
