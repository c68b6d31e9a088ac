"""Takes a snapshot: looks first, refuses early, then makes it, and lets it appear by one rename.

Rule: until that rename there is no snapshot, and whatever goes wrong removes what was begun.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.local import (
    copying,
    drafts,
    exclude,
    failing,
    filling,
    hands,
    making,
    manifest,
    records,
    removing,
    scan,
    usage,
    volume,
)
from kfnb_ext.engines.local import layout as places
from kfnb_ext.model import snapshots


class Settings(NamedTuple):
    """What the engine was made with."""

    rules: exclude.Rules
    share: float  # of the volume, 0..1
    helpers_from: int  # files to read: so many are worth the start of children
    environment: Callable[[], bytes] = bytes  # what the files run in


class Order(NamedTuple):
    """What is asked for."""

    name: str
    reason: snapshots.SnapshotReason
    moment: datetime
    note: str = ""


def create(
    home: places.Layout, settings: Settings, order: Order, progress: base.Progress
) -> snapshots.Snapshot:
    """Take a snapshot; the caller holds the lock."""
    identity = places.new_id(order.moment)
    work = home.staging / identity
    with failing.told("the snapshot"):
        work.mkdir(mode=0o700)
        try:
            stored = _made(home, settings, order, progress, work)
            freely = usage.current(home)
            usage.unsettle(home)
            os.rename(work, home.snapshots / identity)
        except BaseException:
            removing.tree(work)
            raise
        usage.settle(home, freely + (stored.snapshot.bytes_added or 0))
    return stored.snapshot


def _made(
    home: places.Layout,
    settings: Settings,
    order: Order,
    progress: base.Progress,
    work: Path,
) -> records.Stored:
    """Make it in ``work``."""
    ground = volume.probe(work)
    with ExitStack() as stack:
        root = opened(home.workspace, stack)
        previous = _previous(home)
        found = stack.enter_context(tempfile.TemporaryFile(dir=work, buffering=1 << 18))
        walk = scan.Scan(
            root,
            settings.rules,
            volume.mounts_inside(home.workspace),
            ground.trusted_before,
            previous.manifest if previous else None,
        )
        budget = _looked(home, settings, walk, found, progress)
        (work / records.TREE).mkdir(mode=0o700)
        tree = opened(work / records.TREE, stack)
        before = opened(previous.tree, stack) if previous else -1
        rebooted = previous is not None and (
            previous.stored is None or previous.stored.boot != volume.boot()
        )
        job = copying.Job(ground, budget, progress.advance)
        filler = filling.Filler(job, root, tree, before, rebooted)
        read = walk.totals.new_files + walk.totals.look_files
        count = making.CHILDREN if read >= settings.helpers_from else 0
        with closing(manifest.Writer(work / records.MANIFEST)) as writer:
            maker = making.Maker(filler, hands.Hands(filler, count, home.held), writer)
            maker.make(drafts.read(found))
    return _recorded(work, settings, order, maker.outcome, writer)


def _looked(
    home: places.Layout,
    settings: Settings,
    walk: scan.Scan,
    found: IO[bytes],
    progress: base.Progress,
) -> copying.Budget:
    """Walk the live tree, and refuse now what would not fit. Raises: NoSpace, Cancelled."""
    progress.phase("Looking at the files")
    for line, draft in walk.drafts():
        drafts.write(found, line, draft)
        progress.advance(0)
    budget = _budget(home, settings, walk.totals)
    progress.expect(walk.totals.new_bytes + walk.totals.look_bytes)
    progress.phase("Taking the snapshot")
    return budget


def opened(folder: Path, stack: ExitStack) -> int:
    """Open a folder until ``stack`` unwinds."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, fd)
    return fd


def _previous(home: places.Layout) -> records.Kept | None:
    """The newest snapshot that can be built upon."""
    return next((k for k in records.all_kept(home) if k.is_whole() and k.tree.is_dir()), None)


def _budget(home: places.Layout, settings: Settings, totals: scan.Totals) -> copying.Budget:
    """Refuse now what would not fit. Raises: NoSpace."""
    # each entry has about 250 bytes in the draft and in the manifest
    own = usage.BLOCK * totals.folders + 500 * totals.entries + 64 * 1024
    need = totals.new_bytes - totals.holes + own
    there, used = volume.room(home.home), usage.current(home)
    allowed = int(there.total * settings.share)
    if used + need > allowed:
        raise errors.NoSpace(
            f"This snapshot needs {failing.size(need)}. Snapshots take {failing.size(used)} and "
            f"may take {failing.size(allowed)} ({settings.share:.0%} of the volume). "
            "Nothing was changed.",
            "Delete snapshots you no longer need, or ask for a larger share.",
        )
    volume.require(home.home, need, totals.folders + totals.new_files + 8, "This snapshot")
    return copying.Budget(min(allowed - used, there.free) - own, "the room it may take")


def _recorded(
    work: Path,
    settings: Settings,
    order: Order,
    outcome: making.Outcome,
    writer: manifest.Writer,
) -> records.Stored:
    """Write the record, the last thing before the rename."""
    home = work.parent.parent
    environment = records.enclose(work, settings.environment())
    snapshot = snapshots.Snapshot(
        id=work.name,
        engine="local",
        name=order.name,
        created=order.moment,
        reason=order.reason,
        complete=outcome.complete,
        files=outcome.files,
        bytes_total=outcome.bytes_total,
        bytes_added=outcome.bytes_added + writer.bytes + len(environment),
        excluded=settings.rules.patterns,
        left_out=tuple(outcome.left_out),
        left_out_count=outcome.left_out_count,
        durable=False,
        place=errors.spelt(str(home / "snapshots" / work.name / records.TREE)),
        note=order.note,
    )
    stored = records.sealed(
        records.Stored(
            snapshot=snapshot,
            boot=volume.boot(),
            manifest_sha256=writer.sha256,
            environment_sha256=records.sum_of(environment),
        )
    )
    (work / records.RECORD).write_bytes(msgspec.json.encode(stored))
    return stored
