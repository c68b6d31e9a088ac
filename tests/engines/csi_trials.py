"""A restore under trial: something goes wrong at one request, and afterwards all must be well.

What must hold whatever happens: the notebook is on all old claims or on all new ones, its pod
runs there, no claim is lost or made twice, what is left over is listed with a way to let it go,
and nobody was told anything that is not so.
"""

import contextlib
from collections.abc import Callable
from typing import Any

from kfnb_ext import errors
from kfnb_ext.engines.csi import keeping
from kfnb_ext.kube.client.access import Access
from tests.engines.csi_restart import BACK, OURS, UNDER, Rig

NEW = tuple(f"{name}-r{UNDER}" for name in OURS)
UNCHANGED = ("The notebook was not changed", "Nothing was changed", "on its volumes from before")
WRITES = ("POST", "PATCH", "DELETE")


class Died(BaseException):
    """The process is gone: no handler of ours runs."""


class Mortal(Access):
    """A way to the cluster on which whoever takes it dies before his n-th request."""

    def __init__(self, whole: Access, nth: int) -> None:
        self.__dict__ |= whole.__dict__
        self.left = nth

    def open(self) -> Any:
        self.left -= 1
        if self.left == 0:
            raise Died
        return super().open()


def ended(rig: Rig, restore: str = UNDER, mark: str = "") -> None:
    """Let the guardian and the next server do what they do, until nothing is left to do.

    ``mark``: what the new volume's mark says; empty: the snapshot.
    """
    rig.others.clear()
    rig.guardian(restore)
    rig.server()
    for _ in range(90):
        running = rig.journal
        if running is None or running.ended:
            break
        rig.sleep(60)
        if not rig.cluster.world.read("pods", "alice", "demo-0"):
            continue
        with contextlib.suppress(errors.KfnbError):
            rig.marked((mark or rig.snapshot) if rig.ready_on(NEW[0]) else f"{UNDER}-before")
            rig.told.extend(rig.recover())
    with contextlib.suppress(errors.KfnbError):
        rig.told.extend(rig.recover())
    rig.settle()


def judge(
    rig: Rig,
    error: BaseException | None,
    *,
    undo: bool = False,
    new: tuple[str, ...] = NEW,
) -> None:
    """All that must hold. ``new``: the claims that the notebook is on after the exchange."""
    running = rig.journal
    assert running is None or running.ended, running
    assert rig.on in (OURS, new)
    assert all(map(rig.ready_on, rig.on))
    assert set(OURS) <= set(rig.claims) <= {*OURS, *new}
    assert not undo or set(rig.claims) == {*OURS, *new}
    assert not any("deletionTimestamp" in one["metadata"] for one in rig.claims.values())
    kept = {one.name: one for one in keeping.kept(rig.context()) if one.kind == "claim"}
    assert set(rig.claims) - set(rig.on) == set(kept), (kept, rig.on)
    assert all(one.can_go for one in kept.values())
    before, after = (new, OURS) if undo else (OURS, new)
    if running is not None and running.id == (BACK if undo else UNDER):
        assert rig.on == (after if running.phase == "done" else before)
    if error is None:
        assert rig.on == after
    elif isinstance(error, errors.KfnbError) and any(w in error.message for w in UNCHANGED):
        assert rig.on == before, error.message
    listed = [one.id for one in rig.engine().restores()]
    assert len(listed) == len(set(listed))
    wanted = {UNDER} if rig.on == new else {UNDER, BACK} if undo else set()
    assert set(listed) == wanted


def trial(rig: Rig, act: Callable[[], object]) -> BaseException | None:
    """How it ended."""
    try:
        act()
    except (errors.KfnbError, Died) as error:
        return error
    finally:
        rig.cluster.faults.clear()
    return None
