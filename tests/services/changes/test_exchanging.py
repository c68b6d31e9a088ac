"""A claim of a class that lets none grow: exchanged for a larger one, in one operation."""

import pytest

from kfnb_ext.model.changes import GrowRequest
from tests.engines import csi_pod
from tests.services.changes.field import GIB, Field, claim

HOME = "demo-home"


@pytest.fixture
def field(field: Field) -> Field:
    """Its home is of the class that lets none grow; snapshots are allowed."""
    csi_pod.allow(field.cluster)
    field.cluster.world.seed(*csi_pod.classes(), claim(HOME, "rigid"))
    rigid = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
    field.cluster.world.seed(rigid | {"metadata": {"name": "rigid"}, "provisioner": csi_pod.DRIVER})
    return field


def grow(field: Field, **more: object):
    wish = GrowRequest(size="+1Gi", way="switch", **more)  # type: ignore[arg-type]
    return field.ended(lambda: field.growing.grow(HOME, wish))


def test_the_plan_says_why_this_way_what_is_made_and_that_the_notebook_restarts(field):
    before = field.cluster.world.store.revision
    plan = field.growing.preview(HOME, GrowRequest(size="+1Gi"))
    assert plan.possible
    assert (plan.way, plan.size, plan.wanted) == ("switch", GIB, 2 * GIB)
    assert (plan.restart, plan.guardian) == (True, False)
    assert "rigid does not let claims grow. So a snapshot" in plan.findings[0]
    assert [one.act for one in plan.objects] == ["create", "create", "change", "keep", "restart"]
    assert field.cluster.world.store.revision == before


def test_it_is_one_operation_told_in_words_and_the_notebook_is_on_the_larger_claim(field):
    ended = grow(field, unguarded=True)
    assert ended.state == "succeeded", ended.message
    assert (ended.kind, ended.engine, ended.restore) == ("grow", "csi", ended.id)
    assert "in the place of demo-home, which is kept" in ended.message
    [volume] = field.spec["volumes"]
    new = volume["persistentVolumeClaim"]["claimName"]
    assert new == f"demo-home-r{ended.id}"
    made = field.read("persistentvolumeclaims", new)
    assert made["status"]["capacity"] == {"storage": "2Gi"}
    assert field.read("persistentvolumeclaims", HOME)["status"]["capacity"] == {"storage": "1Gi"}


def test_without_a_guardian_and_the_word_nothing_is_begun(field):
    ended = grow(field)
    assert ended.state == "failed"
    assert "No guardian can run" in ended.message
    assert "--unguarded" in ended.hint
    assert not list(field.cluster.world.store.all(csi_pod.VOLUME_SNAPSHOT))


def test_a_class_without_snapshots_is_refused_with_its_reason(field):
    other = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
    name = {"metadata": {"name": "rigid"}, "provisioner": "nfs.example.com"}
    field.cluster.world.seed(other | name)
    plan = field.growing.preview(HOME, GrowRequest(size="2Gi"))
    assert not plan.possible
    assert "nfs.example.com" in plan.findings[0]
    assert "Nothing was changed" in plan.findings[0]


def test_a_volume_that_was_made_by_hand_is_refused_with_its_reason(field):
    field.cluster.world.seed(claim(HOME, ""))
    plan = field.growing.preview(HOME, GrowRequest(size="2Gi"))
    assert not plan.possible
    assert "of no storage class" in plan.findings[0]


def test_a_site_without_snapshots_allows_no_exchange(field):
    field.snapshots = False
    plan = field.growing.preview(HOME, GrowRequest(size="2Gi"))
    assert not plan.possible
    assert "switched off by the administrator" in plan.findings[0]


@pytest.mark.parametrize(("size", "word"), [("512Mi", "smaller"), ("1Gi", "already")])
def test_never_a_shrink_by_an_exchange_either(field, size, word):
    wish = GrowRequest(size=size, way="switch", unguarded=True)
    ended = field.ended(lambda: field.growing.grow(HOME, wish))
    assert ended.state == "failed"
    assert word in ended.message


def test_a_claim_that_can_grow_while_it_is_used_is_not_exchanged(field):
    field.cluster.world.seed(claim(HOME))
    ended = grow(field, unguarded=True)
    assert ended.state == "failed"
    assert "can grow while it is used" in ended.message
    assert [v["persistentVolumeClaim"]["claimName"] for v in field.spec["volumes"]] == [HOME]
