"""Stopping and restarting the notebook, alone and behind a snapshot."""

import copy
import dataclasses
from datetime import datetime, timezone

import pytest

from kfnb_ext import errors
from kfnb_ext.kube import place
from kfnb_ext.kube.client import guard
from kfnb_ext.model.changes import StopRequest
from kfnb_ext.model.snapshots import CreateRequest, Snapshot
from kfnb_ext.services.cluster.stopping import Stopping
from kfnb_ext.services.cluster.where import Where
from kfnb_ext.services.cluster.writing import Writing
from tests.fakes.kubernetes import faults
from tests.services.changes.field import NOON, Field

JUST = StopRequest()


@dataclasses.dataclass
class Heart:
    """What writes the last use."""

    held: bool = False

    def hold(self, held: bool) -> None:
        self.held = held


def taken(wish: CreateRequest, **more) -> Snapshot:
    whole = {"complete": True, "state": "ready", "error": ""} | more
    return Snapshot(
        id="s1", engine=wish.engine, name=wish.name, created=datetime.now(timezone.utc),
        reason="manual", files=1, bytes_total=1, bytes_added=1, excluded=(), left_out=(),
        left_out_count=0, durable=True, place="", **whole,
    )  # fmt: skip


def stopping(field: Field, take=None, heart: Heart | None = None) -> Stopping:
    take = take or (lambda wish, running: taken(wish))
    return Stopping(field.gate, take, lambda: heart, now=lambda: NOON)


def marked(field: Field) -> str | None:
    return field.notebook["metadata"]["annotations"].get(guard.STOPPED)


def test_a_stop_sets_kubeflows_own_mark_and_the_pod_ends(field):
    heart = Heart()
    ended = field.ended(lambda: stopping(field, heart=heart).stop(JUST))
    assert ended.state == "succeeded", ended.message
    assert marked(field) == "2026-11-25T12:00:00Z"
    assert heart.held
    field.settle()
    assert field.pod_uid is None
    assert field.read("persistentvolumeclaims", "demo-home")


def test_a_restart_deletes_this_very_pod_and_leaves_the_notebook_alone(field):
    old, before = field.pod_uid, copy.deepcopy(field.notebook["metadata"]["annotations"])
    ended = field.ended(lambda: stopping(field).restart(JUST))
    assert ended.state == "succeeded", ended.message
    field.settle()
    assert field.pod_uid not in (None, old)
    assert field.notebook["metadata"]["annotations"] == before
    bodies = [r.body for r in field.cluster.log if r.method == "DELETE"]
    assert all(old.encode() in body for body in bodies)


@pytest.mark.parametrize("act", ["stop", "restart"])
def test_the_snapshot_comes_first_and_is_named(field, act):
    asked = []

    def take(wish, running):
        asked.append((wish, marked(field), field.pod_uid))
        return taken(wish)

    pod = field.pod_uid
    wish = StopRequest(snapshot="csi", reason="weekend")
    ended = field.ended(lambda: getattr(stopping(field, take), act)(wish, "alice"))
    assert ended.state == "succeeded", ended.message
    assert ended.snapshot == "s1"
    assert "s1 was taken before" in ended.message
    assert "weekend" in ended.title
    ((made, mark, was),) = asked
    assert (made.engine, made.name, made.note) == ("csi", f"before the {act}", "weekend")
    assert (mark, was) == (None, pod)


@pytest.mark.parametrize("act", ["stop", "restart"])
@pytest.mark.parametrize(
    "broken", [{"complete": False}, {"state": "failed", "error": "the driver broke"}, None]
)
def test_without_its_snapshot_the_notebook_goes_on(field, act, broken):
    def take(wish, running):
        if broken is None:
            raise errors.NoSpace("The volume is full.", "Delete something.")
        return taken(wish, **broken)

    pod = field.pod_uid
    ended = field.ended(lambda: getattr(stopping(field, take), act)(StopRequest(snapshot="local")))
    assert ended.state == "failed"
    field.settle()
    assert marked(field) is None
    assert field.pod_uid == pod


def test_what_may_not_be_stopped_is_told_before_a_snapshot_is_taken(field):
    field.cluster.faults.when(lambda r: r.method == "PATCH", faults.every()["403"])
    asked = []
    ended = field.ended(
        lambda: stopping(field, lambda *a: asked.append(a)).stop(StopRequest(snapshot="local"))
    )
    assert ended.state == "failed"
    assert not asked


def test_a_notebook_that_is_stopped_is_not_stopped_or_restarted_again(field):
    field.ended(lambda: stopping(field).stop(JUST))
    for act in ("stop", "restart"):
        ended = field.ended(lambda act=act: getattr(stopping(field), act)(JUST))
        assert ended.state == "failed"
        assert "stopped already" in ended.message


def test_the_heart_goes_on_where_the_stop_is_refused(field):
    heart = Heart()
    field.cluster.faults.when(
        lambda r: r.method == "PATCH" and "dryRun" not in r.query, faults.every()["403"]
    )
    assert field.ended(lambda: stopping(field, heart=heart).stop(JUST)).state == "failed"
    assert not heart.held
    assert marked(field) is None


def test_a_workspace_is_paused(field):
    space = {"apiVersion": "kubeflow.org/v1beta1", "kind": "Workspace"}
    metadata = {"name": "demo", "namespace": "alice"}
    if not any(k.plural == "workspaces" for k in field.cluster.world.registry.kinds):
        pytest.skip("the fake serves no workspaces")
    field.cluster.world.seed(space | {"metadata": metadata, "spec": {"paused": False}})
    field.cluster.world.rights.tokens["editor-token"] = field.cluster.world.rights.tokens[
        "admin-token"
    ]
    names = place.Names("workspaces", "alice", "demo", "demo-0")
    where = Where(field.client, names, "/home/jovyan")
    gate = Writing(lambda: field.client, where, field.operations)
    made = Stopping(gate, lambda wish, running: taken(wish))
    ended = field.ended(lambda: made.stop(JUST))
    assert ended.state == "succeeded", ended.message
    assert field.read("workspaces", "demo")["spec"]["paused"] is True


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (place.Names("hub", "alice", "", "jupyter-alice"), "JupyterHub"),
        (place.Names("pod", "alice", "", "x-0"), "no Notebook"),
        (place.Names("none", "", "", ""), "no Notebook"),
    ],
)
def test_what_belongs_to_no_notebook_is_explained(field, names, word):
    gate = Writing(lambda: field.client, Where(field.client, names, "/"), field.operations)
    made = Stopping(gate, lambda wish, running: taken(wish))
    for act in (made.stop, made.restart):
        with pytest.raises(errors.Unsupported, match=word) as caught:
            act(JUST)
        assert caught.value.hint


@pytest.mark.parametrize("fault", sorted(faults.every()))
@pytest.mark.parametrize("act", ["stop", "restart"])
def test_whatever_goes_wrong_it_is_done_once_or_not_at_all(tmp_path, act, fault):
    for nth in (1, 2, 3, 4, 5):
        folder = tmp_path / str(nth)
        folder.mkdir()
        field = Field(folder)
        with field.cluster:
            old = field.pod_uid
            field.cluster.faults.next(faults.every(2.0)[fault], nth)
            start = getattr(stopping(field), act)
            ended = field.ended(lambda start=start: start(JUST))
            field.cluster.faults.clear()
            field.settle()
            done = marked(field) is not None if act == "stop" else field.pod_uid != old
            if ended.state == "succeeded":
                assert done
            else:
                assert not done, (nth, ended.message)
                assert ended.message
                assert ended.hint
            assert (field.pod_uid is None) is (act == "stop" and done)
