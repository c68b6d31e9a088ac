"""The end of a server: at once, whatever the cluster does, and with no write after."""

import json
import signal
import socket
import time
from contextlib import AbstractContextManager
from pathlib import Path

from tests.culling.test_cluster import PREFIX
from tests.fakes import kubernetes, mirrored
from tests.fakes.culler import CHECK, LAST, text
from tests.server import live

OPTIONS = {"NB_PREFIX": PREFIX, "KFNB_TICK_INTERVAL": "1", "KFNB_HEARTBEAT": "on"}


def in_use(home: Path, config: Path) -> AbstractContextManager[live.Live]:
    """A server whose heartbeat is due at each tick."""
    home.mkdir()
    env = {**OPTIONS, "KUBECONFIG": str(config), "KFNB_LEASE": "1"}
    return live.running(home, base_url=f"{PREFIX}/", env=env)


def keep_awake(server: live.Live) -> None:
    server.post("keep-awake", {"seconds": 3600}).raise_for_status()


def terminate(server: live.Live) -> float:
    """Seconds to its end."""
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=60)
    return time.monotonic() - began


def test_a_cluster_that_says_nothing_does_not_hold_up_the_end(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as silent, kubernetes.Cluster() as cluster:
        config = cluster.kubeconfig(tmp_path)
        known = json.loads(config.read_text())
        known["clusters"][0]["cluster"]["server"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        config.write_text(json.dumps(known))
        with in_use(tmp_path / "pod", config) as server:
            keep_awake(server)
            silent.settimeout(60)
            line, _ = silent.accept()  # the request is under way, and stays so
            seconds = terminate(server)
            line.close()
            silent.settimeout(0.5)
            try:
                silent.accept()
                again = True
            except TimeoutError:
                again = False

    assert seconds < 9.0, "one answer alone is waited for 10 s"
    assert not again, "nothing is asked after the end"


def test_after_sigterm_nothing_is_written(tmp_path: Path):
    with kubernetes.Cluster() as cluster:
        before = text(cluster.world.now())
        cluster.world.seed(kubernetes.notebook(**{LAST: before, CHECK: before}))
        with in_use(tmp_path / "pod", cluster.kubeconfig(tmp_path)) as server:
            keep_awake(server)
            deadline = time.monotonic() + 60
            while mirrored.ours(cluster) < 2 and time.monotonic() < deadline:
                time.sleep(0.1)
            asked = len(cluster.log)
            terminate(server)
            written = mirrored.ours(cluster)

        assert written == 2, "the lease and the word to keep awake, at the start of the use"
        assert len(cluster.log) == asked
