"""A restore of whole volumes, over a notebook that really restarts in the fake cluster."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfnb_ext import errors
from kfnb_ext.assembly import guarding
from kfnb_ext.engines.csi import keeping, keys
from kfnb_ext.model import snapshots
from tests.engines import csi_pod, csi_restart, trees
from tests.engines.csi_restart import BACK, OURS, UNDER, Rig
from tests.fakes.kubernetes import faults
from tests.fakes.kubernetes.wire import Request

NEW = tuple(f"{name}-r{UNDER}" for name in OURS)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with csi_restart.rig(tmp_path) as made:
        yield made


def test_the_notebook_is_on_new_claims_from_the_snapshot(rig: Rig):
    rig.guardian()
    rig.server()
    made = rig.restore()

    assert rig.on == NEW
    assert rig.ready_on(NEW[0])
    claim = rig.claims[NEW[0]]
    assert claim["status"]["phase"] == "Bound"
    assert claim["spec"]["dataSourceRef"]["name"].startswith(f"demo-{rig.snapshot}")
    assert claim["metadata"]["labels"]["notebooks.kubeflow.org/can-mount"] == "true"
    assert "app.kubernetes.io/instance" not in claim["metadata"]["labels"]  # Argo CD would prune
    assert claim["metadata"]["annotations"][keys.REPLACES] == "demo-home"
    old = rig.claims["demo-home"]
    assert old["metadata"]["annotations"][keys.REPLACED] == NEW[0]
    assert rig.journal.phase == "done"
    assert [one.old for one in made.switches] == list(OURS)
    assert made.safety == f"{UNDER}-before"
    assert rig.engine().restores() == (made,)
    assert "The old volumes demo-home, demo-data are kept; Undo goes back." in rig.told[-1]


def test_the_swap_changes_claims_and_journal_in_one_request_and_no_name_of_a_volume(rig: Rig):
    rig.guardian()
    rig.server()
    rig.restore()

    log = [r for r in rig.cluster.log if r.method == "PATCH" and "dryRun" not in r.query]
    swaps = [r for r in log if b"claimName" in r.body]
    assert len(swaps) == 1
    steps = json.loads(swaps[0].body)
    assert [one["op"] for one in steps] == ["test", "add", "test", "replace", "test", "replace"]
    volumes = rig.notebook["spec"]["template"]["spec"]["volumes"]
    assert [one["name"] for one in volumes] == ["home", "data"]


def test_a_new_pod_that_does_not_start_sends_the_notebook_back(rig: Rig):
    rig.cluster.controllers.node.unmountable.add(NEW[1])
    rig.guardian()

    with pytest.raises(errors.EngineFailed, match="cannot be mounted") as caught:
        rig.restore()

    assert "on its volumes from before" in caught.value.message
    assert rig.on == OURS
    assert rig.ready_on("demo-home")
    assert rig.journal.phase == "failed"
    assert keys.REPLACED not in (rig.claims["demo-home"]["metadata"].get("annotations") or {})
    assert {one.name for one in keeping.kept(rig.context()) if one.kind == "claim"} == set(NEW)


def test_whoever_may_not_ask_any_more_stops_waiting_and_says_who_sees_it_through(rig: Rig):
    def refused() -> None:  # the token of a pod ends with the pod
        if rig.journal and rig.journal.phase == "swapped":
            rig.cluster.faults.always(faults.unauthorized())

    rig.others.append(refused)
    with pytest.raises(errors.EngineFailed, match="how it went on is not known") as caught:
        rig.restore()

    assert caught.value.hint == "The guardian sees it through; `kfnb cluster` tells."
    assert rig.on == NEW


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("unschedulable", "no node takes it"),
        ("crashing", "its container crashes"),
        ("never_ready", "was not ready in time"),
    ],
)
def test_whatever_keeps_the_new_pod_from_starting_is_told(rig: Rig, trouble: str, words: str):
    getattr(rig.cluster.controllers.node, trouble).add(NEW[0])
    rig.guardian()

    with pytest.raises(errors.EngineFailed, match=words):
        rig.restore()

    assert rig.on == OURS
    assert rig.ready_on("demo-home")


@pytest.mark.parametrize("lost", [False, True], ids=["changed meanwhile", "answer lost"])
def test_a_notebook_without_annotations_takes_its_first_journal(rig: Rig, lost: bool):
    rig.patch(lambda found: found["metadata"].pop("annotations"))
    seen: list[str] = []

    def first(request: Request) -> bool:
        if seen or request.method != "PATCH" or keys.RESTORE.encode() not in request.body:
            return False
        seen.append(request.path)
        if not lost:  # its controller writes a status between our look and our patch
            rig.patch(lambda found: found["status"].update(readyReplicas=7))
        return lost

    rig.cluster.faults.when(first, faults.closed(applied=True))
    rig.guardian()
    rig.server()
    rig.restore()

    assert seen
    assert rig.on == NEW


def test_a_pod_that_was_not_ready_before_is_deleted_so_that_it_is_made_on_the_new_claims(rig: Rig):
    rig.cluster.controllers.node.crashing.update(OURS)
    rig.remade()
    assert not rig.ready_on("demo-home")
    rig.guardian()
    rig.server()

    rig.restore()

    assert rig.on == NEW
    assert rig.ready_on(NEW[0])
    assert any("is not ready" in one for one in rig.told)


def test_a_guardian_that_a_quota_keeps_away_is_told_with_the_quotas_words(rig: Rig):
    rig.cluster.world.seed(pods_quota())
    rig.settle()

    with pytest.raises(errors.EngineFailed, match="exceeded quota: pods") as caught:
        rig.restore()

    assert "The notebook was not changed" in caught.value.message
    assert rig.on == OURS
    rig.settle()
    assert set(rig.claims) == set(OURS)


def pods_quota() -> dict[str, Any]:
    """As many pods as there are."""
    told = {"hard": {"pods": "1"}, "used": {"pods": "1"}}
    metadata = {"name": "pods", "namespace": "alice"}
    made = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
    return made | {"spec": {"hard": {"pods": "1"}}, "status": told}


def test_the_guardian_runs_where_the_image_is_and_looks_after_nothing_else(rig: Rig):
    rig.guardian()
    rig.server()
    rig.restore()

    job = rig.cluster.world.read("jobs", "alice", f"kfnb-guard-{UNDER}")
    pod = job["spec"]["template"]["spec"]
    terms = pod["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert terms[0]["preference"]["matchFields"][0]["values"] == ["fake-node"]
    assert pod["automountServiceAccountToken"] is True
    assert "volumes" not in pod
    env = {one["name"]: one["value"] for one in pod["containers"][0]["env"]}
    assert env["NVIDIA_VISIBLE_DEVICES"] == "void"


def test_a_guardian_without_a_way_to_the_cluster_says_so_and_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)

    assert guarding.run(["alice", "notebooks/demo", "demo-0", UNDER], {}) == 1
    assert "No Kubernetes cluster" in capsys.readouterr().err


def test_a_volume_that_came_late_is_no_trouble_while_the_image_is_pulled(rig: Rig):
    rig.cluster.controllers.node.pulling.update(NEW)
    rig.others.append(lambda: pulled(rig))
    rig.guardian()
    rig.server()

    rig.restore()

    assert rig.on == NEW
    assert rig.ready_on(NEW[0])


def pulled(rig: Rig) -> None:
    """Eight minutes after the exchange the image is there, and the volume."""
    seen = rig.journal
    if seen and seen.phase == "swapped" and (rig.time.now - seen.changed).total_seconds() > 480:
        rig.cluster.controllers.node.pulling.clear()
        rig.cluster.controllers.node.slow.clear()


def test_a_volume_that_the_node_is_slow_to_mount_is_waited_for_until_the_deadline(rig: Rig):
    """Setting the group of many files takes longer than a node's patience with itself."""
    rig.cluster.controllers.node.slow.update(NEW)
    rig.others.append(lambda: pulled(rig))
    rig.guardian()
    rig.server()

    rig.restore()

    assert rig.on == NEW
    assert rig.ready_on(NEW[0])


