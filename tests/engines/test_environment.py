"""The environment as the engine `local` keeps it: sealed with the snapshot, never in its way."""

import pytest

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.local import LocalEngine
from kfnb_ext.model.snapshots import RestoreRequest

TOLD = b'{"kind":"environment"}'


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "notes.txt").write_text("first")
    return tmp_path


def test_it_is_kept_with_every_snapshot_also_with_safety_snapshots(workspace):
    engine = LocalEngine(workspace, environment=lambda: TOLD)
    made = engine.create("one", "manual", base.SILENT)
    assert engine.environment(made.id) == TOLD
    assert engine.verify(made.id, base.SILENT).ok
    (workspace / "notes.txt").write_text("second")
    done = engine.restore(RestoreRequest(snapshot=made.id), "r1", base.SILENT)
    assert done.safety
    assert engine.environment(done.safety) == TOLD


def test_a_snapshot_without_one_is_whole(workspace):
    engine = LocalEngine(workspace)
    made = engine.create("", "manual", base.SILENT)
    assert engine.environment(made.id) == b""
    assert engine.verify(made.id, base.SILENT).ok


def test_one_that_was_changed_is_found_by_verify_and_not_shown(workspace):
    engine = LocalEngine(workspace, environment=lambda: TOLD)
    made = engine.create("", "manual", base.SILENT)
    (workspace / ".kfnb/snapshots" / made.id / "environment.json").write_bytes(b"{}")
    found = engine.verify(made.id, base.SILENT)
    assert [(d.path, d.problem) for d in found.differences] == [("environment.json", "changed")]
    with pytest.raises(errors.Gone, match="damaged"):
        engine.environment(made.id)
