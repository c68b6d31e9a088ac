"""A look at the cluster: what it tells, what it costs, and what happens when a part is missing."""

import time

import pytest
import yaml

from kfnb_ext import errors
from kfnb_ext.kube import place
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model import cluster
from tests.fakes.kubernetes import faults

READS = {"GET"}
REVIEWS = ("selfsubjectrulesreviews", "selfsubjectaccessreviews")


def ability(found: cluster.Cluster, name: str) -> cluster.Ability:
    return next(one for one in found.abilities if one.name == name)


def test_a_look_tells_where_what_may_be_done_and_what_is_left(running, looks):
    found = looks().look()
    assert (found.place.namespace, found.place.notebook, found.place.node) == (
        "alice", "demo", "fake-node",
    )  # fmt: skip
    assert found.place.digest.endswith("ab" * 32)
    (home,) = found.place.mounted
    assert (home.claim.name, home.claim.storage_class, home.workspace) == (
        "nb-demo-home", "csi-hostpath-sc", True,
    )  # fmt: skip
    assert "Your namespace allows 5 volumes and has 5." in {one.text for one in found.quotas}
    assert "Your namespace allows 2 GPUs and has 1." in {one.text for one in found.quotas}
    assert ability(found, "snapshots").allowed is False
    assert "volumesnapshots" in found.role
    assert found.notes == ()


@pytest.mark.parametrize("platform", ["workspaces", "openshift"])
def test_who_may_read_nothing_at_all_gets_a_role_for_the_account_of_the_token(
    running, looks, platform
):
    for group, resource in (
        ("", "pods"), ("", "persistentvolumeclaims"), ("kubeflow.org", "workspaces"),
        ("kubeflow.org", "notebooks"),
    ):  # fmt: skip
        running.world.rights.deny(group, resource)
    found = looks(names=place.Names(platform, "alice", "demo", "demo-0", "ws-demo")).look()
    assert found.place.service_account == "ws-demo"
    _, binding, *_ = yaml.safe_load_all(found.role)
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "ws-demo", "namespace": "alice"}
    ]


def test_a_look_changes_nothing(running, looks):
    looks().look()
    written = [one for one in running.log if one.method not in READS]
    assert all(one.path.endswith(REVIEWS) for one in written)


def test_who_looks_again_within_a_minute_asks_nothing(running, looks):
    now = [0.0]
    look = looks(clock=lambda: now[0])
    first = look.look()
    many = len(running.log)
    now[0] = 59.0
    assert look.look() == first
    assert len(running.log) == many
    now[0] = 61.0
    look.look()
    assert not [one for one in running.log[many:] if one.path.endswith(REVIEWS)]


def test_what_may_be_done_is_asked_anew_on_demand(running, looks):
    look = looks()
    assert ability(look.look(), "snapshots").allowed is False
    for resource in ("volumesnapshots",):
        running.world.rights.allow("snapshot.storage.k8s.io", resource, "*")
    assert ability(look.look(), "snapshots").allowed is False
    assert ability(look.look(fresh=True), "snapshots").allowed


def test_what_may_be_done_is_asked_anew_after_a_right_was_refused(running, looks, door):
    look = looks()
    assert ability(look.look(), "stop").allowed
    running.world.rights.deny("kubeflow.org", "notebooks")
    assert ability(look.look(), "stop").allowed
    patch = {"metadata": {"annotations": {"notebooks.kubeflow.org/x": "y"}}}
    with pytest.raises(failures.Refused):
        door.patch_merge(address.NOTEBOOKS.at("alice", "demo"), patch)
    assert ability(look.look(), "stop").allowed is False


