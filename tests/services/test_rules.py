"""The rules of Notebooks 2.0, read from the Workspace in a real HTTP server."""

import time as real
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.access import Access
from kfnb_ext.kube.client.wire import Limits
from kfnb_ext.model import culling
from kfnb_ext.model.activity import Evidence
from kfnb_ext.services import rules
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.culling import CullingService, Options
from kfnb_ext.services.rules import Rules
from tests.fakes import kubernetes
from tests.fakes.kubernetes import faults
from tests.fakes.time import Time

IDENTITY = culling.Identity(culler="workspaces", namespace="alice", name="ws")


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def workspace(last: datetime, **more: Any) -> dict[str, Any]:
    """A Workspace as its controller keeps it: paused an hour after its last use."""
    probe = {"startTime": milliseconds(last), "endTime": milliseconds(last), "result": "Success",
             "message": "Jupyter probe succeeded"}  # fmt: skip
    pause = {"eligibleAfter": milliseconds(last + timedelta(hours=1))}
    activity = {"lastActivity": milliseconds(last), "lastUpdate": milliseconds(last),
                "lastProbe": probe, "rules": {"pauseWorkspace": pause}}  # fmt: skip
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "ws", "namespace": "alice"},
        "spec": {"paused": False},
        "status": {"state": "Running", "activity": {**activity, **more}},
    }


class Pod:
    """A pod of Notebooks 2.0."""

    def __init__(
        self, cluster: kubernetes.Cluster, folder: Path, token: str = "admin-token"
    ) -> None:
        self.cluster, self.time = cluster, Time()
        cluster.world.clock = self.time.utc
        config = cluster.kubeconfig(folder, token=token)
        access = Access({"KUBECONFIG": str(config)}, folder / "none")
        client = Client(access, limits=Limits(connect=1.0, read=0.4), sleep=lambda s: None)
        self.timeline = Timeline(self.time.clock)
        self.keeper = ActivityKeeper(self.timeline)
        self.rules = Rules(lambda: client, self.timeline, IDENTITY)
        self.service = CullingService(self.timeline, self.keeper, IDENTITY, Options(), self.rules)

    def look(self, in_use: bool = False) -> culling.Culling:
        now = self.timeline.now()
        going = Evidence(
            kind="process", source="1", at=now, active=True, since=now, text="x", cpu=1.0
        )
        verdict = self.keeper.weigh((going,) if in_use else ())
        self.service.look(verdict)
        self.rules.wait(10)
        return self.service.look(verdict)


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    with kubernetes.Cluster() as cluster:
        yield Pod(cluster, tmp_path)


def test_the_countdown_is_the_controllers_own(pod: Pod):
    pod.cluster.world.seed(workspace(pod.time.utc()))
    pod.look(True)
    used = pod.time.utc()
    pod.time.pass_(minutes=20)
    found = pod.look()

    assert found.forecast.known
    assert found.forecast.stops_at is not None
    assert abs(found.forecast.stops_at - used - timedelta(hours=1)) < timedelta(seconds=2)
    assert (found.idle_minutes, found.sight) == (60, "looks")
    assert found.last_look is not None
    assert "not paused while it is used" in pod.look(True).forecast.text


def test_it_is_asked_seldom_and_nothing_waits_for_it(pod: Pod):
    pod.cluster.world.seed(workspace(pod.time.utc()))
    for _ in range(240):  # two hours
        pod.time.pass_(30)
        pod.service.look(pod.keeper.weigh(()))
    pod.rules.wait(10)
    assert 1 <= len(pod.cluster.log) <= 9
    assert all(one.method == "GET" for one in pod.cluster.log)

    pod.cluster.faults.always(faults.silent(0.6))
    pod.time.pass_(hours=1)
    began = real.monotonic()
    pod.service.look(pod.keeper.weigh(()))
    assert real.monotonic() - began < 0.3
    pod.rules.wait(10)


