"""What never leaves the pod."""

import pytest

from kfnb_ext.kube.client import failures, guard

OURS = "notebooks.kfnb.dev/note"


@pytest.mark.parametrize(
    "patch",
    [
        {"metadata": {"annotations": {OURS: "x"}}},
        {"metadata": {"annotations": {OURS: None}}},
        {"metadata": {"resourceVersion": "5", "uid": "u", "annotations": {OURS: "x"}}},
        {"metadata": {"annotations": {}}},
        {},
    ],
)
def test_annotations_of_ours_pass_in_a_merge_patch(patch):
    guard.merge(patch)


@pytest.mark.parametrize(
    "patch",
    [
        {"metadata": {"annotations": {"kfnb.example.com/beat": "x"}}},
        {"metadata": {"annotations": {OURS: 1}}},
        {"metadata": {"annotations": None}},
        {"metadata": {"labels": {"notebook": "x"}}},
        {"metadata": {"labels": {}}},
        {"metadata": {"labels": None}},
        {"metadata": None},
        {"metadata": {"finalizers": []}},
        {"metadata": {"annotations": {OURS: "x"}}, "spec": {"replicas": 0}},
        {"spec": None},
        {"status": {}},
    ],
)
def test_everything_else_is_refused_in_a_merge_patch(patch):
    with pytest.raises(failures.Invalid) as caught:
        guard.merge(patch)

    assert caught.value.reason == "refused_here"
    assert "Nothing was changed" in caught.value.message


def test_a_place_that_is_named_may_be_changed_and_its_neighbours_not():
    places = ["/spec/template/spec/volumes"]

    guard.merge({"spec": {"template": {"spec": {"volumes": []}}}}, places)
    with pytest.raises(failures.Invalid):
        guard.merge({"spec": {"template": {"spec": {"containers": []}}}}, places)
    with pytest.raises(failures.Invalid):
        guard.merge({"spec": {"template": None}}, places)


def test_labels_stay_closed_even_when_they_are_named():
    with pytest.raises(failures.Invalid):
        guard.merge({"metadata": {"labels": {"a": "b"}}}, ["/metadata/labels", "/metadata"])
    with pytest.raises(failures.Invalid):
        guard.json([{"op": "add", "path": "/metadata/labels/a", "value": "b"}], ["/metadata"])


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/metadata/uid", "value": "u"},
        {"op": "test", "path": "/metadata/labels/app", "value": "demo"},
        {"op": "add", "path": "/metadata/annotations/notebooks.kfnb.dev~1note", "value": "x"},
        {"op": "remove", "path": "/metadata/annotations/notebooks.kfnb.dev~1note"},
    ],
)
def test_tests_and_single_annotations_pass_in_a_json_patch(operation):
    guard.json([operation])


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/metadata/annotations", "value": {OURS: "x"}},
        {"op": "remove", "path": "/metadata/annotations"},
        {"op": "add", "path": "/metadata/annotations/beat", "value": "x"},
        {"op": "replace", "path": "/metadata/labels/notebook", "value": "x"},
        {"op": "remove", "path": "/metadata"},
        {"op": "replace", "path": "", "value": {}},
        {"op": "move", "from": "/spec", "path": "/metadata/annotations/notebook"},
        {"op": "replace", "path": "/spec/template", "value": {}},
    ],
)
def test_everything_else_is_refused_in_a_json_patch(operation):
    with pytest.raises(failures.Invalid):
        guard.json([operation])


def test_an_object_that_is_made_has_its_own_labels_and_only_keys_of_ours():
    guard.creation({"metadata": {"labels": {"app": "x"}, "annotations": {OURS: "x"}}})
    with pytest.raises(failures.Invalid):
        guard.creation({"kind": "Notebook", "metadata": {"annotations": {"a": "x"}}})


MARK = {"metadata": {"uid": "u", "labels": {guard.MARK: "set"}}}
UNMARK = [{"op": "remove", "path": "/metadata/labels/notebooks.kfnb.dev~1group"}]


def test_the_label_of_a_group_is_put_on_a_claim_and_taken_off():
    guard.merge(MARK, kind="persistentvolumeclaims")
    guard.json(UNMARK, kind="persistentvolumeclaims")


@pytest.mark.parametrize("kind", ["notebooks.kubeflow.org", "pods", ""])
def test_the_label_of_a_group_is_put_on_nothing_else(kind: str):
    with pytest.raises(failures.Invalid, match="labels are never changed"):
        guard.merge(MARK, kind=kind)
    with pytest.raises(failures.Invalid, match="labels are never changed"):
        guard.json(UNMARK, kind=kind)


def test_no_other_label_is_put_on_a_claim():
    for key in ("app", "notebooks.kfnb.dev/group-of", "notebooks.kfnb.dev/group/x"):
        with pytest.raises(failures.Invalid, match="labels are never changed"):
            guard.merge({"metadata": {"labels": {key: "x"}}}, kind="persistentvolumeclaims")
