"""Scenarios 8 and 10, and the lease: a real server, the culler, and an API server between them."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.culling import pod as pods
from tests.culling.pod import Pod
from tests.fakes import kubernetes, mirrored
from tests.fakes.culler import CHECK, LAST, parse, text

PREFIX = "/notebook/alice/demo"
TICK = 1.3  # seconds: longer than a tick and a request
OPTIONS = {"KFNB_TICK_INTERVAL": "1", "NB_PREFIX": PREFIX}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[kubernetes.Cluster]:
    with kubernetes.Cluster() as running:
        now = text(running.world.now())
        running.world.seed(kubernetes.notebook(**{LAST: now, CHECK: now}))
        yield running


def started(
    cluster: kubernetes.Cluster, folder: Path, clock: str = "0 0", token: str = "", **options: str
) -> AbstractContextManager[Pod]:
    (folder / "pod").mkdir()
    (folder / "pod" / "clock").write_text(clock)
    given = {**OPTIONS, "KUBECONFIG": str(cluster.kubeconfig(folder)), **options}
    return pods.running(folder / "pod", prefix=PREFIX, token=token, **given)


def last(cluster: kubernetes.Cluster) -> datetime:
    found = parse(mirrored.notes(cluster)[LAST])
    assert found is not None
    return found


def passes(pod: Pod, cluster: kubernetes.Cluster, minutes: float, kind: str = "v1") -> bool:
    """So many minutes later, one tick, and one look of the culler; whether it stopped the pod."""
    pod.pass_(minutes * 1.001)
    time.sleep(TICK)
    return mirrored.reconcile(pod.cullers[kind], cluster)


def test_8_where_the_mesh_forbids_the_culler_the_heartbeat_keeps_the_notebook_and_says_so(
    cluster: kubernetes.Cluster, tmp_path: Path
):
    with started(cluster, tmp_path) as pod:
        cluster.world.clock = pod.now
        pod.between = lambda path: (403, b"RBAC: access denied")
        id_ = pod.kernel("1 + 1")
        ages = []
        for _ in range(16):  # eighty minutes: each five minutes the user runs a cell
            pod.execute(id_, "1 + 1")
            assert not passes(pod, cluster, 5)
            ages.append(pod.now() - last(cluster))
        told = pod.status()["culling"]
        used = pod.now() - timedelta(minutes=5)
        writes = mirrored.ours(cluster)

        assert max(ages[3:]) < timedelta(minutes=26), "an interval, and the five minutes of a step"
        assert told["sight"] == "cannot_reach"
        assert "cannot reach this notebook" in told["text"]
        assert "AuthorizationPolicy" in told["hint"]
        assert writes <= 2 * 4 + 12 * 2, "one each interval, and few at the end of a use"

        late = None
        for _ in range(30):
            if passes(pod, cluster, 5):
                late = pod.now() - used
                break
        assert late is not None
        assert timedelta(minutes=59) < late < timedelta(minutes=67)
        assert mirrored.ours(cluster) <= writes + 1, "one flush at the edge, and then silence"


@pytest.mark.parametrize(("kind", "reached"), [("v1", True), ("v1", False), ("odh", True)])
def test_10_after_a_start_a_stale_mark_and_a_clock_that_is_slow_stop_nothing_early(
    cluster: kubernetes.Cluster, tmp_path: Path, kind: str, reached: bool
):
    stale = text(cluster.world.now() - timedelta(minutes=55))
    mirrored.write(cluster, **{LAST: stale})
    with started(cluster, tmp_path, clock="0 -600") as pod:
        cluster.world.clock = pod.now
        begun = pod.now()
        if not reached:
            pod.between = lambda path: (403, b"RBAC: access denied")
        time.sleep(2 * TICK)
        lived = None
        for step in range(1, 90):
            minutes = 1 if step > 56 or step < 4 else 4
            if passes(pod, cluster, minutes, kind):
                lived = pod.now() - begun
                break
            assert last(cluster) <= pod.now() + timedelta(seconds=1)
        assert lived is not None
        assert timedelta(minutes=59, seconds=50) < lived < timedelta(minutes=66)


def test_the_lease_silences_the_culler_and_the_status_does_not_miss_it(
    cluster: kubernetes.Cluster, tmp_path: Path
):
    with started(cluster, tmp_path, KFNB_LEASE="1") as pod:
        cluster.world.clock = pod.now
        for _ in range(3):
            passes(pod, cluster, 1)
        pod.terminal("python3 -c 'while True: pass'")
        time.sleep(TICK)
        before = pod.cullers["v1"].gets
        for _ in range(15):  # half an hour
            assert not passes(pod, cluster, 2)
        assert pod.cullers["v1"].gets - before <= 2
        told = pod.status()["culling"]
        assert told["sight"] == "looks", told
        assert "stopped looking" not in told["text"]


def test_a_server_that_asks_for_a_token_refuses_the_culler_and_the_heartbeat_takes_over(
    cluster: kubernetes.Cluster, tmp_path: Path
):
    with started(cluster, tmp_path, token="secret") as pod:
        cluster.world.clock = pod.now
        pod.web.headers["Authorization"] = "token secret"
        pod.web.post("kfnb/v1/keep-awake", json={"seconds": 7200}).raise_for_status()
        for _ in range(8):
            assert not passes(pod, cluster, 10)
        told = pod.status()["culling"]
        assert told["sight"] == "refused"
        assert "refuses it" in told["text"]
        assert "IdentityProvider.token" in told["hint"]
        assert told["forecast"]["known"], "by the heartbeat it waits for the end of the use"
        assert pod.now() - last(cluster) < timedelta(minutes=26)