def test_a_look_of_the_controller_that_failed_is_told_to_the_administrator(pod: Pod):
    probe = {"startTime": 1, "endTime": 2, "result": "Failure", "message": "exec: kfnb not found"}
    pod.cluster.world.seed(workspace(pod.time.utc(), lastProbe=probe))
    found = pod.look()

    assert found.sight == "cannot_reach"
    assert "exec: kfnb not found." in found.text
    assert "activityProbe" in found.hint
    assert found.forecast.stops_at is None


# As the controller leaves it where no look has succeeded since the pod started.
FIRST = {"startTime": 1, "endTime": 2, "result": "Failure",
         "message": "PodExec probe failed: unexpected exit code 1"}  # fmt: skip
NONE_YET = {"lastActivity": 0, "lastUpdate": 0, "rules": {"pauseWorkspace": {"eligibleAfter": 0}}}


def test_a_first_look_that_failed_is_told_though_no_use_is_known(pod: Pod):
    pod.cluster.world.seed(workspace(pod.time.utc(), lastProbe=FIRST, **NONE_YET))
    found = pod.look()

    assert found.sight == "cannot_reach"
    assert "unexpected exit code 1." in found.text
    assert (found.forecast.known, found.forecast.stops_at) == (True, None)


@pytest.mark.parametrize("probe", [None, FIRST, "of the run before"])
def test_the_controllers_first_look_comes_after_our_start_and_is_found_soon(pod: Pod, probe):
    # What it knew of the run before it forgets only when the pod is ready.
    old = workspace(pod.time.utc() - timedelta(days=1))
    new = workspace(pod.time.utc(), **NONE_YET | {"lastProbe": probe})
    pod.cluster.world.seed(old if probe == "of the run before" else new)
    pod.look(True)
    pod.cluster.world.seed(workspace(pod.time.utc()))
    pod.time.pass_(minutes=1)
    found = pod.look()

    assert found.idle_minutes == 60
    assert found.last_look
    assert pod.time.utc() - found.last_look < timedelta(minutes=2)


def test_a_workspace_that_nobody_looks_at_is_asked_ever_more_seldom(pod: Pod):
    pod.cluster.world.seed(workspace(pod.time.utc(), lastProbe=None, **NONE_YET))
    for _ in range(240):  # two hours
        pod.time.pass_(30)
        pod.look()
    assert len(pod.cluster.log) <= 8 + 4


def test_without_a_rule_nothing_pauses_it(pod: Pod):
    pod.cluster.world.seed(workspace(pod.time.utc(), rules={}))

    assert "No rule" in pod.look().forecast.text


@pytest.mark.parametrize(
    "status",
    [
        None,
        {},
        {"activity": None},
        {"activity": {"lastActivity": 0, "lastUpdate": 0}},
        {"activity": {"lastActivity": 0, "lastProbe": {"result": "Success", "endTime": 5},
                      "rules": {"pauseWorkspace": {"eligibleAfter": 0}}}},
        {"activity": {"lastActivity": "x", "lastProbe": {"result": "Success", "endTime": 5},
                      "rules": {"pauseWorkspace": {"eligibleAfter": 10**30}}}},
        {"activity": ["?"]},
    ],
)  # fmt: skip
def test_what_the_workspace_does_not_tell_stays_unknown(status: object):
    assert rules.of({"status": status}) is None


def test_who_may_not_read_it_asks_once_an_hour_and_knows_nothing(tmp_path: Path):
    with kubernetes.Cluster() as cluster:
        cluster.world.seed(workspace(cluster.world.now()))
        refused(Pod(cluster, tmp_path, token="editor-token"))


def refused(pod: Pod) -> None:
    for _ in range(120):
        pod.time.pass_(30)
        found = pod.look()

    assert [one.status for one in pod.cluster.log] in ([403], [403, 403])
    assert (found.forecast.known, found.forecast.stops_at) == (False, None)
    assert "not known" in found.forecast.text
