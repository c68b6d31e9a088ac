"""The patch of an advice, applied to a Notebook and taken back."""

import copy

import pytest
import yaml

from kfnb_ext import errors
from kfnb_ext.model.changes import PatchRequest
from kfnb_ext.services.cluster import undo_book
from kfnb_ext.services.cluster.patching import Patching
from kfnb_ext.services.cluster.sending import Sending
from tests.fakes.kubernetes import faults
from tests.services.changes.field import ADVICE, Field

WISH = PatchRequest(advice=ADVICE)
DSHM = {"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}


def apply(field: Field, **more: str):
    return field.ended(lambda: field.patching.apply(PatchRequest(advice=ADVICE, **more)))


def undo(field: Field, id: str | None = None):
    return field.ended(lambda: field.unpatching.undo(id))


def test_the_preview_shows_the_operations_the_restart_and_changes_nothing(field):
    before = field.notebook
    plan = field.patching.preview(WISH)
    assert plan.possible
    assert plan.restart
    assert "restarts" in plan.findings[0]
    assert DSHM in [step["value"] for step in yaml.safe_load(plan.yaml)]
    assert field.notebook == before


def test_it_is_applied_the_pod_restarts_and_has_it_and_the_undo_is_kept(field):
    old = field.pod_uid
    ended = apply(field)
    assert ended.state == "succeeded", ended.message
    assert "restarts now" in ended.message
    field.settle()
    assert field.pod_uid != old
    assert DSHM in field.read("pods", "demo-0")["spec"]["volumes"]
    (kept,) = field.unpatching.list().patches
    assert (kept.id, kept.advice, kept.undone) == (ended.id, ADVICE, False)


def test_the_undo_gives_the_very_spec_back_and_is_noted(field):
    before = copy.deepcopy(field.spec)
    apply(field)
    assert field.unpatching.preview_undo(None).possible
    ended = undo(field)
    assert ended.state == "succeeded", ended.message
    assert field.spec == before
    (kept,) = field.unpatching.list().patches
    assert kept.undone
    with pytest.raises(errors.Conflict, match="already"):
        field.unpatching.undo(kept.id)


def test_the_undo_refuses_where_something_else_changed_the_same_place_since(field):
    apply(field)
    changed = copy.deepcopy(field.notebook)
    changed["spec"]["template"]["spec"]["volumes"][1]["emptyDir"]["sizeLimit"] = "3Gi"
    field.cluster.world.seed(changed)
    assert not field.unpatching.preview_undo(None).possible
    ended = undo(field)
    assert ended.state == "failed"
    assert "Something else has changed" in ended.message
    assert field.spec["volumes"][1]["emptyDir"]["sizeLimit"] == "3Gi"


def test_what_was_shown_is_what_is_sent_or_nothing_is(field):
    before = field.spec
    ended = apply(field, shown="- op: add")
    assert ended.state == "failed"
    assert "no longer what was shown" in ended.message
    assert field.spec == before
    assert apply(field, shown=field.patching.preview(WISH).yaml).state == "succeeded"


def test_a_notebook_without_any_annotation_is_patched_too(field):
    bare = copy.deepcopy(field.notebook)
    del bare["metadata"]["annotations"]
    field.cluster.world.seed(bare)
    assert apply(field).state == "succeeded"
    assert len(field.unpatching.list().patches) == 1


def test_advice_that_is_over_and_advice_without_a_patch_are_told_apart(field):
    with pytest.raises(errors.NotFound, match="no advice"):
        field.patching.preview(PatchRequest(advice="memory_full"))


def test_a_stopped_notebook_is_changed_without_a_word_of_a_restart(field):
    stopped = copy.deepcopy(field.notebook)
    stopped["metadata"]["annotations"]["kubeflow-resource-stopped"] = "2026-11-25T12:00:00Z"
    field.cluster.world.seed(stopped)
    assert not field.patching.preview(WISH).restart
    assert "started again" in apply(field).message


@pytest.mark.parametrize(("site", "word"), [({"read_only": True}, "read-only"),
                                            ({"allowed": False}, "no change")])  # fmt: skip
def test_a_site_that_allows_no_change_is_named_and_nothing_is_sent(tmp_path, site, word):
    field = Field(tmp_path, **site)
    with field.cluster:
        sent = len(field.cluster.log)
        with pytest.raises(errors.Forbidden, match=word):
            field.patching.apply(WISH)
        assert len(field.cluster.log) == sent
        plan = field.patching.preview(WISH)
        assert not plan.possible
        assert word in plan.findings[-1]
        assert {r.method for r in field.cluster.log[sent:]} == {"GET"}


def test_what_the_namespace_would_refuse_as_a_pod_is_not_changed_since_nobody_came_back(field):
    said = ("Your namespace allows each container 8 GiB of memory.",)
    patching = Patching(Sending(field.gate), field.propose, lambda before, after: said)
    before, pod = field.notebook, field.pod_uid

    plan = patching.preview(WISH)
    ended = field.ended(lambda: patching.apply(WISH))

    assert not plan.possible
    assert plan.findings[-1] == said[0]
    assert ended.state == "failed"
    assert said[0] in ended.message
    field.settle()
    assert (field.notebook["spec"], field.pod_uid) == (before["spec"], pod)


def test_a_refusal_of_the_cluster_is_told_in_the_preview(field):
    field.cluster.faults.when(lambda r: r.method == "PATCH", faults.every()["403"])
    plan = field.patching.preview(WISH)
    assert not plan.possible
    assert "forbids" in plan.findings[-1]


@pytest.mark.parametrize("fault", sorted(faults.every()))
def test_whatever_goes_wrong_at_whichever_request_it_is_applied_once_or_not_at_all(tmp_path, fault):
    for nth in (1, 2, 3):
        folder = tmp_path / str(nth)
        folder.mkdir()
        field = Field(folder)
        with field.cluster:
            before = copy.deepcopy(field.spec)
            field.cluster.faults.next(faults.every(2.0)[fault], nth)
            ended = apply(field)
            field.cluster.faults.clear()
            if ended.state == "succeeded":
                assert field.spec["volumes"].count(DSHM) == 1
                assert len(undo_book.read(field.notebook)) == 1
            else:
                assert field.spec == before, ended.message
                assert ended.message
                assert ended.hint
                assert apply(field).state == "succeeded"
            assert undo(field).state == "succeeded"
            assert field.spec == before


@pytest.mark.parametrize("fault", sorted(faults.every()))
def test_whatever_goes_wrong_it_is_taken_back_once_or_not_at_all(tmp_path, fault):
    for nth in (2, 3):
        folder = tmp_path / str(nth)
        folder.mkdir()
        field = Field(folder)
        with field.cluster:
            before = copy.deepcopy(field.spec)
            apply(field)
            after = copy.deepcopy(field.spec)
            field.cluster.faults.next(faults.every(2.0)[fault], nth)
            ended = undo(field)
            field.cluster.faults.clear()
            if ended.state == "succeeded":
                assert field.spec == before
            else:
                assert field.spec == after, ended.message
                assert undo(field).state == "succeeded"
                assert field.spec == before
