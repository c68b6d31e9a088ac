"""One thread reads the GPUs for all; who holds them, for nothing too; and an end to leftovers."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb_ext import errors, state
from kfnb_ext.model.gpu import (
    Framework,
    FrameworkUse,
    Gpu,
    GpuActivity,
    GpuEndRequest,
    GpuProcess,
    Gpus,
    MigSlice,
)
from kfnb_ext.probes import processes
from kfnb_ext.services.gpu import GpuService, ending, frameworks, holding

NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
MIB = 1 << 20


def process(pid: int = 7, **more: Any) -> GpuProcess:
    fields: dict[str, Any] = {
        "start_ticks": 1, "command": "python", "memory": MIB, "confidence": "exact",
        "utilisation": None, "holder": "kernel", "source": "k1", "name": "a.ipynb",
        "can_end": False, "visible_devices": None,
    }  # fmt: skip
    return GpuProcess(pid=pid, **{**fields, **more})


def reading(*held: GpuProcess, share: float | None = 0.0, at: datetime = NOON, **more: Any) -> Gpus:
    gpu = Gpu(
        index=0, uuid="GPU-abc", name="G", memory_total=80 * MIB, memory_used=MIB,
        utilisation=share, temperature_c=None, power_milliwatts=None, mig_enabled=False,
        processes=held, **more,
    )  # fmt: skip
    return Gpus(driver_version="1", nvml_version="1", gpus=(gpu,), taken=at)


def use(pid: int, *found: Framework) -> dict[int, FrameworkUse]:
    return {pid: FrameworkUse(pid=pid, start_ticks=1, taken=NOON, frameworks=found)}


def part(uuid: str = "MIG-1", **more: Any) -> MigSlice:
    return MigSlice(
        uuid=uuid, slot=0, gpu_instance=1, compute_instance=0, profile="1g.5gb",
        multiprocessors=14, gpu_slices=1, compute_slices=1, memory_total=5 * MIB,
        memory_used=MIB, memory_own=MIB, held_idle_since=None, **{"activity": None, **more},
    )  # fmt: skip


def torch(uuid: str | None = None, reserved: int | None = 5 * MIB) -> Framework:
    return Framework(
        name="torch", device="cuda:0", uuid=uuid, allocated=3 * MIB, reserved=reserved, peak=None
    )


class Probe:
    """Answers after a while, and counts."""

    def __init__(self, takes: float = 0.0) -> None:
        self.takes, self.calls = takes, 0
        self.threads: set[int] = set()
        self.fails: Exception | None = None

    def __call__(self, **_: object) -> Gpus:
        self.calls += 1
        self.threads.add(threading.get_ident())
        time.sleep(self.takes)
        if self.fails:
            raise self.fails
        return reading()


def test_however_many_ask_one_thread_reads_once() -> None:
    probe = Probe(takes=0.1)
    service = GpuService(probe, dict)
    asking = [threading.Thread(target=service.read) for _ in range(20)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert service.read().gpus[0].uuid == "GPU-abc"
    assert probe.calls == 1
    assert len(probe.threads) == 1


def test_while_somebody_looks_it_is_read_every_two_seconds_and_then_no_more() -> None:
    probe = Probe()
    ahead = [0.0]
    service = GpuService(probe, dict, lambda: time.monotonic() + ahead[0])
    service.read()
    service.read()  # asked twice: somebody looks
    time.sleep(4.5)
    assert probe.calls == 3
    ahead[0] = 60.0  # nobody has asked since
    time.sleep(2.5)
    assert probe.calls <= 4


def test_where_there_is_no_gpu_only_whoever_looks_asks_for_one() -> None:
    probe = Probe()
    probe.fails = errors.Unsupported("This pod has no GPU.", "Ask for one.")
    service = GpuService(probe, dict)
    for _ in range(3):
        with contextlib.suppress(errors.KfnbError):
            service.read()
    time.sleep(4.5)
    assert probe.calls == 1
    probe.fails = None  # it has come
    assert service.read().gpus
    time.sleep(2.5)
    assert probe.calls >= 3  # and is looked at


def test_a_driver_that_hangs_costs_whoever_asks_its_patience_once() -> None:
    probe = Probe()
    service = GpuService(probe, dict)
    good = service.read()
    probe.takes = 60.0
    threads = threading.active_count()
    time.sleep(4.2)
    began = time.monotonic()
    assert service.read() == good  # still young enough
    assert time.monotonic() - began < 3
    assert threading.active_count() <= threads


def test_a_driver_that_never_answers_is_said_so() -> None:
    service = GpuService(Probe(takes=60.0), dict)
    with pytest.raises(errors.KfnbError, match="has not answered"):
        service.read()


def test_a_failure_is_told_with_its_own_words_and_status() -> None:
    probe = Probe()
    probe.fails = errors.Unsupported("This pod has no GPU.", "Ask for one.")
    service = GpuService(probe, dict)
    for _ in range(3):
        with pytest.raises(errors.KfnbError, match="This pod has no GPU") as told:
            service.read()
        assert told.value.status == 501
    assert probe.calls == 1


def test_a_fault_in_the_probe_does_not_end_the_thread() -> None:
    probe = Probe()
    probe.fails = ValueError("odd")
    clock = [0.0]
    service = GpuService(probe, dict, lambda: clock[0])
    with pytest.raises(errors.KfnbError, match="ValueError"):
        service.read()
    probe.fails = None
    clock[0] += 20
    assert service.read().gpus


def test_a_forked_child_reads_for_itself() -> None:
    service = GpuService(Probe(), dict)
    service.read()
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(into, service.read().gpus[0].uuid.encode())
        os._exit(0)
    assert os.read(out, 100) == b"GPU-abc"
    os.waitpid(pid, 0)


def test_what_a_framework_says_fills_what_the_driver_leaves_open() -> None:
    unknown = process(memory=None, confidence="unknown", missing={"memory": "Not in a pod."})
    merged = holding.merge(reading(unknown), use(7, torch()))
    (one,) = merged.gpus[0].processes
    assert (one.memory, one.confidence, one.missing) == (5 * MIB, "lower_bound", {})
    (holder,) = merged.holders
    assert (holder.name, holder.memory, holder.confidence) == ("a.ipynb", 5 * MIB, "lower_bound")


def test_what_the_driver_measures_is_not_replaced_by_a_framework() -> None:
    merged = holding.merge(reading(process()), use(7, torch()))
    assert merged.gpus[0].processes[0].memory == MIB
    assert merged.holders[0].frameworks[0].name == "torch"


@pytest.mark.parametrize(("uuid", "memory"), [("abc", 5 * MIB), ("xyz", None)])
def test_a_framework_on_another_gpu_says_nothing_of_this_one(uuid: str, memory: int | None) -> None:
    unknown = process(memory=None, confidence="unknown", missing={"memory": "Not in a pod."})
    merged = holding.merge(reading(unknown), use(7, torch(uuid)))
    assert merged.gpus[0].processes[0].memory == memory


@pytest.mark.parametrize(("slices", "memory"), [(1, 5 * MIB), (2, None)])
def test_a_framework_that_names_the_whole_gpu_speaks_of_its_only_slice(
    slices: int, memory: int | None
) -> None:
    unknown = process(memory=None, confidence="unknown", missing={"memory": "Not in a pod."})
    parts = tuple(part(f"MIG-{n}", processes=(unknown,)) for n in range(slices))
    merged = holding.merge(reading(slices=parts), use(7, torch("abc")))
    assert {p.memory for s in merged.gpus[0].slices for p in s.processes} == {memory}


def test_a_file_of_an_earlier_process_of_that_number_is_not_believed() -> None:
    unknown = process(memory=None, confidence="unknown", start_ticks=99)
    merged = holding.merge(reading(unknown), use(7, torch()))
    assert merged.gpus[0].processes[0].memory is None


def test_two_processes_of_one_kernel_are_one_holder_and_two_orphans_are_two() -> None:
    held = [process(7), process(8), *(process(n, holder="orphan", source=None) for n in (9, 10))]
    holders = holding.merge(reading(*held), {}).holders
    assert [(h.kind, h.pids, h.memory) for h in holders] == [
        ("kernel", (7, 8), 2 * MIB),
        ("orphan", (9,), MIB),
        ("orphan", (10,), MIB),
    ]


def later(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_held_and_idle_counts_from_when_it_was_first_seen_so() -> None:
    idle = holding.Idle()
    merged = holding.merge(reading(process()), {})
    first = idle.mark(merged)
    assert first.gpus[0].held_idle_since == first.holders[0].idle_since == NOON
    then = idle.mark(holding.merge(reading(process(), at=later(30)), {}))
    assert then.gpus[0].held_idle_since == then.holders[0].idle_since == NOON
    busy = idle.mark(holding.merge(reading(process(), share=0.6, at=later(31)), {}))
    assert busy.gpus[0].held_idle_since is None
    again = idle.mark(holding.merge(reading(process(), at=later(32)), {}))
    assert again.gpus[0].held_idle_since == later(32)


def test_a_shell_takes_over_since_when_its_server_has_seen_it_idle() -> None:
    servers = holding.Idle().mark(holding.merge(reading(process()), {}))
    now = reading(process(), at=later(45))
    shell = GpuService(lambda: now, dict, earlier=lambda: servers).read()
    assert shell.gpus[0].held_idle_since == shell.holders[0].idle_since == NOON
    busy = reading(process(), share=0.5, at=later(45))
    other = GpuService(lambda: busy, dict, earlier=lambda: servers).read()
    assert other.gpus[0].held_idle_since is None


def test_a_gpu_that_nobody_holds_is_not_held() -> None:
    assert holding.Idle().mark(reading()).gpus[0].held_idle_since is None


def test_what_cannot_be_measured_is_never_called_idle() -> None:
    marked = holding.Idle().mark(holding.merge(reading(process(), share=None), {}))
    assert marked.gpus[0].held_idle_since is None
    assert "cannot be measured" in marked.gpus[0].missing["held_idle_since"]
    assert "cannot be measured" in marked.holders[0].missing["idle_since"]


def test_on_a_gpu_that_others_keep_busy_only_the_own_share_tells() -> None:
    quiet, unknown = process(7, utilisation=0.0), process(8, source="k2")
    marked = holding.Idle().mark(holding.merge(reading(quiet, unknown, share=0.9), {}))
    by_source = {holder.source: holder for holder in marked.holders}
    assert by_source["k1"].idle_since == NOON
    assert by_source["k2"].idle_since is None


@pytest.mark.parametrize(("sm", "idle"), [(0.0, True), (0.4, False), (None, None)])
def test_a_slice_is_idle_by_its_own_activity(sm: float | None, idle: bool | None) -> None:
    activity = None
    if sm is not None:
        activity = GpuActivity(
            window_s=2, sm=sm, occupancy=None, tensor=None, memory_bandwidth=None, graphics=sm
        )
    one = part(activity=activity, processes=(process(),))
    marked = holding.Idle().mark(holding.merge(reading(share=None, slices=(one,)), {}))
    (found,) = marked.gpus[0].slices
    assert (found.held_idle_since == NOON) == bool(idle)
    assert ("held_idle_since" in found.missing) == (idle is None)


def test_what_kernels_leave_is_read_while_they_live(tmp_path: Path) -> None:
    where = state.State(tmp_path, str(tmp_path / "state"))
    me = processes.one(os.getpid())
    assert me
    found = FrameworkUse(pid=me.pid, start_ticks=me.start_ticks, taken=NOON, frameworks=(torch(),))
    frameworks.leave(where, found)
    frameworks.leave(where, msgspec.structs.replace(found, pid=1, start_ticks=12345))
    where.write("frameworks/3", b"{not ours")
    assert frameworks.read(where) == {me.pid: found}
    assert where.names("frameworks") == [f"frameworks/{me.pid}"]


@pytest.fixture
def child() -> Iterator["subprocess.Popen[bytes]"]:
    found = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield found
    found.kill()
    found.wait()


def request(found: "subprocess.Popen[bytes]", **more: Any) -> GpuEndRequest:
    one = processes.one(found.pid)
    assert one
    return GpuEndRequest(**{"pid": one.pid, "start_ticks": one.start_ticks, **more})


def yes(pid: int, ticks: int) -> bool:
    return True


def test_what_is_nobodys_is_ended(child: "subprocess.Popen[bytes]") -> None:
    ended = ending.end(request(child), yes)
    assert ended.ended
    assert child.wait(timeout=5) == -signal.SIGTERM


def test_another_process_of_the_same_number_is_left(child: "subprocess.Popen[bytes]") -> None:
    with pytest.raises(errors.NotFound, match="another by now"):
        ending.end(request(child, start_ticks=1), yes)
    assert child.poll() is None


def test_what_belongs_to_somebody_is_left(child: "subprocess.Popen[bytes]") -> None:
    with pytest.raises(errors.Forbidden, match="Nothing was ended"):
        ending.end(request(child))  # it holds no GPU, by the real rule
    assert child.poll() is None


def test_a_process_that_is_gone_is_said_so() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(errors.NotFound):
        ending.end(GpuEndRequest(pid=gone.pid, start_ticks=1), yes)


def test_what_does_not_heed_is_killed_only_when_that_is_said() -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True)"
    deaf = subprocess.Popen(
        [sys.executable, "-c", code + "; time.sleep(60)"], stdout=subprocess.PIPE
    )
    assert deaf.stdout
    deaf.stdout.readline()
    try:
        asked = ending.end(request(deaf), yes)
        assert not asked.ended
        assert "still runs" in asked.message
        assert ending.end(request(deaf, force=True), yes).ended
        assert deaf.wait(timeout=5) == -signal.SIGKILL
    finally:
        deaf.kill()
        deaf.stdout.close()
        deaf.wait()
