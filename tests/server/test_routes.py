"""Each route does what its line in the table says, and answers with its record."""

import json
import shutil
from typing import Any

import httpx
import msgspec
import pytest

from kfnb_ext.model.operations import Operation
from kfnb_ext.model.retention import PrunePlan
from kfnb_ext.model.snapshots import EntryList, RestorePlan, Snapshot, SnapshotList
from kfnb_ext.model.status import Status
from tests.server.live import Live


def whole(answer: httpx.Response, kind: Any, status: int = 200) -> Any:
    """The record of an answer that holds exactly what the record has: no field more or less."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    record = msgspec.json.decode(answer.content, type=kind)
    assert json.loads(msgspec.json.encode(record)) == answer.json()
    return record


def test_the_status_holds_every_reading(server: Live):
    status = whole(server.get("status"), Status)

    assert status.workspace == str(server.workspace)
    assert status.history == ()
    assert not status.read_only


def test_the_status_since_a_reading_holds_what_came_after_it(server: Live):
    first = whole(server.get("status", since=0), Status)
    assert [point.seq for point in first.history][-1] == first.seq

    later = whole(server.get("status", since=first.seq), Status)
    assert all(point.seq > first.seq for point in later.history)


def test_the_numbers_of_readings_grow_and_a_young_one_is_served_again(server: Live):
    seqs = [server.get("status").json()["seq"] for _ in range(20)]

    assert seqs == sorted(seqs)
    assert len(set(seqs)) <= 3


def test_a_snapshot_is_taken_listed_shown_read_verified_and_deleted(server: Live):
    operation = whole(server.post("snapshots", {"name": "a test"}), Operation, 202)
    done = server.ended(httpx.Response(202, content=msgspec.json.encode(operation)))
    assert done["state"] == "succeeded"
    place = f"snapshots/local/{done['snapshot']}"

    listed = whole(server.get("snapshots"), SnapshotList)
    assert done["snapshot"] in [one.id for one in listed.snapshots]
    assert whole(server.get(place), Snapshot).name == "a test"
    assert {e.name for e in whole(server.get(f"{place}/files"), EntryList).entries} == {
        "data",
        "demo.ipynb",
    }
    inside = whole(server.get(f"{place}/files", path="data/deep"), EntryList)
    assert [entry.name for entry in inside.entries] == [" text .txt"]

    verified = server.ended(server.post(f"{place}/verify"))
    assert [found["ok"] for found in verified["verification"]] == [True]

    deleted = server.ended(server.delete(place))
    assert deleted["state"] == "succeeded"
    assert server.get(place).status_code == 404


def test_a_file_of_a_snapshot_is_a_download_and_never_a_page(server: Live, snapshot: str):
    answer = server.get(f"snapshots/local/{snapshot}/content", path="data/page.html")

    assert answer.status_code == 200
    assert answer.text == "<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''page.html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_spaces_at_the_ends_of_a_name_belong_to_it(server: Live, snapshot: str):
    answer = server.get(f"snapshots/local/{snapshot}/content", path="data/deep/ text .txt")

    assert answer.text == "spaces belong to the name"
    assert answer.headers["Content-Disposition"].endswith("''%20text%20.txt")


def test_a_folder_of_many_files_is_told_whole_and_in_pieces(server: Live):
    many = server.workspace / "many"
    many.mkdir()
    for number in range(4001):
        (many / f"file{number:05}").touch()
    taken = server.snapshot("of a large folder")
    shutil.rmtree(many)

    answer = server.get(f"snapshots/local/{taken}/files", path="many")
    listed = whole(answer, EntryList)
    assert [one.name for one in listed.entries] == [f"file{n:05}" for n in range(4001)]
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_a_restore_is_previewed_made_and_taken_back(server: Live, snapshot: str):
    file = server.workspace / "demo.ipynb"
    before = file.read_text()
    file.write_text("changed")
    request = {"snapshot": snapshot, "paths": ["demo.ipynb"]}

    plan = whole(server.post("restores/preview", request), RestorePlan)
    assert (plan.possible, plan.replaced_paths) == (True, ("demo.ipynb",))
    assert file.read_text() == "changed"

    done = server.ended(server.post("restores", request))
    assert done["state"] == "succeeded", done
    assert file.read_text() == before

    plan = server.post(f"restores/{done['restore']}/undo/preview").json()
    assert (plan["possible"], plan["restart"]) == (True, False), plan
    undone = server.ended(server.post(f"restores/{done['restore']}/undo"))
    assert undone["state"] == "succeeded", undone
    assert file.read_text() == "changed"
    file.write_text(before)


def test_a_prune_says_what_it_would_delete_and_deletes_that_alone(kubeflow: Live):
    send(kubeflow, "snapshots", {"name": "old"})
    send(kubeflow, "snapshots", {"name": "new"})
    keep = {"last": 1, "daily": 0, "weekly": 0}

    plan = whole(post(kubeflow, "prune", {"retention": keep}), PrunePlan)
    listed = [one["id"] for one in kubeflow.get("snapshots").json()["snapshots"]]
    assert plan.keep[0] == listed[0]
    assert plan.delete
    assert {*plan.keep, *plan.delete} == set(listed)
    refused = post(kubeflow, "prune", {"retention": keep, "dry_run": False, "delete": ["other"]})
    assert refused.status_code == 409
    send(kubeflow, "prune", {"retention": keep, "dry_run": False, "delete": list(plan.delete)})

    left = kubeflow.get("snapshots").json()["snapshots"]
    assert [one["id"] for one in left] == list(plan.keep)


def test_operations_are_listed_shown_and_stopped_only_while_they_run(server: Live, snapshot: str):
    listed = whole(server.get("operations"), tuple[Operation, ...])
    made = next(one for one in listed if one.snapshot == snapshot)

    assert whole(server.get(f"operations/{made.id}"), Operation) == made
    stopped = server.delete(f"operations/{made.id}")
    assert stopped.status_code == 409
    assert "already ended" in stopped.json()["message"]


def test_the_document_of_the_routes_is_served_with_the_prefix_of_the_server(kubeflow: Live):
    document = kubeflow.get("openapi.json").json()

    assert document["servers"] == [{"url": "/notebook/ns/name/kfnb/v1"}]
    assert document["paths"]["/snapshots/{engine}/{id}"].keys() == {"get", "delete"}


@pytest.mark.parametrize("path", ["", "v1", "v1/", "v1/nothing", "v1/status/", "v2/status"])
def test_a_path_that_is_no_route_is_told_in_our_own_form(server: Live, path: str):
    answer = server.client.get(f"kfnb/{path}")

    assert answer.status_code == 404
    assert answer.json().keys() == {"message", "hint"}


@pytest.mark.parametrize(
    ("method", "path", "has"),
    [
        ("POST", "status", "GET"),
        ("DELETE", "snapshots", "GET, POST"),
        ("GET", "prune", "POST"),
        ("PUT", "snapshots", "GET, POST"),
        ("PATCH", "status", "GET"),
    ],
)
def test_a_method_that_a_route_does_not_have_is_told(
    server: Live, method: str, path: str, has: str
):
    answer = server.client.request(method, f"kfnb/v1/{path}")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == has
    assert answer.json()["message"] == f"{method} is not a method of this route; it has {has}."
    assert answer.json()["hint"]


def test_a_head_is_told_the_methods_without_a_body(server: Live):
    answer = server.client.head("kfnb/v1/status")

    assert (answer.status_code, answer.headers["Allow"], answer.content) == (405, "GET", b"")


def post(server: Live, path: str, body: Any) -> httpx.Response:
    """POST as a browser without a token does: with the cookie and the header that proves it."""
    sent = {"X-XSRFToken": server.client.cookies.get("_xsrf", "")}
    return server.post(path, body, headers=sent)


def send(server: Live, path: str, body: Any) -> dict[str, Any]:
    """POST, and wait for the end."""
    return server.ended(post(server, path, body))
