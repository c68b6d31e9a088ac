"""What was written too late for a cut: the present volume has it, the one made from it has not.

Rule: a look at names and times, bounded in time; what it did not get to is not called unchanged.
"""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from kfnb_ext.engines.csi import patience, syncing
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.growth import Late

PATIENCE = 10.0  # seconds: the notebook waits for its restart meanwhile
NAMED = 5
LONGEST = 120  # characters of a name: the journal is small
OURS = os.path.dirname(syncing.MARK)


def written(context: Context, mount: str, cut: datetime) -> Late | None:
    """The files that changed since; None: they cannot be seen from here."""
    if not (context.inside and mount):
        return None
    # Where it does not answer, nothing was looked at.
    nothing: Late | None = Late(count=0, whole=False)
    return patience.within(2 * PATIENCE, mount, partial(_seen, mount, cut), nothing)


def _seen(mount: str, cut: datetime) -> Late | None:
    if not os.path.isdir(mount):
        return None
    count, names, ends = 0, list[str](), time.monotonic() + PATIENCE
    for path, changed in _walk(mount):
        if time.monotonic() > ends:
            return Late(count=count, names=tuple(names), whole=False)
        if changed > cut.timestamp():
            count += 1
            if len(names) < NAMED:
                names.append(os.path.relpath(path, mount)[:LONGEST])
    return Late(count=count, names=tuple(names))


def _walk(top: str) -> Iterator[tuple[str, float]]:
    """All that is no folder, with the time of its last change; those first that a person sees.

    What cannot be read, or is a volume of its own, is passed over.
    """
    waiting, device = [top], os.lstat(top).st_dev
    while waiting:
        try:
            found = sorted(os.scandir(waiting.pop(0)), key=lambda one: one.name.startswith("."))
        except OSError:
            continue
        for one in found:
            try:
                seen = one.stat(follow_symlinks=False)
                if not one.is_dir(follow_symlinks=False):
                    yield one.path, seen.st_ctime
                elif one.name != OURS and seen.st_dev == device:
                    waiting.append(one.path)
            except OSError:  # it went meanwhile
                continue


def told(found: Late | None, old: str) -> str:
    """In words; empty: nothing was seen."""
    if found is None or not (found.count or not found.whole):
        return ""
    more = found.count - len(found.names)
    if not found.count:
        return " What that is could not be seen in time."
    listed = ", ".join(_plain(one) for one in found.names) + (f" and {more} more" if more else "")
    least = "" if found.whole else "at least "
    return f" Seen to be written after the cut, and on {old} alone: {least}{found.count}: {listed}."


def _plain(name: str) -> str:
    """A name on one line, whatever it holds."""
    return name if name.isprintable() else ascii(name)
