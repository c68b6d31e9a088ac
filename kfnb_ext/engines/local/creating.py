"""Takes a snapshot: looks first, refuses early, then makes it, and lets it appear by one rename.

Rule: until that rename there is no snapshot, and whatever goes wrong removes what was begun. No
byte is copied before the room for all is known to be there; links of what is as it was cost none.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.local import (
    ahead,
    copying,
    drafts,
    exclude,
    failing,
    filling,
    hand,
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

_LINKS = 5  # take about as long as one small file that is read


class Settings(NamedTuple):
    """What the engine was made with."""

    rules: exclude.Rules
    share: float  # of the volume, 0..1
    helpers_from: (
        int  # so many files to read, or the like of links, are worth the start of children
    )
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
    with ExitStack() as stack:
        previous = _previous(home)
        begun = _begun(home, work, previous, stack)
        found = stack.enter_context(tempfile.TemporaryFile(dir=work, buffering=1 << 18))
        walk = scan.Scan(
            begun.roots[0],
            settings.rules,
            volume.mounts_inside(home.workspace),
            begun.ground.trusted_before,
            previous.manifest if previous else None,
        )
        with closing(ahead.Ahead(begun, progress.advance)) as links:
            if _files(previous) >= _LINKS * settings.helpers_from:
                links.start(home.held)
            progress.phase("Looking at the files")
            for line, draft in walk.drafts():
                links.folder(draft)
                drafts.write(found, line, draft)
                progress.advance(0)
            unlinked = links.unlinked()
        budget = _budget(home, settings, walk.totals, unlinked is not None)
        progress.expect(walk.totals.new_bytes + walk.totals.look_bytes)
        progress.phase("Taking the snapshot")
        job = copying.Job(begun.ground, budget, progress.advance)
        filler = filling.Filler(job, *begun.roots, begun.check_sizes)
        read = walk.totals.new_files + walk.totals.look_files
        helpers = hands.Hands(begun, read >= settings.helpers_from, home.held)
        with closing(manifest.Writer(work / records.MANIFEST)) as writer:
            maker = making.Maker(filler, helpers, writer, unlinked)
            maker.make(drafts.read(found))
    return _recorded(work, settings, order, maker.outcome, writer)


def _begun(
    home: places.Layout, work: Path, previous: records.Kept | None, stack: ExitStack
) -> hand.Start:
    """The trees: the live one, the new one, the previous one; each is open for ``stack``."""
    ground = volume.probe(work)
    (work / records.TREE).mkdir(mode=0o700)
    live, tree = opened(home.workspace, stack), opened(work / records.TREE, stack)
    if previous is None:
        return hand.Start(ground, (live, tree, -1), False)
    rebooted = previous.stored is None or previous.stored.boot != volume.boot()
    return hand.Start(ground, (live, tree, opened(previous.tree, stack)), rebooted)


def opened(folder: Path, stack: ExitStack) -> int:
    """Open a folder until ``stack`` unwinds."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, fd)
    return fd


def _previous(home: places.Layout) -> records.Kept | None:
    """The newest snapshot that can be built upon."""
    return next((k for k in records.all_kept(home) if k.is_whole() and k.tree.is_dir()), None)


def _files(previous: records.Kept | None) -> int:
    """How many are likely as they were."""
    known = previous.snapshot if previous else None
    return known.files or 0 if known else 0


def _budget(
    home: places.Layout, settings: Settings, totals: scan.Totals, made: bool
) -> copying.Budget:
    """Refuse now what would not fit. ``made``: its folders are there. Raises: NoSpace."""
    # each entry has about 250 bytes in the draft and in the manifest
    own = 500 * totals.entries + 64 * 1024
    folders = usage.BLOCK * totals.folders
    need = totals.new_bytes - totals.holes + own + folders
    there, used = volume.room(home.home), usage.current(home)
    allowed = int(there.total * settings.share)
    if used + need > allowed:
        raise errors.NoSpace(
            f"This snapshot needs {failing.size(need)}. Snapshots take {failing.size(used)} and "
            f"may take {failing.size(allowed)} ({settings.share:.0%} of the volume). "
            "Nothing was changed.",
            "Delete snapshots you no longer need, or ask for a larger share.",
        )
    inodes = totals.new_files + 8
    if made:
        volume.require(home.home, need - folders, inodes, "This snapshot")
    else:
        volume.require(home.home, need, inodes + totals.folders, "This snapshot")
    left = there.free - (0 if made else folders)
    return copying.Budget(min(allowed - used - folders, left) - own, "the room it may take")


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
