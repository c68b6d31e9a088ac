"""The process table: odd names, vanishing processes, trees, and this machine beside psutil."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from kfnb_ext.probes import processes
from kfnb_ext.probes.processes import Process
from tests.probes.conftest import Tree

# Recorded on Linux 6.18, but for the name.
STAT = (
    "4711 ({name}) S 42 4711 4711 0 -1 4194304 2190 0 0 0 130 70 0 0 20 0 3 0 987654 "
    "31457280 2500 18446744073709551615 1 1 0 0 0 0 0 16781312 2 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0"
)


@pytest.mark.parametrize("name", ["python3", "a b", "evil) R 1 (", "()", "tab\there"])
def test_a_name_may_hold_anything(tree: Tree, name: str) -> None:
    status = "Name:\tx\nUid:\t1000\t1001\t1000\t1000\n"
    proc = tree(
        "proc",
        {
            "4711/stat": STAT.format(name=name),
            "4711/cmdline": "python3\0-m\0ipykernel_launcher\0\0",
            "4711/status": status,
        },
    )
    assert processes.one(4711, proc) == Process(
        pid=4711,
        ppid=42,
        name=name,
        command=("python3", "-m", "ipykernel_launcher"),
        start_ticks=987654,
        cpu_ticks=200,
        rss=2500 * os.sysconf("SC_PAGE_SIZE"),
        session=4711,
    )
    assert processes.uid(4711, proc) == 1000


def test_a_process_that_went_while_we_looked_is_left_out(tree: Tree) -> None:
    files = {"7/stat": STAT.format(name="whole"), "7/cmdline": "", "8/stat": "", "8/cmdline": ""}
    proc = tree(
        "proc", {**files, "9/stat": STAT.format(name="half"), "self/stat": "", "acpi/x": ""}
    )
    found = processes.table(proc)
    assert set(found) == {7}
    assert processes.uid(7, proc) is None
    assert found[7].command == ()


def test_what_has_not_moved_since_the_last_look_is_not_read_again(tree: Tree) -> None:
    proc = tree("proc", {"7/stat": STAT.format(name="bash"), "7/cmdline": "bash\0"})
    watch = processes.Watch(proc)
    before = watch.table()[7]
    (proc / "7/cmdline").write_text("python\0train.py\0")
    assert watch.table()[7] is before
    # A tick of CPU time, a page, another program: each is another line.
    (proc / "7/stat").write_text(STAT.format(name="bash").replace(" 130 70 ", " 131 70 "))
    after = watch.table()[7]
    assert (after.command, after.cpu_ticks) == (("python", "train.py"), before.cpu_ticks + 1)
    (proc / "7/stat").unlink()
    assert watch.table() == {}


def test_a_process_that_becomes_another_program_is_read_anew() -> None:
    code = "import os, sys; sys.stdin.readline(); os.execvp('sleep', ['sleep', '60'])"
    watch = processes.Watch()
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as child:
        try:
            assert watch.table()[child.pid].command[-1] == code
            assert child.stdin is not None
            child.stdin.write(b"go on\n")
            child.stdin.flush()
            deadline = time.monotonic() + 30
            while watch.table()[child.pid].command != ("sleep", "60"):
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            child.kill()


def test_a_machine_without_proc_has_no_table(tree: Tree) -> None:
    assert processes.table(tree("proc", {}) / "absent") == {}
    assert processes.one(1, tree("other", {})) is None


def test_descendants_are_found_even_when_the_record_holds_a_loop() -> None:
    def process(pid: int, ppid: int) -> Process:
        fixed = {"name": "x", "command": (), "start_ticks": 1, "cpu_ticks": 0, "rss": 0}
        return Process(pid=pid, ppid=ppid, **fixed)  # type: ignore[arg-type] # a short record

    table = [process(*pair) for pair in [(1, 0), (2, 1), (3, 2), (4, 1), (5, 6), (6, 5), (9, 8)]]
    assert {p.pid for p in processes.children(1, table)} == {2, 3, 4}
    assert {p.pid for p in processes.children(5, table)} == {5, 6}
    assert processes.children(7, table) == []


def test_this_process_is_read_as_psutil_reads_it() -> None:
    ours, theirs = processes.one(os.getpid()), psutil.Process()
    assert ours is not None
    assert (ours.ppid, processes.uid(os.getpid())) == (theirs.ppid(), os.getuid())
    assert list(ours.command) == theirs.cmdline()
    assert abs(ours.rss - theirs.memory_info().rss) < 64 << 20
    times = theirs.cpu_times()
    assert abs(ours.cpu_ticks / processes.TICKS_PER_SECOND - times.user - times.system) < 1


def test_a_child_of_ours_is_in_the_table_below_us() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        table = processes.table()
        found = [p.pid for p in processes.children(os.getpid(), table.values())]
        assert child.pid in found
        assert child.stdin is not None
        child.stdin.close()
