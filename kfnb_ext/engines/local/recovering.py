"""Brings to its end what a killed process left behind.

Rule: cheap when there is nothing; under the lock everything in staging and trash is a leftover,
because its owner held the lock and is gone.
"""

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.local import layout as places
from kfnb_ext.engines.local import removing, restoring, swapping


def recover(home: places.Layout, restorer: restoring.Restorer) -> tuple[str, ...]:
    """Do it; the caller holds the lock. Returns sentences that say what was done."""
    said: list[str] = []
    for work in places.children(home.staging):
        if (work / swapping.COMMIT).exists():
            try:
                restorer.carry_through(work)
            except (msgspec.DecodeError, FileNotFoundError) as error:
                said.append(f"The restore {work.name} was interrupted and cannot go on: {error}.")
                continue
            said.append(f"The restore {work.name} was interrupted; it is completed now.")
            continue
        restore = (work / swapping.NEW).exists()
        removing.tree(work)
        what = "restore" if restore else "snapshot"
        said.append(f"The {what} {work.name} was interrupted; nothing was changed by it.")
    for dying in places.children(home.trash):
        try:
            removing.tree(dying)
        except OSError as error:  # somebody else's, say: no reason to stop anybody's work
            said.append(f"{dying} cannot be removed: {error.strerror}. Nothing else is affected.")
            continue
        if "." not in dying.name:  # not what a restore has replaced: the restore told of it
            said.append(f"The deletion of the snapshot {dying.name} is completed now.")
    return tuple(map(errors.spelt, said))
