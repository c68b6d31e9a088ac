"""A cluster on the loopback and a door to it, in time that stands still until somebody sleeps."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb_ext.kube import client
from kfnb_ext.kube.client import address, failures
from kfnb_ext.kube.client.access import Access
from tests.fakes import kubernetes

DEMO = address.NOTEBOOKS.at("alice", "demo")
ACTIVITY = "notebooks.kubeflow.org/last-activity"
PATCH = {"metadata": {"annotations": {ACTIVITY: "2026-01-01T00:00:00Z"}}}


def refusal(call) -> client.failures.ClusterError:
    """The error that a call ends in."""
    with pytest.raises(failures.ClusterError) as caught:
        call()
    assert caught.value.message
    assert caught.value.hint
    return caught.value


class Time:
    """Seconds that pass only in ``sleep``."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def cluster() -> Iterator[kubernetes.Cluster]:
    with kubernetes.Cluster() as running:
        running.world.seed(kubernetes.notebook())
        yield running


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def door(cluster: kubernetes.Cluster, time: Time, tmp_path: Path) -> client.Client:
    access = Access({"KUBECONFIG": str(cluster.kubeconfig(tmp_path))}, tmp_path / "none")
    return client.Client(
        access,
        limits=client.Limits(connect=1.0, read=0.4),
        clock=lambda: time.now,
        sleep=time.sleep,
        chance=lambda: 0.0,
    )
