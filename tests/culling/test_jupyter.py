"""Jupyter's own shutdown, and the notices before the stop, on a real server."""

import json
from pathlib import Path

import websocket

from tests.culling import pod as pods

PROBED = {**pods.EXTENSIONS, "tests.fakes.any_activity": True}


def test_jupyters_own_shutdown_waits_for_work_that_it_does_not_see(tmp_path: Path):
    # It looks each minute at the earliest, so its rule is asked and not waited for.
    with pods.running(tmp_path / "pod", extensions=PROBED) as pod:
        pod.status()
        assert pod.web.get("tests/any-activity").json() is False
        pod.web.post("kfnb/v1/keep-awake", json={"seconds": 600}, headers=pod._xsrf())
        pod.status()
        assert pod.web.get("tests/any-activity").json() is True
        pod.pass_(11)
        pod.status()
        assert pod.web.get("tests/any-activity").json() is False


def test_before_the_stop_open_browsers_are_told_and_offered_a_button(tmp_path: Path):
    with pods.running(tmp_path / "pod", KFNB_TICK_INTERVAL="1") as pod:
        pod.status()
        pod.cullers["v1"].reconcile()
        address = pod.server.address.replace("http", "ws") + "api/events/subscribe"
        line = websocket.create_connection(address, timeout=20)
        pod.pass_(2)
        pod.cullers["v1"].reconcile()
        pod.pass_(46)
        pod.cullers["v1"].reconcile()
        said: dict[str, object] = {}
        while "offer" not in said:
            said = json.loads(line.recv())
        line.close()

    assert said["offer"] == "keep_awake"
    assert str(said["title"]).startswith("This notebook is stopped in 1")
    assert said["level"] == "warning"
