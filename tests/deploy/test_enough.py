"""The shipped roles are enough, and each of their verbs is sent: counted at the API server.

Rule: the notebook has these rights and no other; what it sends is compared with what it has.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kfnb_ext.engines.csi import keeping
from kfnb_ext.kube import quota
from kfnb_ext.kube import rights as asking
from kfnb_ext.model import rights
from tests.engines import csi_pod, csi_restart, trees
from tests.fakes import kubernetes
from tests.fakes.kubernetes import api, faults, groups

DEPLOY = Path(__file__).parents[2] / "deploy"

SNAPSHOTS_ALONE = {("get", "volumesnapshots"), ("delete", "volumesnapshots")}  # tested here too
# A pod that hangs between two volumes is deleted; a Job that was left behind is let go.
IN_TROUBLE = {("delete", "pods"), ("get", "jobs"), ("delete", "jobs")}
OF_A_LOOK = {("list", "resourcequotas"), ("list", "limitranges"), ("list", "events")}


def rules(name: str) -> list[dict]:
    documents = yaml.safe_load_all((DEPLOY / name).read_text())
    return [rule for one in documents for rule in one.get("rules") or ()]


@pytest.fixture
def time() -> csi_pod.Time:
    return csi_pod.Time()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    return tmp_path / "workspace"


@pytest.fixture
def bound(time: csi_pod.Time, workspace: Path) -> Iterator[kubernetes.Cluster]:
    with kubernetes.Cluster(clock=time.read) as running:
        running.controllers.automatic = True
        running.world.rights.rules = rules("minimal/role.yaml")
        running.world.rights.cluster_rules = rules("base/classes-read.yaml")
        csi_pod.seed(running, {str(workspace): "home"})
        yield running


def sent(running: kubernetes.Cluster) -> set[tuple[str, str]]:
    """The verbs that arrived, each with its resource."""
    found = set()
    for request in running.log:
        place = api.parse(request.path)
        if place and place.group != "authorization.k8s.io":
            verb = api.VERBS.get(request.method) or ("get" if place.name else "list")
            found.add((verb, place.plural))
    return found


def test_with_the_minimal_role_snapshots_are_taken_listed_and_deleted(
    bound, workspace, time, tmp_path
):
    engine = csi_pod.engine(csi_pod.door(bound, tmp_path, time), workspace, time)
    # The answer to the create is lost: the engine reads whether it was carried out.
    bound.faults.when(
        lambda one: (
            one.path.endswith("/volumesnapshots")
            and "dryRun" not in one.query
            and one.method == "POST"
        ),
        faults.closed(applied=True),
    )
    taken = engine.create("one", "manual", trees.Listening())
    assert [one.id for one in engine.list()] == [taken.id]
    engine.delete(taken.id, trees.Listening())
    assert [one.path for one in bound.log if one.status == 403] == []
    assert {(one.verb, one.resource) for one in rights.SNAPSHOTS} <= sent(bound)


def test_with_the_minimal_role_all_volumes_are_cut_at_one_moment(bound, workspace, time, tmp_path):
    groups.serve(bound.world)
    bound.world.seed(groups.group_class("groups", csi_pod.DRIVER), csi_pod.claim("data"))
    bound.world.seed(csi_pod.pod({str(workspace): "home", "/data": "data"}))
    engine = csi_pod.engine(csi_pod.door(bound, tmp_path, time), workspace, time, asks=True)
    bound.faults.when(
        lambda one: (
            one.path.endswith("/volumegroupsnapshots")
            and "dryRun" not in one.query
            and one.method == "POST"
        ),
        faults.closed(applied=True),
    )
    taken = engine.create("one", "manual", trees.Listening())
    assert taken.together
    engine.delete(taken.id, trees.Listening())
    assert engine.list() == ()
    assert [one.path for one in bound.log if one.status == 403] == []
    assert {(one.verb, one.resource) for one in rights.GROUPS} <= sent(bound)
    assert ("list", "volumegroupsnapshotclasses") in sent(bound)


def test_with_the_minimal_role_a_look_misses_nothing(bound, workspace, time, tmp_path):
    door = csi_pod.door(bound, tmp_path, time)
    place = csi_pod.context(door, workspace, time).where()
    known = asking.read(door, "alice", "kubeflow")
    assert rights.missing(known, place) == ()
    assert quota.lines(door, "alice") == ()
    assert quota.limits(door, "alice") == ()
    assert [one.path for one in bound.log if one.status == 403] == []


def test_with_the_minimal_role_a_restore_and_its_undo_and_a_new_notebook_are_made(tmp_path):
    with csi_restart.rig(tmp_path) as rig:
        rig.cluster.world.rights.rules = rules("minimal/role.yaml")
        rig.cluster.log.clear()
        rig.guardian()
        rig.server()
        rig.restore()
        rig.others.clear()
        rig.guardian(csi_restart.BACK)
        rig.server(None)
        rig.engine().undo(csi_restart.UNDER, csi_restart.BACK, trees.Listening())
        left = keeping.kept(rig.context())
        keeping.release(rig.context(), "claim", next(one.name for one in left if one.can_go))
        rig.settle()
        rig.restore("new_notebook", name="second")
        denied = [f"{one.method} {one.path}" for one in rig.cluster.log if one.status == 403]
        # A Workspace of Notebooks 2.0 may name a claim too; none is there that cannot be read.
        assert [one for one in denied if not one.endswith("/workspaces")] == []
        role = rights.wanted("openshift", rights.Served(snapshots=True))
        had = {(one.verb, one.resource) for one in role if not one.cluster}
        assert had - sent(rig.cluster) <= {*SNAPSHOTS_ALONE, *IN_TROUBLE, *OF_A_LOOK}
