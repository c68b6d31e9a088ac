"""No figure is missing without a sentence that says why, whatever the driver refuses."""

from typing import Any

import pytest

from tests.fakes.nvml.shim import Shim, build
from tests.probes.gpu_pod import POD

MIB = 1 << 20
REFUSED = {
    f"err_{name}": 3
    for name in (
        "PowerUsage", "EnforcedPowerLimit", "Temperature", "ComputeRunningProcesses",
        "ProcessUtilization", "TotalEccErrors", "CurrentClocksEventReasons", "ClockInfo",
    )
}  # fmt: skip

SCENES: dict[str, dict[str, Any]] = {
    "a whole GPU": {},
    "a Hopper": {"gpm": 1},
    "slices": {"g0_mig": 1, "g0_mig_present": "3,5", "noperm_parent": 1},
    "slices of a Hopper": {"gpm": 1, "g0_mig": 1, "g0_mig_present": "3,5", "noperm_parent": 1},
    "a part of a GPU in a virtual machine": REFUSED,
    "memory of the processor": {"uma": 1},
    "totals of a hook": {"g0_total": 4192904278781722664},
    "a lost one beside another": {"gpus": 2, "lost_gpu": 0},
    "one to be reset": {"gpus": 2, "err_MemoryInfo_v2": 16, "err_MemoryInfo": 16},
    "memory refused": {"err_MemoryInfo_v2": 4, "err_MemoryInfo": 4},
    "slices that are not listed": {"g0_mig": 1, "err_MaxMigDeviceCount": 4},
    "slices without parts": {"g0_mig": 1, "g0_mig_present": "3", "err_Attributes": 4},
    "slices without lists": {"g0_mig": 1, "g0_mig_slots": 2, "err_ComputeRunningProcesses": 3},
    "an unknown mode": {"err_MigMode": 4},
    "a driver before 535": {"driver": "525.147.05"},
    "a driver of the 550s": {"driver": "550.163.01"},
}

# What may be None and means nothing unknown: no error so far, not held for nothing, no name.
NOTHING = {"xid", "xid_at", "held_idle_since", "source", "name", "visible_devices"}


def unexplained(record: dict[str, Any]) -> set[str]:
    names = {name for name, value in record.items() if value is None} - NOTHING
    return {name for name in names if len(record["missing"].get(name, "")) < 15}


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("old", [False, True], ids=["", "old library"])
def test_each_figure_is_there_or_says_why(shim: Shim, scene: str, old: bool) -> None:
    if old:
        shim.library = build("libnvidia-ml.so.1", "OLD") or shim.library
    shim.state(**SCENES[scene])
    pids = "f'{pid}:1048576,999999:5'"
    code = f"""
(pid,) = kernel("a.ipynb")
text = Path(os.environ["FAKE_NVML_STATE"]).read_text()
Path(os.environ["FAKE_NVML_STATE"]).write_text(text + "0.pids=" + {pids} + chr(10))
first = probe.read()
time.sleep(0.12)
tell([first, later(11)])
"""
    for reading in shim.python(POD + code):
        assert reading["driver_version"]
        for gpu in reading["gpus"]:
            assert unexplained(gpu) == set()
            for part in gpu["slices"]:
                assert unexplained(part) == set()
            for process in (*gpu["processes"], *(p for s in gpu["slices"] for p in s["processes"])):
                assert unexplained(process) == set()