def test_a_volume_that_is_never_mounted_is_named_when_the_deadline_passes(rig: Rig):
    rig.cluster.controllers.node.slow.update(NEW)
    rig.guardian()
    with pytest.raises(errors.EngineFailed, match="cannot be mounted: Unable to attach"):
        rig.restore()
    assert rig.on == OURS


def test_a_driver_that_needs_long_for_a_volume_is_waited_for(rig: Rig):
    late = "failed to provision volume: rpc error: code = DeadlineExceeded desc = context deadline"
    rig.cluster.controllers.failing[NEW[0]] = [late] * 60
    rig.guardian()
    rig.server()

    rig.restore()

    assert rig.on == NEW


def test_without_a_guardian_and_with_the_users_word_the_process_itself_goes_back(rig: Rig):
    rig.cluster.world.rights.deny("batch", "jobs")
    rig.cluster.controllers.node.unmountable.add(NEW[0])

    plan = rig.engine().plan(request(rig))
    assert plan.possible
    assert not plan.guardian
    assert "No guardian can run" in " ".join(plan.findings)
    with pytest.raises(errors.Conflict, match="No guardian can run"):
        rig.restore()
    assert rig.journal is None
    with pytest.raises(errors.EngineFailed):
        rig.restore(unguarded=True)
    assert rig.on == OURS
    assert rig.ready_on("demo-home")


