"""`kfnb grow`, `fix`, `stop` and `restart`, as a person gives them, against a cluster."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.shell import KFNB, call, kfnb
from tests.engines import csi_pod
from tests.services.changes.field import ADVICE, Field

# The command, with a /dev/shm as a container runtime gives it.
SMALL = (
    sys.executable,
    "-c",
    "import os, sys; from tests.fakes import small_shm; small_shm.pod(64); "
    "os.execv(sys.argv[1], sys.argv[1:])",
    *KFNB,
)

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="NOT ROOT: nothing can be mounted, a small /dev/shm is not there"
)


@pytest.fixture
def field(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    made = Field(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("KFNB_NOTEBOOK", "alice/demo")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with made.cluster:
        yield made


def test_grow_shows_asks_and_grows(field):
    unconfirmed = kfnb("grow", "demo-home", "+1Gi", status=2)
    assert "1.0 GiB -> 2.0 GiB" in unconfirmed.stdout
    assert "--yes" in unconfirmed.stderr
    done = kfnb("grow", "demo-home", "+1Gi", "--yes")
    assert "has 2Gi" in done.stdout
    smaller = kfnb("grow", "demo-home", "1Gi", "--yes", status=1)
    assert "cannot be made smaller" in smaller.stderr


@needs_root
def test_fix_lists_changes_and_takes_back(field):
    before = field.spec
    shown = call(*SMALL, "fix", ADVICE)
    assert shown.returncode == 2
    assert "restarts" in shown.stdout
    assert 'path: "/spec/template/spec/volumes/-"' in shown.stdout
    assert field.spec == before
    done = call(*SMALL, "fix", "--yes")
    assert done.returncode == 0, done.stderr
    assert "restarts now" in done.stdout
    assert field.spec != before
    back = kfnb("fix", "--undo", "--yes")
    assert "as it was before" in back.stdout
    assert field.spec == before
    assert "no such change" in kfnb("fix", "--undo", status=1).stderr


def test_stop_and_restart_take_a_snapshot_first(field):
    old = field.pod_uid
    asked = kfnb("restart", "--snapshot", "local", status=2)
    assert "kernels and terminals end" in asked.stdout
    done = kfnb("restart", "--snapshot", "local", "--reason", "tired", "--yes")
    assert "was taken before" in done.stdout
    field.settle()
    assert field.pod_uid not in (None, old)
    assert "before the restart" in kfnb("snapshot", "list", "--engine", "local").stdout
    assert "is stopped" in kfnb("stop", "--yes").stdout
    assert "stopped already" in kfnb("restart", "--yes", status=1).stderr


def test_a_locked_site_is_named(field, monkeypatch):
    monkeypatch.setenv("KFNB_CLUSTER_WRITES", "false")
    for words in (("stop",), ("restart",), ("grow", "demo-home", "2Gi"), ("fix", "--undo")):
        refused = kfnb(*words, "--yes", status=1)
        assert "KFNB_CLUSTER_WRITES" in refused.stderr or "no such change" in refused.stderr


def test_volumes_of_a_stopped_notebook_are_restored_and_its_next_start_is_said_to_confirm_it(field):
    csi_pod.allow(field.cluster)
    field.cluster.world.seed(*csi_pod.classes())
    kfnb("snapshot", "create", "before", "--engine", "csi")
    kfnb("stop", "--yes")
    field.settle()
    done = kfnb("snapshot", "restore", "latest", "--engine", "csi", "--yes")
    assert "as in the snapshot" in done.stdout
    assert "next start" in done.stdout
    claims = [one["persistentVolumeClaim"]["claimName"] for one in field.spec["volumes"]
              if "persistentVolumeClaim" in one]  # fmt: skip
    assert any(one.startswith("demo-home-r") for one in claims)
