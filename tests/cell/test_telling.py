"""What frameworks know of their memory reaches the disk, and no message reaches the kernel.

Rule: real kernels; the frameworks are planted modules that note every touch they should not get.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]

# Notes its import, and every question that would start CUDA before the user has.
TORCH = """
import pathlib, types
_folder = pathlib.Path(__file__).parent
(_folder / "imported").touch()
_state = {"initialised": False, "allocated": 0}

class _Cuda:
    def is_initialized(self):
        return _state["initialised"]
    def __getattr__(self, name):
        if not _state["initialised"]:
            (_folder / "touched").write_text(name)
            raise RuntimeError("this would have created a CUDA context")
        return {
            "device_count": lambda: 1,
            "memory_stats": lambda index: {
                "reserved_bytes.all.peak": 9 << 20, "reserved_bytes.all.current": 8 << 20,
                "allocated_bytes.all.current": _state["allocated"],
                "allocated_bytes.all.peak": 7 << 20,
            },
            "get_device_properties": lambda index: types.SimpleNamespace(uuid="abc"),
        }[name]

cuda = _Cuda()
"""


class Kernel:
    """A kernel with our extension, and all that it says on iopub."""

    def __init__(self, client: BlockingKernelClient, folder: Path) -> None:
        self.client, self.folder = client, folder

    def run(self, code: str, wait: bool = True) -> None:
        self.client.execute(code)
        if wait:
            self.states(until="idle")

    def states(self, until: str = "", seconds: float = 30.0) -> list[str]:
        """The states that it says, until this one or for so long."""
        found: list[str] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end and (not until or until not in found):
            try:
                message = self.client.get_iopub_msg(timeout=0.1)
            except Exception:  # nothing was said
                continue
            if message["msg_type"] == "status":
                found.append(message["content"]["execution_state"])
            if message["msg_type"] == "error":
                raise AssertionError(message["content"]["evalue"])
        return found

    def told(self, seconds: float = 8.0) -> list[dict[str, Any]]:
        """What lies on the disk, waited for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for file in self.folder.glob("state/*/frameworks/*"):
                found: list[dict[str, Any]] = json.loads(file.read_text())["frameworks"]
                return found
            time.sleep(0.05)
        return []


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "torch.py").write_text(TORCH)
    env = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{modules}",
        "KFNB_STATE_DIR": str(tmp_path / "state"),
        "KFNB_WORKSPACE": str(tmp_path),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    manager = KernelManager()
    manager.start_kernel(env=env)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=30)
        found = Kernel(client, tmp_path)
        # As %load_ext does, but ten times as quick.
        found.run("%load_ext kfnb_ext\nfrom kfnb_ext.cell import telling\ntelling.EVERY")
        found.run(
            "_quick = telling.Teller(0.3)\n"
            "for _event in ('pre_run_cell', 'post_run_cell'):\n"
            "    get_ipython().events.register(_event, _quick.cell)"
        )
        yield found
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_framework_that_is_not_loaded_is_never_imported(kernel: Kernel) -> None:
    for _ in range(3):
        kernel.run("1 + 1")
    time.sleep(0.8)
    assert not (kernel.folder / "modules/imported").exists()
    assert kernel.told(0.5) == []


def test_one_that_has_not_touched_the_gpu_is_not_asked(kernel: Kernel) -> None:
    kernel.run("import torch")
    kernel.run("1 + 1")
    time.sleep(0.8)
    assert (kernel.folder / "modules/imported").exists()
    assert not (kernel.folder / "modules/touched").exists()
    assert kernel.told(0.5) == []


def test_what_it_knows_lies_on_the_disk_and_changes_while_a_cell_runs(kernel: Kernel) -> None:
    kernel.run("import torch; torch._state.update(initialised=True, allocated=3 << 20)")
    (torch,) = kernel.told()
    assert torch == {
        "name": "torch", "device": "cuda:0", "uuid": "abc",
        "allocated": 3 << 20, "reserved": 8 << 20, "peak": 7 << 20,
    }  # fmt: skip
    kernel.run("import time; torch._state['allocated'] = 5 << 20; time.sleep(2.5)", wait=False)
    time.sleep(1.2)
    assert kernel.told()[0]["allocated"] == 5 << 20
    # The cell still runs: all that was said is that it began.
    assert kernel.states(seconds=0.3) == ["busy"]
    assert kernel.states(until="idle") == ["idle"]


def test_an_idle_kernel_says_nothing_while_its_figures_are_followed(kernel: Kernel) -> None:
    kernel.run("import torch; torch._state.update(initialised=True, allocated=3 << 20)")
    kernel.told()
    kernel.states(seconds=0.3)
    end = time.monotonic() + 2.0
    kernel.run(
        "import threading\n"
        "def grow():\n"
        "    for n in range(20): torch._state['allocated'] += 1; time.sleep(0.1)\n"
        "import time; threading.Thread(target=grow, daemon=True).start()"
    )
    seen = set()
    while time.monotonic() < end:
        seen.add(kernel.told()[0]["allocated"])
        time.sleep(0.1)
    assert len(seen) > 3
    assert kernel.states(seconds=0.5) == []


def test_a_kernel_that_ends_takes_its_file_along(kernel: Kernel) -> None:
    kernel.run("import torch; torch._state.update(initialised=True)")
    assert kernel.told()
    kernel.client.shutdown()
    end = time.monotonic() + 5
    while time.monotonic() < end and list(kernel.folder.glob("state/*/frameworks/*")):
        time.sleep(0.05)
    assert not list(kernel.folder.glob("state/*/frameworks/*"))
