"""The door against an API server on the wire: what it sends, repeats, and never does."""

import asyncio
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kfnb_ext.kube import client
from kfnb_ext.kube.client import address
from kfnb_ext.kube.client.access import Access
from tests.fakes import kubernetes
from tests.fakes.kubernetes import Cluster, faults
from tests.kube.conftest import ACTIVITY, DEMO, PATCH, refusal


def test_what_time_it_is_the_server_says_and_between_two_answers_it_goes_on(tmp_path: Path):
    ticks, there = [100.0], [datetime(2031, 5, 1, 12, tzinfo=timezone.utc)]
    with Cluster(clock=lambda: there[0]) as cluster:
        cluster.world.seed(kubernetes.notebook())
        access = Access({"KUBECONFIG": str(cluster.kubeconfig(tmp_path))}, tmp_path / "none")
        door = client.Client(access, clock=lambda: ticks[0])
        here = datetime.now(timezone.utc)
        assert abs(door.now() - here) < timedelta(minutes=1)  # nobody has told it yet

        door.get(DEMO)
        assert door.now() == there[0]
        ticks[0] += 90
        assert door.now() == there[0] + timedelta(seconds=90)

        there[0] += timedelta(seconds=91)  # it told whole seconds, and was on its way
        door.get(DEMO)
        assert door.now() == there[0] - timedelta(seconds=1)
        there[0] -= timedelta(minutes=5)  # its clock was set
        door.get(DEMO)
        assert door.now() == there[0]