def request(rig: Rig, **more: Any) -> snapshots.RestoreRequest:
    return snapshots.RestoreRequest(engine="csi", snapshot=rig.snapshot, **more)


@pytest.mark.parametrize("readable", [True, False], ids=["by its class", "by its claim"])
def test_a_class_of_another_driver_is_found_before_a_claim_waits_for_ever(rig: Rig, readable: bool):
    now = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "other.driver"}
    rig.cluster.world.seed(now | {"metadata": {"name": "csi-hostpath-sc"}})
    if not readable:
        rig.cluster.world.rights.deny(csi_pod.GROUP, "volumesnapshotclasses")

    plan = rig.engine().plan(request(rig))
    assert not plan.possible
    assert any(
        "is of the driver hostpath.csi.k8s.io" in one and "made by other.driver" in one
        for one in plan.findings
    ), plan.findings
    with pytest.raises(errors.Conflict, match="would wait for ever"):
        rig.restore()
    assert rig.on == OURS
    assert set(rig.claims) == set(OURS)


def test_a_dropped_source_is_found_before_an_empty_volume_is_used(rig: Rig):
    rig.cluster.world.drops_sources = True

    plan = rig.engine().plan(request(rig))
    assert not plan.possible
    assert "would have been empty" in " ".join(plan.findings)
    with pytest.raises(errors.Conflict):
        rig.restore()
    assert rig.on == OURS
    assert set(rig.claims) == set(OURS)


def test_a_claim_that_gets_no_volume_ends_the_restore_before_the_exchange(rig: Rig):
    rig.cluster.controllers.drivers.clear()
    taken = rig.context()
    rig.cluster.controllers.drivers.add("hostpath.csi.k8s.io")
    assert taken

    def stop() -> None:
        if NEW[0] in rig.claims:
            rig.cluster.controllers.held.update(NEW)

    rig.others.append(stop)
    with pytest.raises(errors.EngineFailed, match="did not get its volume") as caught:
        rig.restore()

    assert "The notebook was not changed" in caught.value.message
    assert rig.on == OURS
    rig.cluster.controllers.held.clear()
    rig.settle()
    assert set(rig.claims) == set(OURS)
    assert rig.journal.phase == "failed"


