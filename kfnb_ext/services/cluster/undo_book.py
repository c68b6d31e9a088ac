"""The patches that were applied to the Notebook, in an annotation of the Notebook itself.

Rule: changed by compare-and-swap together with what it tells of; the newest few are kept.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from kfnb_ext.kube.client import Client
from kfnb_ext.kube.client.address import Address
from kfnb_ext.model.changes import Patched
from kfnb_ext.model.patches import Operation
from kfnb_ext.services.cluster.writing import notes

KEY = "notebooks.kfnb.dev/patches"
PATH = "/metadata/annotations/notebooks.kfnb.dev~1patches"
KEPT = 10
LARGEST = 64 * 1024  # bytes; all annotations of an object may have 256 KiB

Object = dict[str, Any]


class Undoable(msgspec.Struct, frozen=True, kw_only=True):
    """A patch that was applied, with what takes it back."""

    patched: Patched
    undo: tuple[Operation, ...]  # tests among them


_decode = msgspec.json.Decoder(tuple[Undoable, ...]).decode


def read(body: Object) -> tuple[Undoable, ...]:
    """The patches, newest first; what another version wrote is not ours to undo."""
    try:
        return _decode(notes(body).get(KEY) or "[]")
    except msgspec.MsgspecError:
        return ()


def swap(body: Object, entries: tuple[Undoable, ...]) -> list[Operation]:
    """The operations that put these entries in the place of what ``body`` has."""
    kept = entries[:KEPT]
    while len(kept) > 1 and len(msgspec.json.encode(kept)) > LARGEST:
        kept = kept[:-1]
    return [
        {"op": "test", "path": "/metadata/uid", "value": body["metadata"]["uid"]},
        {"op": "test", "path": PATH, "value": notes(body).get(KEY)},
        {"op": "add", "path": PATH, "value": msgspec.json.encode(kept).decode()},
    ]


def begun(client: Client, place: Address, read_: Callable[[], Object]) -> Object:
    """The object with at least one annotation: a JSON patch cannot add to a list that is not there.

    Raises: ClusterError.
    """
    body = read_()
    if notes(body):
        return body
    wish = {"metadata": {"uid": body["metadata"]["uid"], "annotations": {KEY: "[]"}}}
    return client.patch_merge(place, wish).body


def holds(body: Object, id: str) -> bool:
    """Whether this patch is among them."""
    return any(one.patched.id == id for one in read(body))
