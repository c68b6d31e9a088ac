"""Kills a process amid its work, at random moments, and looks at what is left.

A child takes snapshots, restores, undoes and deletes without end. Its workspace only ever is in
one of a few states (whole trees of one number), so that a mixture of two is seen at once.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from kfnb_ext.engines.local import LocalEngine
from tests.engines import trees

FOLDERS, FILES = 8, 12

CHILD = """
import random, sys
from pathlib import Path
from kfnb_ext.engines.local import LocalEngine
from tests.engines import kills
kills.work(Path(sys.argv[1]), random.Random(int(sys.argv[2])))
"""


def write(workspace: Path, number: int) -> None:
    """Make the workspace the tree of one number: each file says it, and so does each name."""
    for n in range(FOLDERS):
        folder = workspace / f"folder{n}" if n % 2 else workspace / f"folder{n}of{number}"
        folder.mkdir(exist_ok=True)
        for m in range(FILES):
            size = 200_000 if m == 0 else 50
            (folder / f"file{m}").write_text(f"{number} " * size)
    (workspace / f"only{number}").write_text(f"{number} ")


def number_of(workspace: Path) -> int:
    """The number of the workspace. Raises: AssertionError for a mixture, or a loss."""
    said: set[str] = set()
    count = 0
    for where, folders, files in os.walk(workspace):
        if where == str(workspace):
            folders.remove(trees.OWN)
        for name in files:
            text = Path(where, name).read_text()
            said |= set(text.split())
            count += 1
    assert len(said) == 1, f"a mixture of {said}"
    assert count == FOLDERS * FILES + 1, f"{count} files"
    (number,) = said
    assert (workspace / f"only{number}").exists()
    return int(number)


def prepare(workspace: Path, states: int) -> None:
    """Snapshots of some numbers; the workspace is left at the last."""
    engine = LocalEngine(workspace, share=1.0)
    for number in range(states):
        clear(workspace)
        write(workspace, number)
        engine.create(str(number), "manual", trees.Listening())


def clear(workspace: Path) -> None:
    for path in workspace.iterdir():
        if path.name != trees.OWN:
            subprocess.run(["rm", "-rf", path], check=True)


def work(workspace: Path, dice: random.Random) -> None:
    """What the child does until it is killed."""
    from kfnb_ext.model.snapshots import RestoreRequest

    engine = LocalEngine(workspace, share=1.0, helpers_from=dice.choice((1, 1000)))
    heard = trees.Listening()
    print("at work", flush=True)
    while True:
        listed = engine.list()
        act = dice.choice(["restore", "restore", "undo", "create", "delete"])
        if act == "create":
            engine.create("", "manual", heard)
        elif act == "delete" and len(listed) > 8:
            engine.delete(dice.choice([s for s in listed if not s.name]).id, heard)
        elif act == "undo":
            can = [r for r in engine.restores() if r.safety and not r.undone]
            if can and can[0].undo_of is None:
                engine.undo(can[0].id, f"u{time.monotonic_ns()}", heard)
        else:
            chosen = dice.choice(listed)
            wanted = RestoreRequest(snapshot=chosen.id, exact=True)
            engine.restore(wanted, f"r{time.monotonic_ns()}", heard)


def kill_once(workspace: Path, dice: random.Random) -> tuple[str, ...]:
    """One child, one kill, one recovery; returns what recovery said. Raises: AssertionError."""
    root = str(Path(__file__).parent.parent.parent)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(workspace), str(dice.randrange(10**6))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        time.sleep(dice.random() * dice.choice((0.25, 1.0)))
        assert child.poll() is None, child.stderr.read().decode()
        child.send_signal(signal.SIGKILL)
        child.wait()
    engine = LocalEngine(workspace, share=1.0)
    said = engine.recover()
    number_of(workspace)
    assert engine.recover() == ()
    return said


def check_snapshots(workspace: Path, states: int) -> int:
    """Verify all of them; returns how many there are. Raises: AssertionError."""
    engine = LocalEngine(workspace, share=1.0)
    listed = engine.list()
    for snapshot in listed:
        found = engine.verify(snapshot.id, trees.Listening())
        assert found.ok, found
    assert {s.name for s in listed} >= {str(n) for n in range(states)}, "a snapshot is lost"
    return len(listed)