@pytest.mark.parametrize(
    ("part", "gone", "stays"),
    [
        ("pods", lambda c: c.place.mounted == (), lambda c: c.quotas and c.role),
        ("resourcequotas", lambda c: c.quotas == (), lambda c: c.place.mounted and c.role),
        ("selfsubjectrulesreviews", lambda c: True, lambda c: c.place.mounted and c.quotas),
    ],
)
def test_a_part_that_cannot_be_had_costs_no_other(running, looks, part, gone, stays):
    refused = faults.every()["403"]
    running.faults.when(lambda request: part in request.path, refused, times=99)
    found = looks().look()
    assert gone(found)
    assert stays(found)
    assert found.notes or part == "selfsubjectrulesreviews"


@pytest.mark.parametrize("fault", sorted(faults.every()))
def test_whatever_goes_wrong_is_a_note_and_never_an_error(running, looks, fault):
    running.faults.always(faults.every(0.1)[fault])
    found = looks(deadline=30.0).look()
    assert found.notes
    assert (found.place.namespace, found.place.notebook) == ("alice", "demo")
    assert found.role == ""
    assert ability(found, "stop").allowed is None


def test_a_cluster_that_hangs_costs_the_deadline_and_is_asked_once(running, looks):
    running.faults.always(faults.silent(30))
    look = looks(deadline=0.5)
    began = time.monotonic()
    found = look.look()
    assert time.monotonic() - began < 5.0
    assert "did not end within" in found.notes[0]
    look.look()
    assert len(running.log) <= 2


def test_a_cluster_that_was_away_is_left_alone_for_a_moment_and_then_asked(running, looks):
    now = [0.0]
    look = looks(clock=lambda: now[0], deadline=30.0)
    running.faults.always(faults.closed())
    assert look.look().notes
    running.faults.clear()
    many = len(running.log)
    assert look.look(fresh=True).notes
    assert len(running.log) == many
    now[0] = 11.0
    assert look.look().notes == ()


def test_what_a_restore_left_behind_is_told(looks):
    left = cluster.Kept(
        kind="claim", name="old", why="kept for an undo", size=1, since=None, can_go=True
    )
    assert looks(kept=lambda: (left,)).look().kept == (left,)


def test_a_part_of_ours_that_fails_is_a_note_too(looks):
    def broken() -> tuple[cluster.Kept, ...]:
        raise errors.EngineFailed("The list cannot be read.", "Look later.")

    assert looks(kept=broken).look().notes == ("The list cannot be read. Look later.",)


def test_a_laptop_asks_nobody(running, looks):
    found = looks(names=place.Names("none", "", "", ""), possible=False).look()
    assert found.place.platform == "none"
    assert "normal outside a pod" in found.notes[0]
    assert running.log == []


def test_a_pod_without_a_token_says_who_decides_that(running, looks):
    found = looks(possible=False).look()
    assert "automountServiceAccountToken" in found.notes[0]
    assert running.log == []


def test_a_workspace_whose_option_was_replaced_says_how_the_new_one_is_had(running, looks):
    running.world.rights.allow("kubeflow.org", "workspaces", "get")
    pod = running.world.read("pods", "alice", "demo-0")
    labels = {"notebooks.kubeflow.org/workspace-name": "demo"}
    running.world.seed(pod | {"metadata": pod["metadata"] | {"labels": labels}})
    running.world.seed({
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "demo", "namespace": "alice"},
        "spec": {"podTemplate": {
            "options": {"imageConfig": "one", "podConfig": "tiny"},
            "volumes": {"home": "nb-demo-home"},
        }},
        "status": {"state": "Running", "pendingRestart": True, "podTemplateOptions": {
            "imageConfig": {
                "desired": "two", "redirectChain": [{"source": "one", "target": "two"}],
            },
            "podConfig": {"desired": "tiny"},
        }},
    })  # fmt: skip
    found = looks(names=place.Names("workspaces", "alice", "demo", "demo-0")).look()
    assert found.place.platform == "workspaces"
    assert found.notes == (
        "The administrator has replaced an option of this Workspace (imageConfig: one, now two): "
        "a restart alone does not bring it, choose it where workspaces are listed.",
    )
