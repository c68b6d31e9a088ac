"""Orphans that are really ended, and files that are really removed."""

import contextlib
import os
import time
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.model.shm import ClearRequest, EndRequest, Task
from kfnb_ext.probes import processes
from kfnb_ext.services.capacity.clearing import Clearing
from tests.probes.test_shm_holders import holder, start, until


def test_orphans_are_ended_and_a_living_kernel_is_left(tmp_path: Path):
    dead, living = start(tmp_path), start(tmp_path / "b")
    try:
        dead.kill()
        dead.wait()
        orphan = until(holder("orphan"))
        me = processes.one(living.pid)
        assert me
        waited_for = Task(pid=living.pid, started_ticks=me.start_ticks, command="python")
        gone = Task(pid=dead.pid, started_ticks=1, command="python")
        cleared = Clearing(read_only=False).end(EndRequest(tasks=(*orphan.tasks, waited_for, gone)))
        assert set(cleared.done) == {str(task.pid) for task in orphan.tasks}
        assert "no orphan" in cleared.left[str(living.pid)]
        assert "already" in cleared.left[str(dead.pid)]
        assert living.poll() is None
        assert not any(_lives(task.pid) for task in orphan.tasks)
    finally:
        for kernel in (dead, living):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(kernel.pid, 9)
        living.wait()


def _lives(pid: int) -> bool:
    found = processes.one(pid)
    return bool(found and found.command)


def test_only_files_that_nobody_uses_are_removed(tmp_path: Path):
    old = time.time() - 600
    for name in ("torch_1_x", "psm_open", "mine"):
        (tmp_path / name).write_bytes(b"x" * 9000)
        os.utime(tmp_path / name, (old, old))
    (tmp_path / "torch_young").touch()
    with (tmp_path / "psm_open").open():
        cleared = Clearing(read_only=False, path=tmp_path).clear(
            ClearRequest(names=("torch_1_x", "psm_open", "mine", "torch_young", "../x", "gone"))
        )
    assert cleared.done == ("torch_1_x",)
    assert cleared.freed >= 9000
    assert "open" in cleared.left["psm_open"]
    assert set(cleared.left) == {"psm_open", "mine", "torch_young", "../x", "gone"}
    assert sorted(os.listdir(tmp_path)) == ["mine", "psm_open", "torch_young"]


def test_a_site_that_is_read_only_lets_nothing_be_ended():
    guarded = Clearing(read_only=True)
    with pytest.raises(errors.Forbidden):
        guarded.end(EndRequest(tasks=()))
    with pytest.raises(errors.Forbidden):
        guarded.clear(ClearRequest(names=("psm_a",)))
