"""What a notebook may do, as a stock Kubeflow and other clusters tell it."""

import msgspec
import pytest
import yaml

from kfnb_ext.kube import rights as asking
from kfnb_ext.kube.client import address
from kfnb_ext.model import abilities, cluster, rights, roles
from tests.fakes.kubernetes import groups

PLACE = cluster.Place(
    platform="kubeflow",
    namespace="alice",
    notebook="demo",
    pod="demo-0",
    service_account="default-editor",
)


# Group snapshots: this cluster does not serve them.
REFUSED = {"snapshots", "classes", "groups"}


def ask(door, platform: cluster.Platform = "kubeflow") -> rights.Rights:
    return asking.read(door, "alice", platform)


def told(known: rights.Rights, place=PLACE, **site: bool) -> dict[str, cluster.Ability]:
    return {one.name: one for one in abilities.told(known, place, abilities.Site(**site))}


def grant(running, role: str) -> None:
    """Apply the role that the administrator was sent."""
    for document in yaml.safe_load_all(role):
        for rule in document.get("rules") or ():
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    everywhere = document["metadata"]["name"] == roles.CLASSES[0]
                    running.world.rights.allow(group, resource, *rule["verbs"], cluster=everywhere)


def test_a_stock_kubeflow_refuses_snapshots_and_nothing_else(cluster, door):
    found = told(ask(door))
    assert {name for name, one in found.items() if one.allowed is False} == REFUSED
    assert found["snapshots"].text == (
        "You cannot take, list and delete snapshots of whole volumes: the service account "
        "default-editor may not get, list, create or delete volumesnapshots."
    )
    assert "role below" in found["snapshots"].hint
    assert None not in {one.allowed for one in found.values()}


def test_the_role_holds_what_is_missing_and_with_it_all_is_allowed(cluster, door):
    role = roles.for_admin(ask(door), PLACE)
    documents = list(yaml.safe_load_all(role))
    assert [one["kind"] for one in documents] == [
        "ClusterRole",
        "ClusterRole",
        "ClusterRoleBinding",
    ]
    assert documents[0]["metadata"]["labels"][roles.LABEL] == "true"
    assert {r for rule in documents[0]["rules"] for r in rule["resources"]} == {"volumesnapshots"}
    grant(cluster, role)
    known = ask(door)
    assert all(one.allowed for name, one in told(known).items() if name != "groups")
    assert roles.for_admin(known, PLACE) == ""


def test_a_role_of_which_a_verb_is_missing_is_given_whole_since_it_takes_the_place_of_the_old(
    cluster, door
):
    cluster.world.rights.allow(rights.SNAPSHOT, "volumesnapshots", "get", "list", "create")
    (first, *_) = yaml.safe_load_all(roles.for_admin(ask(door), PLACE))
    verbs = ["get", "list", "create", "delete"]
    assert first["rules"] == [
        {"apiGroups": [rights.SNAPSHOT], "resources": ["volumesnapshots"], "verbs": verbs}
    ]


def test_the_bindings_of_two_notebooks_in_a_namespace_stand_beside_each_other():
    names = set()
    for account in ("one", "two"):
        role, binding = map(yaml.safe_load, roles.bound(rights.SNAPSHOTS, "alice", account))
        assert binding["roleRef"]["name"] == role["metadata"]["name"]
        names.add(binding["metadata"]["name"])
    assert len(names) == 2


def test_what_notebooks_2_0_leaves_to_others_is_said_before_and_asks_for_no_right(cluster, door):
    cluster.world.rights.allow("kubeflow.org", "workspaces", "get", "list", "patch")
    here = msgspec.structs.replace(PLACE, platform="workspaces", service_account="ws-demo")
    known = ask(door, "workspaces")
    found = told(known, here)
    assert {name for name, one in found.items() if one.allowed is False} == {
        "new_notebook", "patch", *REFUSED,
    }  # fmt: skip
    assert "cannot be made from a snapshot" in found["new_notebook"].text
    assert "Restore it in place" in found["new_notebook"].hint
    assert "options that the administrator offers" in found["patch"].text
    asked = {(r.resource, r.verb) for r in rights.wanted("workspaces", known.served)}
    assert {verb for of, verb in asked if of == "workspaces"} == {"get", "list", "patch"}


def test_a_rules_review_that_cannot_tell_all_is_completed_by_single_questions(cluster, door):
    cluster.world.rights.told = 0
    found = told(ask(door))
    assert {name for name, one in found.items() if one.allowed is False} == REFUSED
    assert None not in {one.allowed for one in found.values()}


