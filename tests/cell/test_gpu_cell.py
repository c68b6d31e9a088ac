"""``%%gpu`` in a real IPython over the fake driver, and what it does where there is none."""

import os
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

from tests.fakes.nvml.shim import Shim

ROOT = Path(__file__).parents[2]

# IPython without a terminal, as a kernel has it but for the messages.
SHELL = """
import io, contextlib
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "kfnb_ext")

def run(cell):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        result = shell.run_cell(cell)
    error = result.error_in_exec
    return {"out": out.getvalue(), "result": result.result, "error": type(error).__name__,
            "gpu": shell.user_ns.get("_gpu")}
"""


def tell(shim: Shim, code: str, **env: str) -> Any:
    return shim.python(SHELL + code, **env)


def test_a_cell_is_watched_and_its_value_is_its_own(shim: Shim) -> None:
    shim.state(g0_used=1 << 30, g0_reserved=100 << 20)
    found = tell(
        shim,
        """
cell = '''%%gpu --interval 0.02
import os, pathlib, time
time.sleep(0.2)
state = pathlib.Path(os.environ["FAKE_NVML_STATE"])
state.write_text("0.used=5368709120\\\\n0.util=80\\\\n0.throttle=4\\\\n")
time.sleep(0.2)
state.write_text("0.used=2147483648\\\\n0.util=80\\\\n0.throttle=4\\\\n")
x = 20
x + 1'''
tell([run(cell.replace("\\\\\\\\n", "\\\\n")), shell.user_ns["x"]])
""",
    )
    ran, x = found
    assert x == 20
    assert ran["result"] == 21
    (gpu,) = ran["gpu"]["gpus"]
    assert gpu["before"] == 1 << 30
    assert gpu["peak"] == 5 << 30
    assert gpu["after"] == 2 << 30
    assert gpu["share_most"] == 0.8
    assert 0.37 <= gpu["share_mean"] <= 0.8
    assert gpu["throttling"] == ["power limit reached"]
    assert gpu["energy_joules"] > 0
    assert gpu["power_milliwatts"] == 71000
    assert len(gpu["points"]) == ran["gpu"]["readings"] >= 8
    assert ran["gpu"]["shm_total"]
    assert "1.0 GiB → 2.0 GiB of 80.0 GiB, peak 5.0 GiB" in ran["out"]
    assert "held back: power limit reached" in ran["out"]


def test_what_a_cell_raises_is_raised_and_reported_all_the_same(shim: Shim) -> None:
    found = tell(shim, "tell(run('%%gpu\\nraise KeyError(7)'))")
    assert found["error"] == "KeyError"
    assert len(found["gpu"]["gpus"]) == 1


def test_a_cell_that_awaits_is_watched_and_has_its_value(shim: Shim) -> None:
    code = """
cell = '''%%gpu --interval 0.02
import asyncio
loop = asyncio.get_running_loop()
await asyncio.sleep(0.15)
async with asyncio.timeout(5) if hasattr(asyncio, "timeout") else asyncio.Lock():
    y = await asyncio.sleep(0.05, 20)
await asyncio.sleep(0, y + 1)'''
awaits = run(cell)
same = run("loop is __import__('asyncio').get_running_loop() and await asyncio.sleep(0, True)")
silent = run("%%gpu\\nawait asyncio.sleep(0, 1);")
raises = run("%%gpu\\nawait asyncio.sleep(0)\\nraise KeyError(7)")
wrong = run("%%gpu --nonsense\\nawait asyncio.sleep(0)")
tell([awaits, same, silent, raises, wrong, shell.user_ns["y"]])
"""
    awaits, same, silent, raises, wrong, y = tell(shim, code)
    assert (awaits["result"], awaits["error"], y) == (21, "NoneType", 20)
    assert awaits["gpu"]["readings"] >= 5
    assert "memory" in awaits["out"]
    assert same["result"] is True  # it ran on the loop of all cells
    assert (silent["result"], silent["error"]) == (None, "NoneType")
    assert raises["error"] == "KeyError"
    assert wrong["error"] == "UsageError"


def test_magics_within_the_cell_and_around_it_work(shim: Shim) -> None:
    code = """
inner = run("%%gpu\\n%%time\\nz = 3\\nz + 1")
outer = run("%%time\\n%%gpu\\nz + 2")
line = run("%%gpu\\n%time w = 5\\nq = !echo hi\\n[w, q[0]]")
tell([inner, outer, line])
"""
    inner, outer, line = tell(shim, code)
    assert (inner["result"], outer["result"]) == (4, 5)
    assert "Wall time" in inner["out"]
    assert line["result"] == [5, "hi"]
    for ran in (inner, outer, line):
        assert ran["error"] == "NoneType"
        assert "memory" in ran["out"]


def test_loading_the_extension_anew_watches_a_cell_once(shim: Shim) -> None:
    code = """
shell.run_line_magic("reload_ext", "kfnb_ext")
ours = [t for t in shell.input_transformers_cleanup if t.__module__.startswith("kfnb_ext")]
tell([len(ours), run("%%gpu\\nimport asyncio; await asyncio.sleep(0, 5)")])
"""
    count, ran = tell(shim, code)
    assert count == 1
    assert ran["out"].count("memory") == 1


