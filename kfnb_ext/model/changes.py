"""Changes of this notebook in the cluster: a larger claim, a patch of its Notebook, stop, restart.

Rule: whatever is changed is shown before; what is shown is what is sent.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kfnb_ext.model.reading import Record, Request
from kfnb_ext.model.snapshots import EngineName, Note, PlanObject

GrowWay = Literal[
    "online",  # the claim itself, while it is used
    "switch",  # a snapshot, a larger claim from it, and the Notebook patched to that
]

SIZE = r"^\+?[0-9]+(\.[0-9]+)?([kMGTPE]|[KMGTPE]i)?$(?!\n)"  # a quantity, or a + and one
Size = Annotated[str, msgspec.Meta(max_length=40, pattern=SIZE)]


class GrowRequest(Request, frozen=True, kw_only=True):
    """Make a claim larger: to ``20Gi``, or by ``+5Gi``. ``way``: what the preview has shown.

    ``unguarded``: go on by ``switch`` though no guardian can roll it back.
    """

    size: Size
    way: GrowWay = "online"
    unguarded: bool = False


class GrowPlan(Record, frozen=True, kw_only=True):
    """What a growth would do. Nothing has been changed."""

    claim: str
    mount: str  # in this pod; empty: it is not mounted here
    size: int | None  # bytes that the claim has
    wanted: int | None  # bytes that it would have
    way: GrowWay
    findings: tuple[str, ...]  # sentences a person should read first
    possible: bool  # False: findings say why not
    objects: tuple[PlanObject, ...] = ()
    restart: bool = False  # the notebook restarts: kernels and terminals end
    guardian: bool = True  # False: nobody could roll it back while the pod is away


class PatchRequest(Request, frozen=True, kw_only=True):
    """Apply the patch of an advice to the Notebook, by the advice's ``id``.

    ``shown``: the YAML that the preview showed; where it would be another by now, nothing is
    changed. Empty: whatever it is now.
    """

    advice: Annotated[str, msgspec.Meta(min_length=1, max_length=4200)]
    shown: Annotated[str, msgspec.Meta(max_length=32768)] = ""


class PatchPlan(Record, frozen=True, kw_only=True):
    """What the patch of an advice, or its undo, would change in the Notebook."""

    advice: str
    title: str
    yaml: str  # the operations, as they would be sent
    findings: tuple[str, ...]
    possible: bool
    restart: bool  # the pod restarts: kernels and terminals end


class Patched(Record, frozen=True, kw_only=True):
    """A patch that was applied to the Notebook."""

    id: str
    advice: str
    title: str
    at: datetime
    by: str
    undone: bool = False


class PatchList(Record, frozen=True, kw_only=True):
    """The patches applied to this Notebook, newest first. ``note``: why none can be told."""

    patches: tuple[Patched, ...]
    note: str = ""


class StopRequest(Request, frozen=True, kw_only=True):
    """Stop or restart this notebook; with ``snapshot`` only once that has succeeded."""

    snapshot: EngineName | None = None
    reason: Note = ""
