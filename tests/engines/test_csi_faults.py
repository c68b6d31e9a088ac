"""Whatever a request meets, and wherever the process is killed: nothing twice, nothing lost.

Each request of a create and of a delete meets a fault; then the cluster is well again, and what
is there must be listed, be told truthfully, and go away by a delete. Each fault is tried at every
third request, each at others than the one before it; KFNB_EVERY_FAULT=1 tries each at all.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kfnb_ext import errors
from kfnb_ext.model.snapshots import Snapshot
from tests.engines import csi_kills, csi_pod, trees
from tests.engines.csi_pod import World
from tests.fakes.kubernetes import faults

# Each test goes through all requests of an act: seconds alone, minutes on a machine that is busy.
pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]
STEP = 1 if os.environ.get("KFNB_EVERY_FAULT") else 3
SILENCE = 0.5  # seconds; the door waits 0.4


def create(world: World) -> Snapshot:
    return world.engine().create("before upgrade", "manual", trees.Listening())


def requests(fault: str, count: int) -> range:
    """Which requests meet the fault; each of them meets one."""
    first = list(faults.every(SILENCE)).index(fault) % STEP
    return range(1 + first, count + 1, STEP)


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How many requests a create and a delete send when all is well."""
    found = {}
    with World(tmp_path_factory.mktemp("count")) as world:
        for name, act in (("create", create), ("delete", delete)):
            before = len(world.cluster.log)
            act(world)
            found[name] = len(world.cluster.log) - before
    return found


def delete(world: World) -> None:
    engine = world.engine()
    (one,) = engine.list()
    engine.delete(one.id, trees.Listening())


def outcome(act: Callable[[World], object], world: World) -> errors.KfnbError | None:
    try:
        act(world)
    except errors.KfnbError as error:
        return error
    return None


def well_again(world: World) -> tuple[Snapshot, ...]:
    """What is listed once all is well, and no more than two objects with their two contents."""
    world.cluster.faults.clear()
    for _ in range(20):
        world.cluster.controllers.step()
    kept, listed = world.kept(), world.engine().list()
    assert len(kept) <= 2, "made twice"
    assert len(world.contents()) <= len(kept), "the storage holds what nobody knows"
    shown = {volume.object for one in listed for volume in one.volumes}
    assert shown == {one["metadata"]["name"] for one in kept}, "an orphan"
    return listed


def cleared(world: World) -> None:
    """Everything that is listed can be deleted."""
    for one in world.engine().list():
        world.engine().delete(one.id, trees.Listening())
    world.cluster.controllers.settle()
    assert (world.kept(), world.contents()) == ([], [])


@pytest.mark.parametrize("name", faults.every(SILENCE))
def test_a_create_makes_one_set_or_says_what_became_of_it(tmp_path: Path, counts, name: str):
    with World(tmp_path) as world:
        for nth in requests(name, counts["create"]):
            world.cluster.faults.next(faults.every(SILENCE)[name], nth)

            error = outcome(create, world)
            listed = well_again(world)

            if error is None:
                (made,) = listed
                assert made.state == "ready", nth
                assert len(made.volumes) == 2 or (made.left_out and not made.complete), nth
            elif "Nothing was changed." in error.message or "taken away" in error.message:
                assert all(one.state == "deleting" for one in listed) or not listed, (nth, error)
            else:
                assert "in the list" in error.message + error.hint, (nth, error.message)
            cleared(world)


@pytest.mark.parametrize("name", faults.every(SILENCE))
def test_a_delete_deletes_or_leaves_what_can_be_deleted_again(tmp_path: Path, counts, name: str):
    with World(tmp_path) as world:
        for nth in requests(name, counts["delete"]):
            create(world)
            world.cluster.faults.next(faults.every(SILENCE)[name], nth)

            error = outcome(delete, world)
            listed = well_again(world)

            if error is None:
                assert listed == (), nth
            cleared(world)


def test_a_token_that_is_replaced_amid_a_create_is_not_noticed(tmp_path: Path, counts):
    with World(tmp_path) as world:
        engine = world.engine()
        old = "editor-token"
        for nth in range(1, counts["create"] + 1):
            seen: list[int] = []

            def renew(_: object, seen=seen, old=old, nth=nth) -> bool:
                seen.append(1)
                if len(seen) == nth:
                    world.cluster.renew_token(world.folder, old, f"fresh{nth}")
                return False

            world.cluster.faults.when(renew, faults.broken())
            made = engine.create("", "manual", trees.Listening())
            world.cluster.faults.clear()
            old = f"fresh{nth}"

            assert made.state == "ready"
            assert len(world.kept()) == 2
            engine.delete(made.id, trees.Listening())


# One process imports everything once; each of its children does one act and is killed.
ZYGOTE = """
import os, sys
from pathlib import Path
from tests.engines import csi_pod, trees
import kubernetes, kubernetes.client.rest, kubernetes.config.incluster_config
from kfnb_ext.engines.csi import taking, deleting
for line in sys.stdin:
    folder, url, act = line.split()
    child = os.fork()
    if child:
        print(child, flush=True)
        continue
    engine = csi_pod.process(Path(folder))
    if act == "create":
        engine.create("before upgrade", "manual", trees.Listening())
    else:
        (one,) = engine.list()
        engine.delete(one.id, trees.Listening())
    os._exit(0)
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[subprocess.Popen[str]]:
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with subprocess.Popen(
        [sys.executable, "-c", ZYGOTE],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        yield process
        assert process.stdin
        process.stdin.close()
        process.wait(10)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("act", ["create", "delete"])
def test_a_kill_at_any_request_leaves_what_is_listed_and_can_be_deleted(
    tmp_path: Path, zygote, counts, act: str, after: bool
):
    with World(tmp_path) as world:
        world.engine()  # leaves the way to the cluster in the folder
        for nth in range(1, counts[act] + 1):
            if act == "delete":
                create(world)

            csi_kills.killed_at(
                zygote, world, f"{world.folder} {world.cluster.url} {act}", nth, after
            )

            listed = well_again(world)
            assert len(listed) <= 1, nth
            if listed and len(listed[0].volumes) == 2 and listed[0].state == "ready":
                assert listed[0].complete
            cleared(world)


def test_an_unfinished_set_is_told_as_failed_once_nobody_can_be_at_work_on_it(
    tmp_path: Path, zygote
):
    with World(tmp_path) as world:
        create(world)
        posts = [one for one in world.cluster.log if one.method == "POST"]
        second = [one for one in posts if "dryRun" not in one.query][1]
        nth = world.cluster.log.index(second) + 1
        cleared(world)

        what = f"{world.folder} {world.cluster.url} create"
        csi_kills.killed_at(zygote, world, what, nth, after=False)

        (left,) = well_again(world)
        assert left.state == "pending"
        world.time.now += csi_pod.timedelta(minutes=11)
        (left,) = world.engine().list()
        assert (left.state, left.complete) == ("failed", False)