def test_an_interrupted_cell_ends_the_watching(shim: Shim) -> None:
    code = """
found = run('%%gpu\\nraise KeyboardInterrupt')
import threading
tell([found, [t.name for t in threading.enumerate()]])
"""
    found, threads = tell(shim, code)
    assert found["error"] == "KeyboardInterrupt"
    assert "kfnb-cell" not in threads


def test_without_a_gpu_it_says_so_in_one_line_and_runs_the_cell(shim: Shim) -> None:
    shim.state(gpus=0)
    found = tell(shim, "tell(run('%%gpu\\n6 * 7'))")
    assert found["result"] == 42
    assert "This pod has no GPU." in found["out"].splitlines()[0]
    assert found["gpu"]["reason"] == "This pod has no GPU."


def test_quiet_prints_nothing_and_leaves_the_record(shim: Shim) -> None:
    found = tell(shim, "tell(run('%%gpu --quiet\\n1;'))")
    assert found["out"] == ""
    assert found["result"] is None
    assert found["gpu"]["gpus"]


def test_a_gpu_lost_amid_the_cell_keeps_no_cell_from_ending(shim: Shim) -> None:
    code = """
cell = "%%gpu --interval 0.02\\nimport time, os, pathlib\\n"
cell += "pathlib.Path(os.environ['FAKE_NVML_STATE']).write_text('call_err=999')\\n"
cell += "time.sleep(0.1)\\n5"
tell(run(cell))
"""
    found = tell(shim, code)
    assert found["result"] == 5
    assert "lost access to its GPU" in found["gpu"]["reason"]


def test_a_cell_leaves_nothing_with_the_driver(shim: Shim) -> None:
    shim.state(gpus=2, gpm=1)
    code = """
import ctypes
held = ctypes.CDLL("libnvidia-ml.so.1").fake_held
shell.user_ns["held"] = held
cell = "%%gpu --interval 0.02\\nimport time; time.sleep(1.2); held()"
tell([run(cell)["result"], *(run(cell) and held() for _ in range(2))])
"""
    amid, *after = tell(shim, code)
    assert amid > 0
    assert after == [0, 0]


def test_a_child_forked_in_the_cell_does_not_use_what_its_parent_opened(shim: Shim) -> None:
    code = """
cell = '''%%gpu --interval 0.02
import os, time
time.sleep(0.1)
pid = os.fork()
if pid == 0:
    import threading
    os._exit(0 if [t.name for t in threading.enumerate()] == ["MainThread"] else 1)
os.waitpid(pid, 0)[1]'''
tell(run(cell))
"""
    found = tell(shim, code)
    assert found["result"] == 0
    assert shim.log == ["init"]


def test_wrong_options_are_named_and_nothing_runs(shim: Shim) -> None:
    found = tell(shim, "shell.user_ns['y'] = 1; tell(run('%%gpu --nonsense\\ny = 2')); ")
    assert found["error"] == "UsageError"
    assert found["gpu"] is None


def test_slices_are_each_reported_by_their_name(shim: Shim) -> None:
    shim.state(g0_mig=1, g0_mig_present="3,5", noperm_parent=1, g0_s3_profile="1g.5gb")
    found = tell(shim, "tell(run('%%gpu\\n1'))")
    assert [one["name"] for one in found["gpu"]["gpus"]] == [
        "NVIDIA Fake 80GB MIG 1g.5gb",
        "NVIDIA Fake 80GB MIG 1g.10gb",
    ]
    assert "no utilisation counter" in found["out"]


def test_what_cannot_be_told_of_this_kernel_says_why(shim: Shim) -> None:
    shim.state(g0_pids="999999:5")
    found = tell(shim, "tell(run('%%gpu\\n1'))")
    assert found["gpu"]["gpus"][0]["own_after"] is None
    assert "this kernel unknown (This driver names processes by the node's numbers" in found["out"]


def test_the_drawing_holds_memory_and_work(shim: Shim) -> None:
    code = """
run('%%gpu --interval 0.02\\nimport time; time.sleep(0.2)')
from kfnb_ext.text import chart
tell(chart.svg(shell.user_ns["_gpu"]))
"""
    drawn = tell(shim, code)
    import xml.etree.ElementTree as tree

    root = tree.fromstring(drawn)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == 3
    assert "busy 37 %" in drawn


def test_in_a_notebook_the_report_comes_with_a_drawing(shim: Shim, tmp_path: Path) -> None:
    manager = KernelManager()
    state = {"KFNB_STATE_DIR": str(tmp_path / "state"), "IPYTHONDIR": str(tmp_path / "ipython")}
    manager.start_kernel(env={**os.environ, **shim.env, **state, "PYTHONPATH": str(ROOT)})
    client = manager.client()
    client.start_channels()
    shown: list[dict[str, Any]] = []
    try:
        client.wait_for_ready(timeout=30)
        for code in ("%load_ext kfnb_ext", "%%gpu\nimport time; time.sleep(0.3)"):
            client.execute_interactive(code, timeout=30, output_hook=shown.append)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    kinds = {message["msg_type"]: message["content"] for message in shown}
    assert "memory" in kinds["stream"]["text"]
    assert kinds["display_data"]["data"]["image/svg+xml"].startswith("<svg")
    assert "error" not in kinds