def test_a_class_that_waits_for_its_first_pod_is_bound_by_the_restart(tmp_path: Path):
    with csi_restart.rig(tmp_path, of_class="csi-hostpath-wffc") as rig:
        rig.guardian()
        rig.server()
        rig.restore()

        assert rig.on == NEW
        assert rig.ready_on(NEW[0])


def test_a_stopped_notebook_is_exchanged_and_confirmed_at_its_next_start(rig: Rig):
    stop(rig)
    rig.restore()

    assert rig.on == NEW
    assert rig.journal.phase == "swapped"
    start(rig)
    rig.marked(rig.snapshot)
    rig.recover()
    assert rig.journal.phase == "done"


def stop(rig: Rig) -> None:
    def change(found: dict[str, Any]) -> None:
        found["metadata"]["annotations"]["kubeflow-resource-stopped"] = "2026-11-25T12:00:00Z"

    rig.patch(change)
    rig.settle()


def start(rig: Rig) -> None:
    rig.patch(lambda found: found["metadata"]["annotations"].pop("kubeflow-resource-stopped"))
    rig.settle()


def test_a_notebook_stopped_amid_its_restart_stays_on_the_new_claims_until_it_starts(rig: Rig):
    rig.guardian()

    def stopping() -> None:
        if rig.journal and rig.journal.phase == "swapped" and not stopped:
            stopped.append(1)
            stop(rig)

    stopped: list[int] = []
    rig.others.append(stopping)
    rig.restore()

    assert rig.on == NEW
    assert rig.journal.phase == "swapped"
    rig.others.clear()
    start(rig)
    rig.marked(rig.snapshot)
    told = rig.recover()
    assert rig.journal.phase == "done"
    assert told
    assert rig.recover() == ()


def test_a_volume_with_the_mark_of_another_set_is_not_confirmed(rig: Rig):
    rig.guardian()
    rig.server(mark="20200101-000000-ffffff")

    with pytest.raises(errors.EngineFailed, match="holds the mark of the set 20200101"):
        rig.restore()

    assert rig.on == OURS
    assert rig.ready_on("demo-home")


def test_an_empty_volume_is_not_confirmed(rig: Rig):
    rig.guardian()
    rig.server(mark=None)

    with pytest.raises(errors.EngineFailed, match="no mark of a snapshot"):
        rig.restore()

    assert rig.on == OURS


def test_a_pod_that_is_ready_is_confirmed_by_the_guardian_where_no_server_speaks(rig: Rig):
    rig.guardian()
    rig.restore()

    assert rig.on == NEW
    assert rig.journal.phase == "done"


def test_an_undo_goes_back_to_the_old_claims_without_a_copy_and_can_be_undone(rig: Rig):
    rig.guardian()
    rig.server()
    rig.restore()
    claims = set(rig.claims)
    rig.others.clear()
    rig.guardian(BACK)

    undone = rig.engine().undo(UNDER, BACK, trees.Listening())

    assert rig.on == OURS
    assert rig.ready_on("demo-home")
    assert set(rig.claims) == claims
    assert undone.undo_of == UNDER
    assert [one.undone for one in rig.engine().restores()] == [False, True]
    assert keys.REPLACED not in rig.claims["demo-home"]["metadata"]["annotations"]
    with pytest.raises(errors.Conflict, match="taken back already"):
        rig.engine().undo(UNDER, "20261125-140000-aaaaaa", trees.Listening())
    rig.others.clear()
    rig.guardian("20261125-140000-aaaaaa")
    rig.engine().undo(BACK, "20261125-140000-aaaaaa", trees.Listening())
    assert rig.on == NEW


def test_a_let_go_volume_cannot_be_undone_to(rig: Rig):
    rig.guardian()
    rig.server()
    rig.restore()
    context = rig.context()
    for name in OURS:
        assert "let go" in keeping.release(context, "claim", name)
    rig.settle()
    assert set(rig.claims) == set(NEW)
    with pytest.raises(errors.Conflict, match="was let go"):
        rig.engine().undo(UNDER, BACK, trees.Listening())
    assert rig.on == NEW


