"""One run in real time: a culler's minute takes five seconds, and nothing is passed in."""

import time
from datetime import timedelta
from pathlib import Path

from tests.culling import pod as pods

MINUTE = 5.0  # seconds; annotations have whole ones
IDLE = 6 * MINUTE
REAL = {"kfnb_ext": True, "jupyter_server_terminals": True}
OPTIONS = {
    "KFNB_TICK_INTERVAL": "1",
    "KFNB_USAGE_WINDOW": "1",
    "KFNB_CULL_IDLE_MINUTES": str(IDLE / 60),
    "KFNB_WARN_MINUTES": "0.25",
}


def test_a_job_of_a_terminal_keeps_the_notebook_and_its_end_ends_it(tmp_path: Path):
    with pods.running(tmp_path / "pod", extensions=REAL, **OPTIONS) as pod:
        for culler in pod.cullers.values():
            culler.idle, culler.period = timedelta(seconds=IDLE), timedelta(seconds=MINUTE)
        ended = pod.server.workspace / "ended"
        pod.terminal(f"timeout 40 python3 -c 'while True: pass'; touch {ended}; exit")
        stopped: dict[str, float] = {}
        deadline = time.monotonic() + 110
        while len(stopped) < 2 and time.monotonic() < deadline:
            time.sleep(MINUTE * 1.01)
            for kind, culler in pod.cullers.items():
                culler.reconcile()
                if culler.notebook.stopped:
                    stopped.setdefault(kind, time.time())

        late = {kind: at - ended.stat().st_mtime - IDLE for kind, at in stopped.items()}
        # Whole seconds, one tick, and one period: never before its time.
        assert set(late) == {"v1", "odh"}
        assert all(-1.0 <= seconds <= 2 * MINUTE for seconds in late.values()), late