class TestVerbs:
    def test_an_object_is_read_with_the_servers_clock(self, door: client.Client):
        answer = door.get(DEMO)

        assert answer.body["metadata"]["name"] == "demo"
        assert answer.date is not None
        assert answer.date.utcoffset() is not None

    def test_a_merge_patch_changes_an_annotation_and_nothing_else(
        self, door: client.Client, cluster: Cluster
    ):
        before = door.get(DEMO).body

        after = door.patch_merge(DEMO, PATCH).body

        assert after["metadata"]["annotations"][ACTIVITY] == "2026-01-01T00:00:00Z"
        assert after["metadata"]["generation"] == before["metadata"]["generation"]
        assert after["metadata"]["labels"] == before["metadata"]["labels"]
        assert after["spec"] == before["spec"]

    def test_what_is_sent_says_who_sends_it_and_how_long_it_may_take(
        self, door: client.Client, cluster: Cluster
    ):
        door.patch_merge(DEMO, PATCH)

        sent = cluster.log[-1]
        assert sent.query == {"fieldManager": "kfnb-ext", "timeout": "1s"}
        assert sent.headers["user-agent"].startswith("kfnb-ext/")
        assert sent.headers["content-type"] == "application/merge-patch+json"

    def test_a_json_patch_holds_on_to_what_it_tests(self, door: client.Client, cluster: Cluster):
        door.patch_merge(DEMO, PATCH)
        path = "/metadata/annotations/notebooks.kubeflow.org~1last-activity"
        test = {"op": "test", "path": path, "value": "2026-01-01T00:00:00Z"}
        change = {"op": "replace", "path": path, "value": "2026-01-02T00:00:00Z"}

        door.patch_json(DEMO, [test, change])
        second = refusal(lambda: door.patch_json(DEMO, [test, change]))

        assert second.reason == "test_failed"
        assert len(cluster.log) == 3

    def test_a_json_patch_tests_whatever_letters_an_annotation_holds(
        self, door: client.Client, cluster: Cluster
    ):
        told = '“Müller & Söhne” <3 \u2028 \\ " \x7f \n 🦊'
        door.patch_merge(DEMO, {"metadata": {"annotations": {ACTIVITY: told}}})
        path = f"/metadata/annotations/{ACTIVITY.replace('/', '~1')}"

        door.patch_json(
            DEMO,
            [
                {"op": "test", "path": path, "value": told},
                {"op": "replace", "path": path, "value": told + "!"},
            ],
        )

        found = cluster.world.read("notebooks", "alice", "demo")
        assert found["metadata"]["annotations"][ACTIVITY] == told + "!"

    def test_a_dry_run_stores_nothing(self, door: client.Client, cluster: Cluster):
        door.create(address.NOTEBOOKS.at("alice"), kubernetes.notebook("other"), dry_run=True)

        assert cluster.world.read("notebooks", "alice", "other") is None

    def test_a_dry_run_of_a_delete_leaves_the_object_there(
        self, door: client.Client, cluster: Cluster
    ):
        uid = cluster.world.read("notebooks", "alice", "demo")["metadata"]["uid"]

        door.delete(DEMO, uid=uid, dry_run=True)

        assert cluster.world.read("notebooks", "alice", "demo")["metadata"]["uid"] == uid
        assert cluster.log[-1].json()["dryRun"] == ["All"]

    def test_an_object_is_made_and_deleted(self, door: client.Client, cluster: Cluster):
        made = door.create(address.NOTEBOOKS.at("alice"), kubernetes.notebook("other")).body

        assert refusal(
            lambda: door.delete(address.NOTEBOOKS.at("alice", "other"), uid="another")
        ).reason == ("stale")
        door.delete(address.NOTEBOOKS.at("alice", "other"), uid=made["metadata"]["uid"])

        assert cluster.world.read("notebooks", "alice", "other") is None

    def test_a_list_is_read_page_by_page(
        self, door: client.Client, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(client, "PAGE", 1)
        cluster.world.seed(kubernetes.notebook("b"), kubernetes.notebook("c"))

        found = door.list(address.NOTEBOOKS.at("alice")).body["items"]
        chosen = door.list(address.NOTEBOOKS.at("alice"), labels="app=b").body["items"]

        assert [one["metadata"]["name"] for one in found] == ["b", "c", "demo"]
        assert [one["metadata"]["name"] for one in chosen] == ["b"]
        assert len(cluster.log) == 4

    def test_what_the_guard_refuses_never_leaves_the_pod(
        self, door: client.Client, cluster: Cluster
    ):
        labels = {"metadata": {"labels": {"notebook": "x"}}}
        beat = {"op": "add", "path": "/metadata/annotations/beat", "value": "x"}
        other = kubernetes.notebook("other", beat="x")

        assert refusal(lambda: door.patch_merge(DEMO, labels)).reason == "refused_here"
        assert refusal(lambda: door.patch_json(DEMO, [beat])).reason == "refused_here"
        assert (
            refusal(lambda: door.create(address.NOTEBOOKS.at("alice"), other)).reason
            == "refused_here"
        )
        assert cluster.log == []


class TestCredentials:
    def test_a_token_that_was_replaced_is_read_again_after_a_401(
        self, door: client.Client, cluster: Cluster, tmp_path: Path
    ):
        door.get(DEMO)
        cluster.renew_token(tmp_path)

        assert door.get(DEMO).body["kind"] == "Notebook"
        assert [one.status for one in cluster.log] == [200, 401, 200]

    def test_a_token_that_stays_refused_is_told_after_two_tries(
        self, door: client.Client, cluster: Cluster
    ):
        cluster.world.rights.tokens.clear()

        error = refusal(lambda: door.get(DEMO))

        assert (error.reason, error.status) == ("unauthenticated", 403)
        assert len(cluster.log) == 2

    def test_without_a_cluster_nothing_is_imported_and_it_is_said(self, tmp_path: Path):
        nowhere = client.Client(Access({}, tmp_path))

        assert not nowhere.access.possible
        assert refusal(lambda: nowhere.get(DEMO)).reason == "no_cluster"

    def test_a_kubeconfig_that_cannot_be_read_is_said(self, tmp_path: Path):
        (tmp_path / "kubeconfig").write_text("{not yaml: [")
        broken = client.Client(Access({"KUBECONFIG": str(tmp_path / "kubeconfig")}, tmp_path))

        assert refusal(lambda: broken.get(DEMO)).reason == "no_cluster"

    def test_a_missing_package_is_said_with_the_way_to_install_it(
        self, door: client.Client, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setitem(__import__("sys").modules, "kubernetes", None)

        error = refusal(lambda: door.get(DEMO))

        assert error.reason == "not_installed"
        assert 'pip install "kfnb-ext[kubernetes]"' in error.hint


class TestManners:
    def test_on_an_event_loop_it_refuses(self, door: client.Client, cluster: Cluster):
        async def wrong() -> None:
            door.get(DEMO)

        assert refusal(lambda: asyncio.run(wrong())).reason == "event_loop"
        assert cluster.log == []

    def test_one_request_is_in_flight_at_a_time(self, door: client.Client, cluster: Cluster):
        gate = cluster.world.store.lock
        with gate:  # the server holds every answer
            threads = [threading.Thread(target=door.get, args=(DEMO,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            threading.Event().wait(0.15)
            assert len(cluster.log) == 1
        for thread in threads:
            thread.join()

        assert len(cluster.log) == 3

    def test_a_server_that_is_not_there_is_told(self, door: client.Client, cluster: Cluster):
        cluster.stop()

        error = refusal(lambda: door.patch_merge(DEMO, PATCH))

        assert error.reason == "unreachable"
        assert not error.uncertain

    def test_an_answer_of_something_else_is_told(self, door: client.Client, cluster: Cluster):
        page = faults.Fault(answer=faults.Response(200, "<html>Please sign in</html>"))
        cluster.faults.next(page)

        assert refusal(lambda: door.get(DEMO)).reason == "nonsense"

    def test_nothing_is_imported_before_the_first_request(self):
        import subprocess
        import sys

        code = (
            "import sys; from kfnb_ext.kube import client; from kfnb_ext.kube.client import access;"
            "c = client.Client(access.Access({})); c.access.possible;"
            "sys.exit('kubernetes' in sys.modules or 'urllib3' in sys.modules)"
        )

        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
