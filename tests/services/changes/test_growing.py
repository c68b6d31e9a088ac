"""A claim made larger: online, to the file system's new size, and never smaller."""

import copy

import pytest

from kfnb_ext import errors
from kfnb_ext.model import quantities
from kfnb_ext.model.changes import GrowRequest
from kfnb_ext.services.cluster.waiting_for_room import WaitingForRoom
from tests.fakes.kubernetes import faults
from tests.services.changes.field import GIB, Field

HOME = "demo-home"


def grow(field: Field, size: str, name: str = HOME):
    return field.ended(lambda: field.growing.grow(name, GrowRequest(size=size)))


def claim(field: Field, name: str = HOME):
    return field.read("persistentvolumeclaims", name)


def asked(field: Field, name: str = HOME) -> int | None:
    return quantities.size(claim(field, name)["spec"]["resources"]["requests"]["storage"])


@pytest.mark.parametrize(("size", "wanted"), [("2Gi", 2 * GIB), ("+1Gi", 2 * GIB)])
def test_the_preview_says_what_it_has_and_would_have_and_changes_nothing(field, size, wanted):
    before = claim(field)
    plan = field.growing.preview(HOME, GrowRequest(size=size))
    assert plan.possible
    assert (plan.way, plan.size, plan.wanted, plan.mount) == (
        "online", GIB, wanted, "/home/jovyan"
    )  # fmt: skip
    assert not plan.restart
    assert claim(field) == before


def test_it_grows_while_the_notebook_runs_and_each_stage_is_told(field):
    pod, told = field.pod_uid, []
    running = field.growing.grow(HOME, GrowRequest(size="2Gi"))
    running.phase = lambda text, was=running.phase: (told.append(text), was(text))
    assert running.wait(30)
    assert running.record.state == "succeeded", running.record.message
    assert "has 2Gi" in running.record.message
    assert claim(field)["status"]["capacity"] == {"storage": "2Gi"}
    assert field.pod_uid == pod
    assert any("grow on the node" in text for text in told)


@pytest.mark.parametrize(("size", "word"), [("512Mi", "smaller"), ("1Gi", "already")])
def test_never_a_shrink_and_nothing_is_sent_for_one(field, size, word):
    plan = field.growing.preview(HOME, GrowRequest(size=size))
    assert not plan.possible
    assert word in plan.findings[0]
    ended = grow(field, size)
    assert ended.state == "failed"
    assert word in ended.message
    assert not [r for r in field.cluster.log if r.method == "PATCH"]


def test_a_class_that_lets_nothing_grow_is_named_and_why_no_larger_claim_can_take_its_place(field):
    plan = field.growing.preview("demo-data", GrowRequest(size="2Gi"))
    assert not plan.possible
    assert plan.way == "switch"
    assert "rigid does not let claims grow, and no larger claim" in plan.findings[0]
    assert "demo-data is not mounted in this notebook" in plan.findings[0]
    ended = grow(field, "2Gi", "demo-data")
    assert ended.state == "failed"
    assert "must support resize" in ended.message
    assert asked(field, "demo-data") == GIB


def test_a_claim_that_is_not_bound_is_explained(field):
    pending = copy.deepcopy(claim(field))
    pending["metadata"] = {"name": "loose", "namespace": "alice"}
    pending["spec"]["storageClassName"] = "nowhere"
    pending["status"] = {"phase": "Pending"}
    field.cluster.world.seed(pending)
    plan = field.growing.preview("loose", GrowRequest(size="2Gi"))
    assert not plan.possible
    assert "not bound" in plan.findings[0]
    assert "Start a pod" in plan.findings[0]


def test_a_full_quota_is_told_before_anything_is_asked_for(field):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota"}
    metadata, hard = {"name": "all", "namespace": "alice"}, {"requests.storage": "3Gi"}
    field.cluster.world.seed(quota | {"metadata": metadata, "spec": {"hard": hard}})
    plan = field.growing.preview(HOME, GrowRequest(size="+5Gi"))
    assert not plan.possible
    assert "quota all" in " ".join(plan.findings)
    assert grow(field, "+5Gi").state == "failed"
    assert asked(field) == GIB


def test_the_end_of_the_waiting_is_not_the_end_of_the_growth(field):
    field.cluster.controllers.kubelet = False
    running = field.growing.grow(HOME, GrowRequest(size="2Gi"))
    running.cancel()
    assert running.wait(30)
    assert running.record.state == "cancelled"
    assert "goes on in the cluster" in running.record.message
    assert asked(field) == 2 * GIB


def test_a_growth_that_does_not_end_is_said_to_go_on_with_its_stage(field):
    field.cluster.controllers.kubelet = False
    ended = grow(field, "2Gi")
    assert ended.state == "failed"
    assert "within 10 min" in ended.message
    assert "grow on the node" in ended.message
    assert "unharmed" in ended.message
    assert "restart the notebook" in ended.hint


