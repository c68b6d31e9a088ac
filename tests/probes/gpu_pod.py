"""A pod in which processes pretend to hold a GPU, seen through the fake driver.

Rule: the processes are real, with files open that are called as the driver's device nodes are; only
the folder they lie in, and the number of the pid namespace, are made for the test.
"""

# Runs in the process of the scenario, after the PRELUDE of the fake driver.
POD = """
import subprocess
from kfnb_ext.probes import cgroup, gpu, nvml
from kfnb_ext.probes.gpu.board import Places

folder = Path(os.environ["FAKE_FOLDER"])
devices = folder / "dev"
devices.mkdir()
for name in ("nvidia0", "nvidia1", "nvidia-uvm", "nvidiactl"):
    (devices / name).touch()
proc = folder / "proc"
(proc / "self/ns").mkdir(parents=True)
(proc / "self/ns/pid").symlink_to("pid:[4026532999]")  # a pod's, not the node's
clock = Clock()
probe = gpu.GpuProbe(
    nvml.Door(device_root=devices, folders=(), clock=clock),
    clock=clock,
    places=Places(proc, folder / "cgroup"),
)

HOLD = '''
import os, sys, time
held = [open(name) for name in sys.argv[1].split(",") if name]
print("held", flush=True)
if "fork" in sys.argv:
    pid = os.fork()
    if pid:
        print(pid, flush=True)
    if pid and "die" in sys.argv:
        os._exit(0)
time.sleep(60)
'''

def process(*more, files=("nvidia0", "nvidia-uvm"), notebook="", children=()):
    names = ",".join(str(devices / name) for name in files)
    env = {**os.environ, "JPY_PARENT_PID": "1"} if notebook else dict(os.environ)
    if notebook:
        env |= {"JPY_SESSION_NAME": notebook, "CUDA_VISIBLE_DEVICES": "0"}
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, names, *more],
        env=env, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )
    assert child.stdout.readline() == "held\\n"
    pids = [child.pid]
    if "fork" in more:
        pids.append(int(child.stdout.readline()))
    if "die" in more:
        child.wait()
        pids = pids[1:]
    for pid in pids:
        (proc / str(pid)).symlink_to(f"/proc/{pid}")
    started.extend(pids)
    kept.append(child)  # with its pipe, which would break under what still writes
    return pids

def kernel(notebook, *more, **files):
    return process("-f", "/run/kernel-11111111-aaaa.json", *more, notebook=notebook, **files)

started, kept = [], []
import atexit
def _end():
    for pid in started:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
atexit.register(_end)

def later(seconds):
    clock.now += seconds
    return probe.read()
"""
