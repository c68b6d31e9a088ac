"""What processes do, measured on real ones."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from jupyter_client.manager import start_new_kernel

from kfnb_ext.probes.usage import Root, UsageProbe, Work

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")

SPIN = "while True: pass"
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def run(*command: str) -> subprocess.Popen[bytes]:
        # A session of its own: its whole tree ends with the test.
        started.append(subprocess.Popen(command, start_new_session=True))
        return started[-1]

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


def group(pid: int) -> int | None:
    """The process group; None: it has ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(pid)
    return None


def terminal(process: subprocess.Popen[bytes]) -> Root:
    return Root(kind="terminal", source="1", pid=process.pid)


def measured(root: Root, seconds: float = 0.6, server: int = 1) -> Work:
    probe = UsageProbe(window=0.1)
    assert probe.read((root,), server) == ()
    time.sleep(seconds)
    (work,) = [one for one in probe.read((root,), server) if one.source == root.source]
    return work


def test_a_silent_job_of_a_terminal_is_seen_with_its_name(start: Start):
    shell = start("bash", "-c", f"{sys.executable} -c '{SPIN}'; true")
    time.sleep(0.2)

    work = measured(terminal(shell))

    assert (work.kind, work.source, work.itself) == ("terminal", "1", False)
    assert work.command.startswith("python")
    assert work.cpu > 0.2


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("watch -n 1 date; true", "watch"),
        ("bash -c 'tail -n 3 -f /dev/null; true'; true", "tail"),
        ("sleep 60 & tail -f /dev/null; true", ""),  # something else runs beside it
        ("tail -n 1; true", ""),
        ("sleep 60; true", ""),
    ],
)
def test_a_terminal_that_only_looks_on_is_known(start: Start, line: str, shown: str):
    shell = start("env", "TERM=xterm", "script", "-qfec", line, "/dev/null")
    time.sleep(0.3)

    assert measured(terminal(shell)).looks_on == shown


def test_a_shell_that_waits_does_nothing(start: Start):
    shell = start("bash", "-c", "sleep 60; true")
    time.sleep(0.2)

    work = measured(terminal(shell))

    assert work.cpu < 0.05
    assert work.io is not None
    assert work.io < 10_000


def test_the_threads_of_an_idle_kernel_are_its_own_work(start: Start):
    kernel = start(sys.executable, "-c", SPIN)

    work = measured(Root(kind="kernel", source="k", pid=kernel.pid))

    assert work.itself
    assert work.cpu > 0.2


def test_moving_data_is_work_without_much_cpu(start: Start):
    slow = (
        "import time\nwith open('/dev/zero', 'rb') as a, open('/dev/null', 'wb') as b:\n"
        " while True: b.write(a.read(65536)); b.flush(); time.sleep(0.02)"
    )
    shell = start(sys.executable, "-c", slow)
    time.sleep(0.2)

    work = measured(terminal(shell), 1.0)

    assert work.io is not None
    assert work.io > 500_000


def test_many_short_children_are_the_work_of_who_waits_for_them(start: Start):
    shell = start("bash", "-c", "while true; do head -c 3000000 /dev/urandom > /dev/null; done")

    assert measured(terminal(shell), 1.0).cpu > 0.2


def test_the_past_of_a_child_that_ended_is_not_counted_again(start: Start):
    shell = start("bash", "-c", f"timeout 1 {sys.executable} -c '{SPIN}'; sleep 60; true")
    probe, root = UsageProbe(window=0.05), terminal(shell)
    probe.read((root,), 1)
    counted, before = 0.0, time.monotonic()
    for _ in range(8):
        time.sleep(0.25)
        now = time.monotonic()
        counted += sum(w.cpu for w in probe.read((root,), 1) if w.source == "1") * (now - before)
        before = now

    assert 0.2 < counted < 1.4, "one second of CPU, seen once"


def test_what_left_its_terminal_belongs_to_the_pod(start: Start):
    shell = start("bash", "-c", f"{sys.executable} -c '{SPIN}' & exit")
    shell.wait()
    probe = UsageProbe(window=0.1)
    probe.read((), os.getpid())
    time.sleep(0.5)

    # The notebook server and what holds it are no work; here that is this test.
    works = probe.read((), os.getpid())
    (orphan,) = [one for one in works if group(one.pid) == shell.pid]

    assert (orphan.kind, orphan.source) == ("pod", str(orphan.pid))
    assert orphan.cpu > 0.2
    assert not {os.getpid(), os.getppid()} & {one.pid for one in works}


def test_on_a_machine_that_is_no_pod_only_what_the_server_started_counts(start: Start):
    mine = start("bash", "-c", f"{sys.executable} -c '{SPIN}'; true")
    orphaned = start("bash", "-c", f"{sys.executable} -c '{SPIN}' & exit")
    orphaned.wait()
    probe = UsageProbe(window=0.1, whole=False)
    probe.read((), os.getpid())
    time.sleep(0.5)

    groups = {group(work.pid) for work in probe.read((), os.getpid())}

    assert mine.pid in groups
    assert orphaned.pid not in groups


def test_servers_are_left_out_but_not_what_they_start(start: Start):
    server = start("bash", "-c", f"exec -a nginx bash -c \"{sys.executable} -c '{SPIN}'; true\"")
    time.sleep(0.2)
    probe = UsageProbe(window=0.1)
    probe.read((), 1)
    time.sleep(0.4)
    pids = {one.pid: one for one in probe.read((), 1)}

    assert server.pid not in pids
    assert [one for one in pids.values() if one.command.startswith("python") and one.cpu > 0.2]


def test_a_kernel_that_waits_in_input_is_seen_to_ask():
    manager, client = start_new_kernel()
    try:
        root = Root(kind="kernel", source="k", pid=manager.provisioner.pid)
        probe = UsageProbe(window=0.05)
        idle = [looked(probe, root) for _ in range(3)]
        client.execute("input()", allow_stdin=True)
        client.get_stdin_msg(timeout=20)
        asking = [looked(probe, root) for _ in range(4)]
        client.input("an answer")
        client.execute("import time; time.sleep(30)")
        time.sleep(0.5)
        sleeping = [looked(probe, root) for _ in range(3)]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

    assert not any(idle)
    assert asking[-1]
    assert not any(sleeping[1:])


def looked(probe: UsageProbe, root: Root) -> bool:
    """Whether a look sees the kernel ask."""
    time.sleep(0.15)
    return any(one.asks for one in probe.read((root,), 1))


def test_within_its_window_it_looks_once():
    probe = UsageProbe(window=60.0)
    probe.read((), 1)
    before = time.process_time()
    for _ in range(1000):
        probe.read((), 1)

    assert time.process_time() - before < 0.1


def test_a_kernel_that_came_between_two_looks_has_done_all_of_it_since(start: Start):
    probe = UsageProbe(window=0.1)
    probe.read((), 1)
    kernel = start(sys.executable, "-c", SPIN)
    time.sleep(0.5)

    works = probe.read((Root(kind="kernel", source="k", pid=kernel.pid),), 1)

    assert [one.cpu > 0.2 for one in works if one.source == "k"] == [True]