def test_a_driver_that_cannot_is_told_at_once_and_the_claim_keeps_what_it_had(field):
    field.cluster.controllers.held.add(HOME)

    def broken(seconds: float) -> None:
        found = copy.deepcopy(claim(field))
        error = {"type": "ControllerResizeError", "status": "True", "message": "the pool is full"}
        found["status"]["conditions"] = [error]
        stages = {"storage": "ControllerResizeInfeasible"}
        found["status"]["allocatedResourceStatuses"] = stages
        field.cluster.world.seed(found)

    field.pass_ = broken  # type: ignore[method-assign]
    field.growing._wait._sleep = broken
    ended = grow(field, "2Gi")
    assert ended.state == "failed"
    assert "the pool is full" in ended.message
    assert "unharmed" in ended.message


def stuck(field: Field, status: dict[str, object]) -> None:
    """What a resizer makes of the claim while we wait."""
    field.cluster.controllers.held.add(HOME)

    def resizer(seconds: float) -> None:
        field.ticks += seconds
        found = copy.deepcopy(claim(field))
        found["status"] |= copy.deepcopy(status)
        field.cluster.world.seed(found)

    field.growing._wait._sleep = resizer


def condition(kind: str, message: str = "") -> dict[str, str]:
    return {"type": kind, "status": "True", "message": message}


def test_a_driver_that_wants_the_claim_out_of_use_is_told_with_what_to_do(field):
    """What external-resizer 2 writes: a final error that is not infeasible, and it tries again."""
    text = "failed to expand pvc with rpc error: code = FailedPrecondition desc = volume is in use"
    conditions = [condition("Resizing"), condition("ControllerResizeError", text)]
    stages = {"storage": "ControllerResizeInProgress"}
    stuck(field, {"conditions": conditions, "allocatedResourceStatuses": stages})
    ended = grow(field, "2Gi")
    assert ended.state == "failed"
    assert "while it is in use" in ended.message
    assert "volume is in use" in ended.message
    assert "unharmed" in ended.message
    assert "Stop the notebook" in ended.hint
    assert field.ticks < 60


def test_an_error_of_a_try_before_is_not_told_while_the_node_is_at_it(field):
    """The resizer keeps the old condition beside the new one until all has ended."""
    old = condition("ControllerResizeError", "failed to expand pvc with the pool was away")
    waits = condition("FileSystemResizePending", "Waiting for user to (re-)start a pod")
    stages = {"storage": "NodeResizePending"}
    stuck(field, {"conditions": [old, waits], "allocatedResourceStatuses": stages})
    ended = grow(field, "2Gi")
    assert "grow on the node" in ended.message
    assert "pool" not in ended.message
    assert "restart the notebook" in ended.hint


def test_what_a_resizer_says_in_an_event_alone_is_told_at_the_end(field):
    text = (
        "Unable to expand alice/demo-home because CSI driver hostpath.csi.k8s.io only supports "
        "offline expansion and volume is currently in-use"
    )
    stuck(field, {"conditions": [condition("Resizing")]})
    with field.cluster.world.store.lock:
        field.cluster.controllers.event(claim(field), True, "VolumeResizeFailed", text, "resizer")
    ended = grow(field, "2Gi")
    assert "within 10 min" in ended.message
    assert text in ended.message


def test_the_file_systems_new_size_is_told_where_it_is_mounted(tmp_path):
    wait = WaitingForRoom(lambda: None, "alice")  # type: ignore[arg-type,return-value]
    assert (wait.measure(str(tmp_path)) or 0) > 0
    assert wait.measure("") is None
    assert wait.measure(str(tmp_path / "gone")) is None


def test_a_claim_that_is_a_folder_of_a_larger_file_system_is_told_so(field, tmp_path):
    wait = WaitingForRoom(lambda: field.client, "alice")
    before = wait.measure(str(tmp_path))

    ended = wait.until(HOME, GIB, str(tmp_path), before, running=None)  # type: ignore[arg-type]

    assert ended.message.startswith("The claim demo-home has 1Gi. The file system at")
    assert "the claim's size does not bound it" in ended.message


@pytest.mark.parametrize("size", ["", "20", "5Gi; rm", "-5Gi", "Gi", "0Gi"])
def test_what_is_no_size_is_refused(field, size):
    if size in ("20",):
        assert not field.growing.preview(HOME, GrowRequest(size=size)).possible
        return
    with pytest.raises(errors.BadRequest):
        field.growing.preview(HOME, GrowRequest(size=size))


@pytest.mark.parametrize("fault", sorted(faults.every()))
def test_whatever_goes_wrong_it_is_asked_for_once_and_the_end_is_true(tmp_path, fault):
    for nth in range(1, 9):
        folder = tmp_path / str(nth)
        folder.mkdir()
        field = Field(folder)
        with field.cluster:
            field.cluster.faults.next(faults.every(2.0)[fault], nth)
            ended = grow(field, "+1Gi")
            field.cluster.faults.clear()
            if ended.state == "succeeded":
                assert asked(field) == 2 * GIB
            else:
                assert asked(field) in (GIB, 2 * GIB)
                assert ended.message
                assert ended.hint
                if "Nothing was changed" in ended.message and nth < 5:
                    assert asked(field) == GIB, (nth, ended.message)
