"""What JAX, TensorFlow and CuPy say of their memory, in ``%%gpu`` and on the disk.

Rule: planted packages whose names and answers are those of the real ones; each notes a question
that would have started CUDA before the user has.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.cell.test_gpu_cell import ROOT, SHELL
from tests.fakes.nvml.shim import Shim

PLANTED = ROOT / "tests/fakes/frameworks"
MIB = 1 << 20

# How each is used, as far as it matters here.
BEGIN = {
    "jax": "import jax; jax._src.xla_bridge._backends['cuda'] = object()",
    "tensorflow": "import tensorflow; from tensorflow.python.eager import context\n"
    "context._context = context.Context(); context._context._initialized = True",
    # What has CUDA open has this file open.
    "cupy": "import cupy; cupy.computed = True; _file = open(os.environ['UVM'])",
}
SAID: dict[str, dict[str, Any]] = {
    "jax": {"device": "cuda:1", "allocated": 3 * MIB, "reserved": 64 * MIB, "peak": 6 * MIB},
    "tensorflow": {"device": "cuda:0", "allocated": 5 * MIB, "reserved": None, "peak": 9 * MIB},
    "cupy": {"device": "cuda", "allocated": 2 * MIB, "reserved": 8 * MIB, "peak": None},
}

LEFT = """
from kfnb_ext.cell import telling
teller = telling.Teller(0.1)
def left():
    teller.cell()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        for file in Path(os.environ["KFNB_STATE_DIR"]).glob("*/frameworks/*"):
            return json.loads(file.read_text())["frameworks"]
        time.sleep(0.05)
    return []
"""


def tell(shim: Shim, tmp_path: Path, code: str) -> Any:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidia-uvm").touch()
    env = {
        "PYTHONPATH": f"{ROOT}:{PLANTED}",
        "TOUCHED": str(tmp_path / "touched"),
        "UVM": str(tmp_path / "dev/nvidia-uvm"),
        "KFNB_STATE_DIR": str(tmp_path / "left"),
        "KFNB_WORKSPACE": str(tmp_path),
    }
    return shim.python(SHELL + LEFT + code, **env)


@pytest.mark.parametrize("name", SAID)
def test_what_a_framework_knows_is_in_the_report_and_on_the_disk(
    shim: Shim, tmp_path: Path, name: str
) -> None:
    code = f"ran = run('%%gpu\\nimport os\\n' + {BEGIN[name]!r}); tell([ran, left()])"
    ran, left = tell(shim, tmp_path, code)
    expected = {"name": name, "uuid": None, **SAID[name]}
    assert ran["error"] == "NoneType"
    assert ran["gpu"]["frameworks"] == [expected]
    assert left == [expected]
    assert f"  {name:<9}{expected['device']} allocated" in ran["out"]


def test_frameworks_that_are_imported_only_are_not_asked(shim: Shim, tmp_path: Path) -> None:
    code = "tell([run('%%gpu\\nimport jax, tensorflow, cupy'), left()])"
    ran, left = tell(shim, tmp_path, code)
    assert ran["gpu"]["frameworks"] == left == []
    assert not (tmp_path / "touched").exists()


def test_one_that_fails_costs_the_others_nothing(shim: Shim, tmp_path: Path) -> None:
    breaks = "import jax; jax.local_devices = None"
    cell = "\n".join(["%%gpu", "import os", *BEGIN.values(), breaks])
    ran = tell(shim, tmp_path, f"tell(run({cell!r}))")
    assert ran["error"] == "NoneType"
    assert [one["name"] for one in ran["gpu"]["frameworks"]] == ["tensorflow", "cupy"]


def test_none_is_imported_by_us(shim: Shim, tmp_path: Path) -> None:
    code = "run('%%gpu\\n1'); tell([name in sys.modules for name in telling.NAMES])"
    assert tell(shim, tmp_path, code) == [False] * 4