def test_kinds_of_no_namespace_are_asked_for_without_one(cluster, door):
    ask(door)
    asked = [one.json()["spec"]["resourceAttributes"] for one in cluster.log
             if one.path.endswith("selfsubjectaccessreviews")]  # fmt: skip
    assert {one["resource"] for one in asked} == {"volumesnapshotclasses", "storageclasses"}
    assert not any(one.get("namespace") for one in asked)


def test_a_cluster_without_the_snapshot_kinds_is_told_as_such_and_needs_no_role(cluster, door):
    for plural in ("volumesnapshots", "volumesnapshotclasses", "volumesnapshotcontents"):
        cluster.world.registry.remove(plural)
    known = ask(door)
    assert "does not serve them" in told(known)["snapshots"].text
    assert "volumesnapshots" not in roles.for_admin(known, PLACE)


def test_a_cluster_without_group_snapshots_is_told_as_such_and_needs_no_role(cluster, door):
    known = ask(door)
    assert known.served.groups == ""
    said = told(known)["groups"]
    assert "does not serve group snapshots" in said.text
    assert "one after another" in said.hint
    assert "groupsnapshot" not in roles.for_admin(known, PLACE)


def test_where_group_snapshots_are_served_the_role_lets_them_be_taken(cluster, door):
    groups.serve(cluster.world, "v1beta1", "v1beta2")
    known = ask(door)
    assert known.served.groups == "v1beta2", "the newest of them"
    assert "may not get, list, create or delete volumegroupsnapshots" in told(known)["groups"].text
    role = roles.for_admin(known, PLACE)
    assert "volumegroupsnapshotclasses" in role
    grant(cluster, role)
    known = ask(door)
    assert all(one.allowed for one in told(known).values())
    assert roles.for_admin(known, PLACE) == ""


def test_who_may_not_even_ask_is_told_nothing_and_promised_nothing(cluster, door):
    token = cluster.world.rights.tokens
    token["editor-token"] = token["admin-token"]
    assert all(one.allowed for one in told(rights.Rights(
        rules=(rights.Rule(("*",), ("*",), ("*",)),), complete=True,
        reviewed=dict.fromkeys(rights.CLASSES, True))).values())  # fmt: skip
    nothing = told(rights.Rights())
    assert {one.allowed for one in nothing.values()} == {None}
    assert roles.for_admin(rights.Rights(), PLACE) == ""


@pytest.mark.parametrize(
    ("site", "option"),
    [
        ({"read_only": True}, "KFNB_READ_ONLY"),
        ({"cluster_writes": False}, "KFNB_CLUSTER_WRITES"),
        ({"snapshots_enabled": False}, "KFNB_SNAPSHOTS_ENABLED"),
    ],
)
def test_what_the_site_forbids_is_said_before_the_rights(cluster, door, site, option):
    found = told(ask(door), **site)
    assert option in found["snapshots"].text
    assert found["quota"].allowed


@pytest.mark.parametrize("platform", ["openshift", "hub", "pod", "workspaces"])
def test_elsewhere_the_role_is_bound_to_the_service_account_of_the_notebook(
    cluster, door, platform
):
    cluster.world.rights.rules.clear()
    here = rights_place(platform)
    documents = list(yaml.safe_load_all(roles.for_admin(ask(door, platform), here)))
    assert [one["kind"] for one in documents][:2] == ["Role", "RoleBinding"]
    assert documents[1]["subjects"] == [
        {"kind": "ServiceAccount", "name": "demo", "namespace": "alice"}
    ]
    asked = {r for rule in documents[0]["rules"] for r in rule["resources"]}
    assert ("notebooks" in asked) is (platform == "openshift")
    assert ("workspaces" in asked) is (platform == "workspaces")
    assert "volumesnapshots" in asked


def rights_place(platform: cluster.Platform) -> cluster.Place:
    return cluster.Place(
        platform=platform, namespace="alice", notebook="demo", pod="demo-0", service_account="demo"
    )


def test_a_pod_that_no_notebook_stands_for_is_told_so(cluster, door):
    found = told(ask(door, "hub"), rights_place("hub"))
    assert "JupyterHub" in found["restore"].text
    assert not found["stop"].allowed


def test_a_reviewed_right_is_asked_of_the_same_rules_as_a_request(cluster, door):
    """A claim of the interface and the answer to the act are one."""
    known = ask(door)
    for right in rights.wanted("kubeflow", known.served):
        where = "" if right.cluster else "alice"
        spec = {"resourceAttributes": {"group": right.group, "resource": right.resource,
                                       "verb": right.verb, "namespace": where}}  # fmt: skip
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": spec}  # fmt: skip
        answer = door.create(address.ACCESS_REVIEWS, body).body["status"]["allowed"]
        assert known.may(right) is answer, right
