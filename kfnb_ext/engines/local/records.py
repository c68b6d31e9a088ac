"""The records that the engine keeps beside the trees.

Rule: what is read here may be damaged or foreign; then it is None, never an exception. ``seal``
is the sum of the rest as it was written, so that an edited record is seen, and one of an earlier
version, which knew fewer fields, is still whole.
"""

import hashlib
from pathlib import Path
from typing import TypeVar

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.local import layout as places
from kfnb_ext.engines.local import manifest
from kfnb_ext.model import snapshots

TREE, MANIFEST, RECORD = "tree", "manifest.jsonl", "record.json"
ENVIRONMENT = "environment.json"  # what the files ran in


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """``record.json`` of a snapshot."""

    snapshot: snapshots.Snapshot
    boot: str  # the boot it was written under
    manifest_sha256: str
    environment_sha256: str = ""  # empty: it has none
    seal: str = ""


class StoredRestore(msgspec.Struct, frozen=True, kw_only=True):
    """``record.json`` of a restore."""

    restore: snapshots.Restore


_T = TypeVar("_T", Stored, StoredRestore)


def read(path: Path, kind: type[_T]) -> _T | None:
    """A record, or None."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def sealed(stored: Stored) -> Stored:
    """With the right seal."""
    return msgspec.structs.replace(stored, seal=_sum(msgspec.json.encode(stored)))


def _sum(written: bytes) -> str:
    """The sum of a record as it was written, without its seal."""
    bare = msgspec.json.decode(written) | {"seal": ""}
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()


def _is_sealed(path: Path) -> bool:
    try:
        written = path.read_bytes()
        return bool(msgspec.json.decode(written)["seal"] == _sum(written))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, TypeError, KeyError):
        return False


def enclose(folder: Path, environment: bytes) -> bytes:
    """Lay the environment into a snapshot; what was laid in. A snapshot does not fail by it."""
    if not environment:
        return b""
    try:
        (folder / ENVIRONMENT).write_bytes(environment)
    except OSError:
        (folder / ENVIRONMENT).unlink(missing_ok=True)
        return b""
    return environment


def sum_of(environment: bytes) -> str:
    """Its sum; empty where there is none."""
    return hashlib.sha256(environment).hexdigest() if environment else ""


class Kept:
    """One snapshot on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = folder / TREE
        self.manifest = manifest.Manifest(folder / MANIFEST)
        self.stored = read(folder / RECORD, Stored)

    @property
    def snapshot(self) -> snapshots.Snapshot | None:
        """Its record as others see it: where it lies is where it was found."""
        if self.stored is None or self.stored.snapshot.id != self.folder.name:
            return None
        if self.stored.snapshot.created.tzinfo is None:  # by another hand: it cannot be sorted in
            return None
        return msgspec.structs.replace(self.stored.snapshot, place=errors.spelt(str(self.tree)))

    def environment(self) -> bytes:
        """What its files ran in; empty: it is not recorded. Raises: Gone."""
        known = self.stored.environment_sha256 if self.stored else ""
        if not known:
            return b""
        try:
            data = (self.folder / ENVIRONMENT).read_bytes()
        except OSError:
            data = b""
        if sum_of(data) != known:
            raise errors.Gone(
                f"The environment of the snapshot {self.folder.name} is damaged. Its files are "
                "not touched by that.",
                "`kfnb snapshot verify` reads all of it.",
            )
        return data

    def is_whole(self) -> bool:
        """Whether record and manifest are as they were written."""
        try:
            digest = self.manifest.digest()
        except OSError:
            return False
        if self.stored is None or self.stored.manifest_sha256 != digest:
            return False
        return self.is_sealed()

    def is_sealed(self) -> bool:
        """Whether the record is as it was written, by whichever version of ours."""
        return _is_sealed(self.folder / RECORD)


def all_kept(home: places.Layout) -> list[Kept]:
    """All snapshots with a readable record, newest first. Foreign folders are passed over."""
    kept = [(k, s) for k in map(Kept, places.children(home.snapshots)) if (s := k.snapshot)]
    kept.sort(key=lambda pair: (pair[1].created, pair[1].id), reverse=True)
    return [k for k, _ in kept]


def found(home: places.Layout, snapshot: str) -> Kept:
    """One snapshot, damaged or not. Raises: NotFound."""
    if snapshot not in [path.name for path in places.children(home.snapshots)]:
        raise errors.NotFound(
            f"There is no snapshot {snapshot[:100]!r}.", "List the snapshots to see their ids."
        )
    return Kept(home.snapshots / snapshot)


def one(home: places.Layout, snapshot: str) -> tuple[Kept, snapshots.Snapshot]:
    """One snapshot with its record. Raises: NotFound, Gone."""
    kept = found(home, snapshot)
    if (record := kept.snapshot) is None:
        raise errors.Gone(
            f"The record of the snapshot {snapshot} is damaged. Its files are still in "
            f"{kept.tree}.",
            "Copy what you need from there, then delete it.",
        )
    return kept, record
