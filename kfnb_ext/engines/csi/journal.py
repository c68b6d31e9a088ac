"""How far a restore is: a record in an annotation of the Notebook, and the table of its phases.

The process that restores may die at any moment, and its pod does: so this is the only memory.

Rule: it is changed only from the value that was read (a `test` in the same JSON patch), and only
along the table. Whoever finds another value reads again and decides again.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.csi import keys, target
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.growth import Growth
from kfnb_ext.engines.csi.target import Object, Target
from kfnb_ext.kube.client import Client, failures
from kfnb_ext.model import operations, snapshots
from kfnb_ext.model.patches import Operation
from kfnb_ext.model.patches.patch import add, test

VERSION = 1
TRIES = 5
REMEMBERED = 20  # restores that are listed and can be undone
LONGEST = 500  # characters of a reason: annotations are small
Phase = Literal[
    "safety", "provision", "armed", "swapped", "rolling_back", "confirmed", "done", "failed"
]
Event = Literal[
    "saved", "provisioned", "swap", "abort", "confirm", "finish", "roll_back", "rolled_back"
]
TABLE: dict[tuple[Phase, Event], Phase] = {
    ("safety", "saved"): "provision",
    ("provision", "provisioned"): "armed",
    ("armed", "swap"): "swapped",
    ("safety", "abort"): "failed",
    ("provision", "abort"): "failed",
    ("armed", "abort"): "failed",
    ("swapped", "confirm"): "confirmed",
    ("swapped", "roll_back"): "rolling_back",
    ("rolling_back", "rolled_back"): "failed",
    ("confirmed", "finish"): "done",
}
ENDED: tuple[Phase, ...] = ("done", "failed")
BEFORE: tuple[Phase, ...] = ("safety", "provision", "armed")  # the Notebook is untouched
PATH = f"/metadata/annotations/{keys.RESTORE.replace('/', '~1')}"
MADE = f"/metadata/annotations/{keys.RESTORES.replace('/', '~1')}"


class Journal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One restore, as far as it is. Times are UTC."""

    id: str
    phase: Phase
    way: snapshots.RestoreWay
    snapshot: str
    switches: tuple[snapshots.Switch, ...]
    owner: operations.Owner
    began: datetime
    changed: datetime
    v: int = VERSION
    safety: str = ""
    deadline: datetime | None = None  # until when the new pod must be there
    guardian: str = ""  # the name of its Job; empty: nobody guards it
    mark: str = ""  # what the restored workspace must name in its mark; empty: nothing
    container: str = ""
    undo_of: str = ""
    growth: Growth | None = None  # it is a growth, or the undo of one
    reason: str = ""  # why it failed
    exchanged: bool = False  # it came to the exchange: its claims may have been used
    told: bool = False  # a person was told how it ended

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do."""
        return self.phase in ENDED


class Seen(msgspec.Struct, frozen=True):
    """The Notebook as it was read, and the journal in it."""

    object: Object
    text: str | None  # the annotation, letter by letter; None: there is none
    journal: Journal | None  # None: none, or of a version that we do not know


def read(client: Client, whose: Target) -> Seen:
    """Read it. Raises: ClusterError."""
    return of(whose.read(client))


def of(found: Object) -> Seen:
    """The journal in an object."""
    text = target.annotations(found).get(keys.RESTORE)
    return Seen(found, text, _decoded(text))


def _decoded(text: str | None) -> Journal | None:
    if not text:
        return None
    try:
        journal = msgspec.json.decode(text, type=Journal)
    except msgspec.MsgspecError:
        return None
    return journal if journal.v == VERSION else None


def after(journal: Journal, event: Event, now: datetime, **more: Any) -> Journal:
    """The journal after an event. Raises: Conflict where the table does not have it."""
    phase = TABLE.get((journal.phase, event))
    if phase is None:
        raise errors.Conflict(
            f"The restore {journal.id} is {journal.phase} by now: no {event} follows on that.",
            "`kfnb snapshot list` shows where it stands.",
        )
    if "reason" in more:
        more["reason"] = str(more["reason"])[:LONGEST]
    return msgspec.structs.replace(journal, phase=phase, changed=now, **more)


def change(seen: Seen, new: Journal) -> list[Operation]:
    """The operations that put ``new`` in the place of what was read."""
    return [test(PATH, seen.text), add(PATH, text(new))]


def text(journal: Journal) -> str:
    """As it stands in the annotation."""
    return msgspec.json.encode(journal).decode()


def write(
    client: Client, whose: Target, seen: Seen, new: Journal, more: tuple[Operation, ...] = ()
) -> Seen:
    """Put ``new`` there, with ``more`` in the same patch.

    Where the answer did not come, or a test failed since our own first try was carried out, what
    stands there now decides. Raises: ClusterError; Conflict when it is another's by now.
    """
    first = target.annotations(seen.object) == {} and not more
    steps = [*change(seen, new), *more]
    try:
        if first:
            return _first(client, whose, seen, new)
        found = client.patch_json(whose.address, steps, touches=target.touches(steps)).body
        return of(found)
    except failures.ClusterError as error:
        if not (error.uncertain or error.reason in ("test_failed", "stale")):
            raise
        now = read(client, whose)
        if now.text == text(new):
            return now
        if error.uncertain:
            raise
        raise errors.Conflict(
            f"The {whose.called} was changed meanwhile.", "Look at it again, then try again."
        ) from error


def _first(client: Client, whose: Target, seen: Seen, new: Journal) -> Seen:
    """Where there are no annotations at all, a JSON patch has no place to add one.

    The condition is the whole object then, which its controller changes by itself too.
    """
    for _ in range(TRIES):
        metadata = seen.object["metadata"]
        condition = {"resourceVersion": metadata["resourceVersion"], "uid": metadata["uid"]}
        patch = {"metadata": {**condition, "annotations": {keys.RESTORE: text(new)}}}
        try:
            return of(client.patch_merge(whose.address, patch).body)
        except failures.ClusterError as error:
            now = read(client, whose) if error.reason == "stale" else seen
            if error.reason != "stale" or now.text != seen.text:
                raise
            seen = now
    raise errors.Conflict(
        f"The {whose.called} changes all the time. Nothing was changed.", "Try again in a minute."
    )


def begin(context: Context, whose: Target, new: Journal) -> Seen:
    """Begin a restore. Raises: Conflict where another is under way; ClusterError."""
    seen = read(context.client, whose)
    if seen.journal and seen.journal.id == new.id:
        return seen
    if seen.text and (seen.journal is None or not seen.journal.ended):
        under = seen.journal.id if seen.journal else "of another version"
        raise errors.Conflict(
            f"The restore {under} of this notebook has not ended yet. Nothing was changed.",
            "Wait for its end; `kfnb operations` and `kfnb snapshot list` show it.",
        )
    return write(context.client, whose, seen, new)


def made(found: Object) -> tuple[snapshots.Restore, ...]:
    """The restores that are remembered in an object, newest first."""
    listed = target.annotations(found).get(keys.RESTORES)
    try:
        return msgspec.json.decode(listed or "[]", type=tuple[snapshots.Restore, ...])
    except msgspec.MsgspecError:
        return ()


def remember(found: Object, journal: Journal, now: datetime) -> tuple[Operation, ...]:
    """The operations that add the restore to those that were made."""
    return noted(found, restored(journal, now))


def noted(found: Object, new: snapshots.Restore) -> tuple[Operation, ...]:
    """The operations that put a restore before those that were made."""
    before = target.annotations(found).get(keys.RESTORES)
    others = [
        msgspec.structs.replace(one, undone=True) if one.id == new.undo_of else one
        for one in made(found)
        if one.id != new.id
    ]
    listed = msgspec.json.encode([new, *others][:REMEMBERED]).decode()
    return (test(MADE, before), add(MADE, listed))


def restored(journal: Journal, now: datetime) -> snapshots.Restore:
    """The restore as a face shows it."""
    return snapshots.Restore(
        id=journal.id,
        engine="csi",
        snapshot=journal.snapshot,
        safety=journal.safety or None,
        paths=(),
        exact=True,
        ended=now,
        undone=False,
        undo_of=journal.undo_of or None,
        way=journal.way,
        switches=journal.switches,
        grown=journal.growth.size if journal.growth else None,
    )


def restores(context: Context) -> tuple[snapshots.Restore, ...]:
    """The restores that were made, newest first. Raises: ClusterError."""
    here = context.where()
    if not here.notebook:
        return ()
    try:
        return made(target.of(here).read(context.client))
    except (failures.Missing, failures.Refused):
        return ()
