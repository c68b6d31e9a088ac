"""What the door asks again by itself, how long it waits before, and what it never repeats."""

import contextlib

import pytest

from kfnb_ext.kube import client
from kfnb_ext.kube.client import address, failures
from tests.fakes import kubernetes
from tests.fakes.kubernetes import Cluster, faults, statuses
from tests.kube.conftest import ACTIVITY, DEMO, PATCH, Time, refusal


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.throttled(2), "throttled"),
        (faults.broken(), "server"),
        (faults.timed_out(), "timeout"),
        (faults.closed(), "closed"),
        (faults.silent(0.6), "timeout"),
    ],
)
def test_what_passes_is_tried_thrice_and_then_told(
    door: client.Client, cluster: Cluster, time: Time, fault, reason
):
    cluster.faults.always(fault)

    error = refusal(lambda: door.get(DEMO))

    assert error.reason == reason
    assert error.status == 503
    assert not error.uncertain
    assert len(cluster.log) == 3
    assert len(time.slept) == 2
    assert time.slept[1] >= time.slept[0]


@pytest.mark.parametrize("fault", [faults.throttled(), faults.broken(), faults.closed()])
def test_one_bad_moment_is_not_noticed(door: client.Client, cluster: Cluster, fault):
    cluster.faults.next(fault)

    assert door.patch_merge(DEMO, PATCH).body["kind"] == "Notebook"


def test_retry_after_is_the_least_wait(door: client.Client, cluster: Cluster, time: Time):
    cluster.faults.next(faults.throttled(7))

    door.get(DEMO)

    assert time.slept == [7.0]


def test_a_wait_beyond_our_patience_is_the_callers(
    door: client.Client, cluster: Cluster, time: Time
):
    cluster.faults.always(faults.throttled(120))

    error = refusal(lambda: door.get(DEMO))

    assert error.retry_after == 120.0
    assert time.slept == []
    assert len(cluster.log) == 1


@pytest.mark.parametrize("fault", [faults.broken(), faults.timed_out(), faults.closed()])
def test_a_create_is_never_repeated_when_it_may_have_happened(
    door: client.Client, cluster: Cluster, fault
):
    cluster.faults.next(fault)

    error = refusal(
        lambda: door.create(address.NOTEBOOKS.at("alice"), kubernetes.notebook("other"))
    )

    assert error.uncertain
    assert len(cluster.log) == 1


def test_a_create_that_was_not_looked_at_is_repeated(door: client.Client, cluster: Cluster):
    cluster.faults.next(faults.throttled())

    door.create(address.NOTEBOOKS.at("alice"), kubernetes.notebook("other"))

    assert len(cluster.log) == 2


def test_a_patch_whose_answer_was_lost_is_repeated_without_harm(
    door: client.Client, cluster: Cluster
):
    cluster.faults.next(faults.closed(applied=True))

    after = door.patch_merge(DEMO, PATCH).body

    assert after["metadata"]["annotations"][ACTIVITY] == "2026-01-01T00:00:00Z"
    assert len([one for one in cluster.log if one.method == "PATCH"]) == 2


@pytest.mark.parametrize(
    "failure",
    [
        statuses.Failure(400, "BadRequest", "no"),
        statuses.Failure(403, "Forbidden", "no"),
        statuses.Failure(404, "NotFound", "no"),
        statuses.Failure(409, "Conflict", "no"),
        statuses.Failure(410, "Expired", "no"),
        statuses.Failure(422, "Invalid", "no"),
    ],
)
def test_what_does_not_pass_is_not_repeated(door: client.Client, cluster: Cluster, failure):
    cluster.faults.always(faults.refusal(failure))

    assert refusal(lambda: door.patch_merge(DEMO, PATCH)).code == failure.code
    assert len(cluster.log) == 1


@pytest.mark.parametrize("name", faults.every(0.5))
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_whatever_a_request_meets_it_ends_in_time_and_in_words(
    door: client.Client, cluster: Cluster, time: Time, name: str, nth: int
):
    for number in range(nth):
        cluster.faults.next(faults.every(0.5)[name], nth=number + 1)

    with contextlib.suppress(failures.ClusterError):
        door.patch_merge(DEMO, PATCH)
    found = cluster.world.read("notebooks", "alice", "demo")

    assert found
    assert found["metadata"]["generation"] == 1
    assert len(cluster.log) <= 4
    assert time.now <= door.policy.patience
