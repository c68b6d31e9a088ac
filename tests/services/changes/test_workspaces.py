"""What each change does on a Workspace of Notebooks 2.0: it works, or says why not and what to do.

The fake follows the published API (v1beta1); no recording of a real one exists.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.assembly.changing import Larger
from kfnb_ext.kube import place
from kfnb_ext.model.changes import GrowRequest, PatchRequest, StopRequest
from kfnb_ext.services.cluster.exchanging import Exchanging
from kfnb_ext.services.cluster.growing import Growing
from kfnb_ext.services.cluster.patching import Patching
from kfnb_ext.services.cluster.sending import Sending
from kfnb_ext.services.cluster.stopping import Stopping
from kfnb_ext.services.cluster.unpatching import Unpatching
from kfnb_ext.services.cluster.waiting_for_room import WaitingForRoom
from kfnb_ext.services.cluster.where import Where
from kfnb_ext.services.cluster.writing import Writing
from tests.engines import csi_pod
from tests.services.changes.field import ADVICE, NOON, Field

SPACE = {
    "apiVersion": "kubeflow.org/v1beta1",
    "kind": "Workspace",
    "metadata": {"name": "ws", "namespace": "alice"},
    "spec": {
        "kind": "jupyterlab",
        "paused": False,
        "podTemplate": {"volumes": {"home": "demo-home", "data": []}, "options": {}},
    },
}


@pytest.fixture
def space(field: Field) -> Iterator[Writing]:
    field.cluster.world.rights.allow("kubeflow.org", "workspaces", "get", "patch")
    field.cluster.world.seed(SPACE)
    pod = csi_pod.pod({"/home/jovyan": "demo-home"})
    labels = {"notebooks.kubeflow.org/workspace-name": "ws"}
    pod["metadata"] |= {"name": "ws-ws-abc12-0", "labels": labels}
    field.cluster.world.seed(pod)
    names = place.Names("workspaces", "alice", "ws", "ws-ws-abc12-0")
    return Writing(lambda: field.client, Where(field.client, names, "/home/jovyan"),
                  field.operations)  # fmt: skip


def test_a_patch_is_refused_by_name_with_what_to_do_and_nothing_is_sent(field, space):
    patching = Patching(Sending(space), field.propose, now=lambda: NOON)
    before = len(field.cluster.log)
    for act in (
        lambda: patching.preview(PatchRequest(advice=ADVICE)),
        lambda: patching.apply(PatchRequest(advice=ADVICE)),
        patching.offered,
        lambda: Unpatching(Sending(space)).undo(None),
    ):
        with pytest.raises(errors.Unsupported, match=r"workspace of Notebooks 2\.0") as caught:
            act()
        assert "Choose another option" in caught.value.hint
    assert "options" in Unpatching(Sending(space)).list().note
    assert len(field.cluster.log) == before


def test_a_claim_of_a_workspace_grows_like_any(field, space):
    wait = WaitingForRoom(
        lambda: field.client, "alice", clock=lambda: field.ticks, sleep=field.pass_
    )
    growing = Growing(space, wait, Exchanging(space, Larger(lambda: field.context), field.allow))
    assert growing.preview("demo-home", GrowRequest(size="2Gi")).possible
    ended = field.ended(lambda: growing.grow("demo-home", GrowRequest(size="2Gi")))
    assert ended.state == "succeeded", ended.message
    assert field.read("workspaces", "ws")["spec"] == SPACE["spec"]


def test_a_restart_deletes_the_pod_of_the_workspace_by_its_own_name(field, space):
    made = Stopping(space, lambda wish, running: None)
    ended = field.ended(lambda: made.restart(StopRequest()))
    assert ended.state == "succeeded", ended.message
    sent = [r for r in field.cluster.log if r.method == "DELETE"]
    deleted = [r for r in sent if b"dryRun" not in r.body]
    assert [r.path.rpartition("/")[2] for r in deleted] == ["ws-ws-abc12-0"]
    assert field.read("workspaces", "ws")["spec"] == SPACE["spec"]


def test_a_stop_pauses_it_and_a_paused_one_is_not_stopped_again(field, space):
    made = Stopping(space, lambda wish, running: None)
    assert field.ended(lambda: made.stop(StopRequest())).state == "succeeded"
    assert field.read("workspaces", "ws")["spec"]["paused"] is True
    for act in (made.stop, made.restart):
        ended = field.ended(lambda act=act: act(StopRequest()))
        assert "stopped already" in ended.message


def test_outside_it_is_known_by_its_name_alone_and_stopped_or_restarted_as_what_it_is(field, space):
    status = {"state": "Running", "podTemplatePod": {"name": "ws-ws-abc12-0"}}
    field.cluster.world.seed(SPACE | {"status": status})
    names = place.names({}, "alice/ws", Path("/none"))
    outside = Writing(lambda: field.client, Where(field.client, names, "/home/jovyan"),
                      field.operations)  # fmt: skip
    with pytest.raises(errors.Unsupported, match=r"workspace of Notebooks 2\.0"):
        Patching(Sending(outside), field.propose, now=lambda: NOON).offered()
    made = Stopping(outside, lambda wish, running: None)
    ended = field.ended(lambda: made.restart(StopRequest()))
    assert ended.state == "succeeded", ended.message
    assert field.cluster.world.read("pods", "alice", "ws-ws-abc12-0") is None
    assert field.ended(lambda: made.stop(StopRequest())).state == "succeeded"
    assert field.read("workspaces", "ws")["spec"]["paused"] is True


def test_without_the_right_to_patch_it_a_stop_says_so_and_the_workspace_runs_on(
    field, space, tmp_path: Path
):
    field.cluster.world.rights.deny("kubeflow.org", "workspaces")
    ended = field.ended(lambda: Stopping(space, lambda wish, running: None).stop(StopRequest()))
    assert ended.state == "failed"
    assert ended.hint
    assert field.read("workspaces", "ws")["spec"]["paused"] is False