def test_nothing_that_is_used_can_be_let_go(rig: Rig):
    rig.guardian()
    rig.server()
    rig.restore()
    extra = csi_pod.pod({"/x": "demo-home"})
    extra["metadata"] |= {"name": "viewer"}
    rig.cluster.world.seed(extra)

    with pytest.raises(errors.Conflict, match="The pod viewer mounts it"):
        keeping.release(rig.context(), "claim", "demo-home")
    with pytest.raises(errors.NotFound):
        keeping.release(rig.context(), "claim", NEW[0])
    assert set(rig.claims) == {*OURS, *NEW}


def test_a_new_notebook_stands_beside_this_one(rig: Rig):
    def stopped(found: dict[str, Any]) -> None:
        container = found["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [{"name": "NB_PREFIX", "value": "/x"}, {"name": "A", "value": "b"}]
        container["args"] = ["--base_url=/notebook/alice/demo", "/notebook/alice/demo-2"]
        container["livenessProbe"] = {"httpGet": {"path": "/notebook/alice/demo/api", "port": 8888}}
        found["spec"]["template"]["spec"]["serviceAccountName"] = "demo"
        found["metadata"]["annotations"] |= {
            "notebooks.kubeflow.org/last-activity": "x",
            "notebooks.opendatahub.io/last-image-selection": "lab:1",
            "notebooks.kubeflow.org/http-headers-request-set": '{"X":"/notebook/alice/demo/"}',
        }

    rig.patch(stopped)
    rig.settle()
    made = rig.restore("new_notebook", name="second")
    rig.settle()

    assert rig.on == OURS
    found = rig.cluster.world.read("notebooks", "alice", "second")
    pod = found["spec"]["template"]["spec"]
    assert made.notebook == "second"
    assert pod["containers"][0]["image"].startswith("registry.example.com/lab@sha256:")
    assert [one["name"] for one in pod["containers"][0]["env"]] == ["A"]
    claims = [one["persistentVolumeClaim"]["claimName"] for one in pod["volumes"]]
    assert claims == [f"second-home-r{UNDER}", f"second-data-r{UNDER}"]
    assert pod["containers"][0]["args"] == [
        "--base_url=/notebook/alice/second",
        "/notebook/alice/demo-2",
    ]
    path = pod["containers"][0]["livenessProbe"]["httpGet"]["path"]
    assert path == "/notebook/alice/second/api"
    assert pod["serviceAccountName"] == "second"
    notes = found["metadata"]["annotations"]
    assert not [one for one in notes if one.endswith(("last-activity", "last-image-selection"))]
    assert "/notebook/alice/second/" in notes["notebooks.kubeflow.org/http-headers-request-set"]
    running = rig.cluster.world.read("pods", "alice", "second-0")
    assert running["status"]["phase"] == "Running"
    with pytest.raises(errors.Conflict, match="There is a notebook second already"):
        rig.restore("new_notebook", name="second")


def test_a_volume_that_the_snapshot_lacks_is_mounted_nowhere_in_the_new_notebook(rig: Rig):
    rig.cluster.world.seed(csi_pod.claim("demo-later"))

    def more(found: dict[str, Any]) -> None:
        pod = found["spec"]["template"]["spec"]
        claim = {"persistentVolumeClaim": {"claimName": "demo-later"}}
        pod["volumes"].append({"name": "later"} | claim)
        mounts = [{"name": name, "mountPath": f"/{name}"} for name in ("data", "later")]
        pod["initContainers"] = [{"name": "first", "image": "x", "volumeMounts": mounts}]
        pod["containers"][0]["volumeMounts"].append(mounts[1])

    rig.patch(more)
    rig.settle()
    rig.restore("new_notebook", name="second")

    found = rig.cluster.world.read("notebooks", "alice", "second")
    pod = found["spec"]["template"]["spec"]
    held = {one["name"] for one in pod["volumes"]}
    assert held == {"home", "data"}
    for container in [*pod["containers"], *pod["initContainers"]]:
        assert {one["name"] for one in container["volumeMounts"]} <= held


def test_a_data_volume_is_mounted_and_taken_away_again(rig: Rig):
    rig.guardian()
    rig.restore("data_volume", mount="/home/jovyan/old")

    pod = rig.notebook["spec"]["template"]["spec"]
    assert rig.on == (*OURS, f"demo-home-r{UNDER}")
    assert pod["containers"][0]["volumeMounts"][-1]["mountPath"] == "/home/jovyan/old"
    assert rig.ready_on(f"demo-home-r{UNDER}")
    rig.others.clear()
    rig.guardian(BACK)
    rig.engine().undo(UNDER, BACK, trees.Listening())
    assert rig.on == OURS
    assert len(rig.notebook["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]) == 2
    assert [one.name for one in keeping.kept(rig.context()) if one.kind == "claim"] == [
        f"demo-home-r{UNDER}"
    ]


@pytest.mark.parametrize("mount", ["/", "/usr/x", "relative", "/data", "/a/../b", "/etc", "/a:b"])
def test_nothing_is_mounted_over_the_system_or_another_volume(rig: Rig, mount: str):
    with pytest.raises(errors.BadRequest, match="Nothing can be mounted"):
        rig.engine().plan(request(rig, way="data_volume", mount=mount))


def test_a_plan_names_what_is_made_changed_kept_and_restarted_and_changes_nothing(rig: Rig):
    before = rig.cluster.world.store.revision
    plan = rig.engine().plan(request(rig))

    assert plan.possible
    assert plan.guardian
    assert plan.restart
    assert [(one.act, one.kind) for one in plan.objects] == [
        ("create", "snapshot"),
        ("create", "claim"),
        ("create", "claim"),
        ("change", "Notebook"),
        ("keep", "claim"),
        ("keep", "claim"),
        ("create", "Job"),
        ("restart", "pod"),
    ]
    assert rig.cluster.world.store.revision == before


def test_a_quota_is_told_before_anything_starts(rig: Rig):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {}}}
    quota["spec"]["hard"]["persistentvolumeclaims"] = "3"
    quota["status"] = quota["spec"] | {"used": {"persistentvolumeclaims": "2"}}
    rig.cluster.world.seed(quota | {"metadata": {"name": "q", "namespace": "alice"}})

    plan = rig.engine().plan(request(rig))

    assert not plan.possible
    assert any("quota" in one for one in plan.findings)
    with pytest.raises(errors.Conflict):
        rig.restore()
    assert rig.journal is None


def test_a_second_restore_waits_for_the_first(rig: Rig):
    def also() -> None:
        if rig.journal and rig.journal.phase == "swapped" and not refused:
            with pytest.raises(errors.Conflict, match="has not ended yet"):
                rig.engine().restore(request(rig), BACK, trees.Listening())
            refused.append(1)

    refused: list[int] = []
    rig.guardian()
    rig.others.append(also)
    rig.restore()
    assert refused


def test_a_restore_that_was_cancelled_takes_away_what_it_made(rig: Rig):
    class Stops(trees.Listening):
        def phase(self, text: str) -> None:
            self.stop = "the storage makes" in text or getattr(self, "stop", False)

        def advance(self, done: int) -> None:
            if getattr(self, "stop", False):
                raise errors.Cancelled("Stopped on request.")

    with pytest.raises(errors.Cancelled, match="The notebook was not changed"):
        rig.engine().restore(request(rig), UNDER, Stops())
    rig.settle()
    assert set(rig.claims) == set(OURS)
    assert rig.on == OURS
    assert rig.journal.phase == "failed"
