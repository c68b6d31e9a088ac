"""The shell command on a terminal, in a pipe, and where its output goes nowhere."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from kfnb_ext.model import operations, snapshots
from tests.commands.shell import KFNB, call, fill, kfnb, on_a_terminal, record


def test_a_reader_that_has_read_enough_ends_it_quietly(place: Path):
    script = f"set -o pipefail; {' '.join(KFNB)} snapshot list | true"
    done = call("bash", "-c", script)

    assert done.returncode == 128 + signal.SIGPIPE
    assert done.stderr == ""


@pytest.mark.parametrize("where", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_do_no_harm(place: Path, where: str):
    assert call("bash", "-c", f"{' '.join(KFNB)} snapshot create {where}").returncode == 0
    assert call("bash", "-c", f"{' '.join(KFNB)} nonsense {where}").returncode == 2


def test_a_full_disk_under_stdout_is_said(place: Path):
    with open("/dev/full", "w") as full:
        done = kfnb("status", stdout=full, status=1)

    assert done.stderr.startswith("The output could not be written: No space left")


def test_a_terminal_is_asked_and_ctrl_c_stops_at_the_question(place: Path):
    kfnb("snapshot", "create")

    code, said = on_a_terminal(("snapshot", "delete", "latest"), b"\x03", wait_for=b"[y/N]")
    assert code == 130
    assert b"Everything is as it was before" in said
    code, said = on_a_terminal(("snapshot", "delete", "latest"), b"n\n", wait_for=b"[y/N]")
    assert code == 1
    assert b"Not confirmed" in said
    code, said = on_a_terminal(("snapshot", "delete", "latest"), b"y\n", wait_for=b"[y/N]")
    assert code == 0


def test_ctrl_c_stops_an_operation_and_leaves_everything_as_before(place: Path):
    fill(place)

    code, said = on_a_terminal(("snapshot", "create"), b"\x03", wait_for=b" % ")

    assert code == 130, said
    assert said.rstrip().endswith(b"Everything is as it was before.")
    assert record(snapshots.SnapshotList, "snapshot", "list").snapshots == ()
    assert record(tuple[operations.Operation, ...], "operations")[0].state == "cancelled"


def test_ctrl_c_that_the_children_would_see_first_stops_it_all_the_same(place: Path):
    fill(place)

    code, said = on_a_terminal(("snapshot", "create"), b"\x03", wait_for=b" % ", late=0.3)

    assert code == 130, said
    assert said.rstrip().endswith(b"Everything is as it was before.")


def test_a_killed_restore_is_brought_to_its_end_and_told_by_the_next_command(place: Path):
    for number in range(40):
        (place / f"big{number}").write_bytes(os.urandom(4 << 20))
    kfnb("snapshot", "create")
    for number in range(40):
        (place / f"big{number}").unlink()

    started = subprocess.Popen([*KFNB, "snapshot", "restore", "latest", "--yes"])
    staging = place / ".kfnb" / "staging"
    while started.poll() is None and not any(staging.iterdir()):
        time.sleep(0.001)
    started.kill()
    assert started.wait() == -signal.SIGKILL

    assert "was interrupted" in kfnb("snapshot", "list").stderr
    left = [path for path in place.iterdir() if path.name.startswith("big")]
    assert len(left) in (0, 40)
    assert "was interrupted" not in kfnb("snapshot", "list").stderr
