"""What the probes cost before they are used: nothing but the standard library and msgspec."""

import json
import subprocess
import sys


def test_importing_every_probe_loads_nothing_heavy() -> None:
    code = (
        "import json, sys\n"
        "from kfnb_ext.probes import cgroup, gpu, limits, mounts, nvml, processes, shm, volumes\n"
        "print(json.dumps([sorted(sys.modules), "
        "[t.name for t in __import__('threading').enumerate()]]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    modules, threads = json.loads(ended.stdout)
    heavy = {"pynvml", "psutil", "kubernetes", "ctypes", "subprocess", "asyncio", "tornado"}
    assert not heavy & set(modules)
    assert threads == ["MainThread"]
