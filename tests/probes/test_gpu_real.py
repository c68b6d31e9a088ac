"""On a machine with an NVIDIA GPU: memory that is really held, and work that is really done.

Rule: CUDA's own library is asked through ctypes, in processes of their own, so that nothing but
the driver has to be installed.
"""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from kfnb_ext.probes import gpu

pytestmark = pytest.mark.gpu
MIB = 1 << 20

HOLD = """
import ctypes, sys, time
cuda = ctypes.CDLL("libcuda.so.1")
def must(code):
    assert code == 0, code
must(cuda.cuInit(0))
context, memory = ctypes.c_void_p(), ctypes.c_void_p()
must(cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0))
must(cuda.cuCtxSetCurrent(context))
size = int(sys.argv[1])
must(cuda.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(size)))
print("held", flush=True)
end = time.monotonic() + 60
while time.monotonic() < end:
    if "work" in sys.argv:
        for value in range(200):
            must(cuda.cuMemsetD8_v2(memory, ctypes.c_ubyte(value), ctypes.c_size_t(size)))
        must(cuda.cuCtxSynchronize())
    else:
        time.sleep(0.1)
"""


@pytest.fixture
def start() -> Iterator[object]:
    begun: list[subprocess.Popen[str]] = []

    def begin(size: int, *more: str) -> int:
        command = [sys.executable, "-c", HOLD, str(size), *more]
        one = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        begun.append(one)
        assert one.stdout
        assert one.stdout.readline() == "held\n"
        return one.pid

    yield begin
    for one in begun:
        one.kill()
        one.wait()
        assert one.stdout
        one.stdout.close()


def test_every_figure_of_a_real_gpu_is_there_or_says_why() -> None:
    for one in gpu.GpuProbe().read().gpus:
        for field in one.__struct_fields__:
            if getattr(one, field) is None and field not in ("held_idle_since", "xid_at"):
                assert one.missing.get(field), field


def test_memory_held_by_two_processes_is_told_for_each(start) -> None:
    pids = [start(512 * MIB), start(1024 * MIB)]
    probe = gpu.GpuProbe()
    reading = probe.read()
    held = {p.pid: p for one in reading.gpus for p in one.processes}
    if reading.pid_mode == "host":
        pytest.skip("this driver names processes by the node's numbers")
    assert set(pids) <= set(held)
    assert held[pids[0]].memory is None or held[pids[0]].memory >= 512 * MIB
    assert held[pids[1]].memory is None or held[pids[1]].memory >= 1024 * MIB


def test_work_is_seen_and_ends(start) -> None:
    start(2048 * MIB, "work")
    probe = gpu.GpuProbe(slow=0.0)
    probe.read()
    time.sleep(2.5)
    one = probe.read().gpus[0]
    assert (one.utilisation or 0) > 0.2 or (one.activity and (one.activity.graphics or 0) > 0.2)


def test_activity_comes_with_the_second_reading_on_hopper_and_later() -> None:
    probe = gpu.GpuProbe()
    probe.read()
    time.sleep(1.3)
    for one in probe.read().gpus:
        if not one.slices:
            assert one.activity is not None or one.missing["activity"]


def test_asking_holds_no_memory_on_the_gpu(start) -> None:
    before = gpu.GpuProbe(slow=0.0)
    first = before.read().gpus[0].memory_used
    for _ in range(20):
        last = before.read().gpus[0].memory_used
    assert first is None or last is None or abs(last - first) < 64 * MIB


def test_a_matrix_product_is_seen_in_a_cell() -> None:
    torch = pytest.importorskip("torch")
    from kfnb_ext.cell.watching import Watch

    watch = Watch(0.05)
    watch.begin()
    left = torch.rand(8192, 8192, device="cuda")
    for _ in range(50):
        left = torch.nn.functional.normalize(left @ left)
    torch.cuda.synchronize()
    record = watch.end()
    assert record.frameworks[0].name == "torch"
    assert (record.gpus[0].share_most or 0) > 0.2 or record.gpus[0].missing
