"""The scenarios of the culler, on a real server, with hours that pass when the test says so."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.culling import pod as pods
from tests.culling.pod import Pod
from tests.fakes.culler import LAST, parse

ALIVE = {"v1": None, "odh": None}
SPIN = "python3 -c 'while True: pass'"


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    with pods.running(tmp_path / "pod") as found:
        yield found


def age(pod: Pod, kind: str) -> timedelta:
    """How old the Notebook's annotation is."""
    last = parse(pod.cullers[kind].notebook.annotations[LAST])
    assert last is not None
    return pod.now() - last


def test_1_a_silent_job_of_a_terminal_without_a_tab_keeps_the_notebook(pod: Pod):
    pod.terminal(f"{SPIN} > log")

    assert pod.minutes(180, step=5) == ALIVE
    assert age(pod, "v1") < timedelta(minutes=2)
    reasons = pod.status()["activity"]["reasons"]
    assert any(r["text"].startswith("terminal 1: `python3` used") for r in reasons), reasons


def test_2_and_4_a_job_that_prints_keeps_it_beside_an_old_kernel_until_it_ends(pod: Pod):
    pod.kernel("1 + 1")
    pod.pass_(180)
    pod.status()
    pod.terminal("while [ ! -e stop ]; do echo line; sleep 0.1; done")

    assert pod.minutes(60, step=5) == ALIVE
    (pod.server.workspace / "stop").touch()
    pod.status()
    pod.status()
    assert pod.minutes(40, step=10) == ALIVE
    stopped = pod.minutes(30)
    assert all(minute in (20, 21) for minute in stopped.values()), stopped


def test_3_a_silent_busy_cell_keeps_it_also_for_those_who_ask_for_the_status(pod: Pod):
    pod.kernel("while True: pass")

    assert pod.minutes(180, step=10) == ALIVE
    last = parse(pod.web.get("api/status").json()["last_activity"])
    assert last is not None
    assert pod.now() - last < timedelta(minutes=1)


def test_5_an_open_tab_with_our_sidebar_is_no_use(pod: Pod):
    pod.kernel("1 + 1", stay=True)
    pod.status()
    before = pod.web.get("api/status").json()["last_activity"]
    stopped = pod.minutes(70)

    assert all(minute in (60, 61) for minute in stopped.values()), stopped
    assert pod.web.get("api/status").json()["last_activity"] == before


@pytest.mark.parametrize(
    ("code", "hours"),
    [("input()", "12"), ("import time\nwhile True: time.sleep(1)", "12"), ("input()", "0")],
)
def test_6_a_kernel_that_waits_for_ever_is_idle_where_the_administrator_says_so(
    tmp_path: Path, code: str, hours: str
):
    # One tick of the CPU's clock must stay far below what counts as progress.
    options = {"KFNB_BUSY_WITHOUT_PROGRESS_HOURS": hours, "KFNB_USAGE_WINDOW": "2"}
    with pods.running(tmp_path / "pod", **options) as pod:
        pod.kernel(code)
        pod.status(2.1)
        pod.pass_(1)
        pod.status(2.1)  # its start has used CPU: quiet from here on
        assert pod.minutes(11 * 60 + 30, step=230, wait=2.1) == ALIVE
        stopped = pod.minutes(120, step=10, wait=2.1)

        if hours == "0":
            assert stopped == ALIVE
            return
        # Idle for the cluster after 12 h, with the true time, 12 h ago: Kubeflow's culler comes
        # at once, OpenShift's never moves its mark back and comes an hour later.
        assert stopped["v1"] in (30, 40), stopped
        assert stopped["odh"] in (80, 90, 100), stopped


def test_6_a_kernel_that_nobody_ever_joined_is_idle_where_the_administrator_says_so(
    tmp_path: Path,
):
    options = {"KFNB_BUSY_WITHOUT_PROGRESS_HOURS": "2", "KFNB_USAGE_WINDOW": "2"}
    with pods.running(tmp_path / "pod", **options) as pod:
        made = pod.web.post("api/kernels", json={"name": "python3"}, headers=pod._xsrf())
        assert made.json()["execution_state"] == "starting"
        pod.status(4)
        pod.pass_(1)
        pod.status(2.1)
        assert pod.minutes(90, step=45, wait=2.1) == ALIVE
        stopped = pod.minutes(180, step=15, wait=2.1)

        assert None not in stopped.values(), stopped


def test_9_keep_awake_ends_with_the_server(pod: Pod):
    asked = pod.web.post(
        "kfnb/v1/keep-awake", json={"seconds": 7200, "reason": "x"}, headers=pod._xsrf()
    )
    assert asked.status_code == 200, asked.text
    assert pod.minutes(10) == ALIVE
    pod.server.process.kill()
    pod.server.process.wait()

    stopped = pod.minutes(80, look=False)
    assert all(minute in (60, 61) for minute in stopped.values()), stopped


def test_keep_awake_keeps_it_until_its_time_and_then_the_culler_comes(pod: Pod):
    pod.web.post("kfnb/v1/keep-awake", json={"seconds": 7200}, headers=pod._xsrf())

    assert pod.minutes(120, step=5) == ALIVE
    assert pod.minutes(50, step=10) == ALIVE
    stopped = pod.minutes(20)
    assert all(minute in (10, 11) for minute in stopped.values()), stopped


def test_a_server_that_was_suspended_for_hours_looks_before_it_answers(pod: Pod):
    pod.terminal(f"{SPIN} > log")
    pod.status()
    pod.status()
    pod.pass_(180)  # SIGSTOP, or a node that slept: no tick, and nobody was answered
    time.sleep(1)

    assert pod.minutes(2, look=False) == ALIVE


def test_sessions_that_cannot_be_listed_hide_no_use(tmp_path: Path):
    extensions = {**pods.EXTENSIONS, "tests.fakes.no_sessions": True}
    with pods.running(tmp_path / "pod", extensions=extensions) as pod:
        pod.kernel("while True: pass")

        assert pod.minutes(120, step=20) == ALIVE
        assert pod.status()["activity"]["reasons"][0]["text"] == "kernel python3 is busy"
