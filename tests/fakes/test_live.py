"""What the fake API server does while it runs: watches that are open, faults, lost answers."""

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import Request as Ask
from urllib.request import urlopen

import pytest

from tests.fakes import kubernetes
from tests.fakes.kubernetes import Cluster, faults

NOTEBOOKS = "/apis/kubeflow.org/v1/namespaces/alice/notebooks"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        running.world.seed(kubernetes.notebook())
        yield running


def ask(cluster: Cluster, method: str, path: str, body: Any = None, media: str = "") -> Any:
    """Ask over the wire."""
    headers = {"Authorization": "Bearer editor-token"}
    headers |= {"Content-Type": media or "application/json"} if body is not None else {}
    payload = json.dumps(body).encode() if body is not None else None
    return urlopen(Ask(cluster.url + path, payload, headers, method=method), timeout=5)


def test_an_open_watch_tells_what_happens_until_its_time_is_up(cluster: Cluster):
    cluster.world.second = 0.1
    at = cluster.world.store.revision
    stream = ask(cluster, "GET", f"{NOTEBOOKS}?watch=true&resourceVersion={at}&timeoutSeconds=10")

    ask(cluster, "POST", NOTEBOOKS, kubernetes.notebook("other")).read()
    first = json.loads(stream.readline())
    ask(cluster, "DELETE", f"{NOTEBOOKS}/other").read()
    second = json.loads(stream.readline())

    assert (first["type"], second["type"]) == ("ADDED", "DELETED")
    assert first["object"]["metadata"]["name"] == "other"
    assert stream.read() == b""


def test_a_history_that_was_forgotten_ends_a_watch_at_once(cluster: Cluster):
    ask(cluster, "POST", NOTEBOOKS, kubernetes.notebook("other")).read()
    with cluster.world.store.lock:
        cluster.world.store.compact()

    event = json.loads(ask(cluster, "GET", f"{NOTEBOOKS}?watch=true&resourceVersion=1").read())

    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_an_answer_may_be_lost_after_the_work_was_done(cluster: Cluster):
    cluster.faults.next(faults.closed(applied=True))

    with pytest.raises(OSError, match="closed connection"):
        ask(cluster, "POST", NOTEBOOKS, kubernetes.notebook("other"))

    assert cluster.world.read("notebooks", "alice", "other")
    assert [request.status for request in cluster.log] == [0]


def test_only_the_request_that_is_meant_meets_its_fault(cluster: Cluster):
    cluster.faults.next(faults.broken(), nth=2)
    cluster.faults.when(lambda request: request.method == "DELETE", faults.timed_out())

    assert ask(cluster, "GET", NOTEBOOKS).status == 200
    for method, code in (("GET", 500), ("DELETE", 504)):
        with pytest.raises(OSError, match=str(code)):
            ask(cluster, method, f"{NOTEBOOKS}/demo")
    assert ask(cluster, "DELETE", f"{NOTEBOOKS}/demo").status == 200


def test_two_writers_with_one_version_do_not_both_win(cluster: Cluster):
    found = cluster.world.read("notebooks", "alice", "demo")
    assert found
    codes: list[int] = []

    def write(value: str) -> None:
        version = found["metadata"]["resourceVersion"]
        metadata = {"resourceVersion": version, "annotations": {"notebook": value}}
        patch = {"metadata": metadata}
        try:
            ask(cluster, "PATCH", f"{NOTEBOOKS}/demo", patch, "application/merge-patch+json")
            codes.append(200)
        except OSError as error:
            codes.append(error.code)  # type: ignore[attr-defined]

    writers = [threading.Thread(target=write, args=(str(n),)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert sorted(codes) == [200] + [409] * 7
