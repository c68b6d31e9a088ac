"""What a restore is to do, step by step, and what that adds up to.

Rule: plain data that goes into the journal as it is.
"""

from typing import NamedTuple

import msgspec

from kfnb_ext.engines.local import choosing, names
from kfnb_ext.engines.local.manifest import Folder, Item

NAMED_AT_MOST = 1000
PUT, TAKE, META = "put", "take", "meta"


class Was(NamedTuple):
    """What the live tree had at a path when the safety snapshot was taken."""

    kind: str
    inode: int
    size: int
    mtime: int


class Step(msgspec.Struct, array_like=True, gc=False):
    """One thing to do. ``item``: the figures to set (of ``meta``, and of folders at the end)."""

    what: str
    path: str
    was: Was | None = None
    item: Item | None = None


class Named:
    """How many paths there are, and the first of them: all would be the size of the workspace."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def append(self, path: str) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < NAMED_AT_MOST:
            self.first.append(path)


class Changes:
    """All that is to be done, and what it adds up to."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.finish: dict[str, Item] = {}  # folders that get their own figures at the end
        self.touched = choosing.Touched()
        self.anchors: dict[str, str] = {}  # hard-link group -> a live file that stays
        self.create = Named()
        self.replace = Named()
        self.remove = Named()
        self.unchanged = self.newer_kept = self.bytes_to_write = 0
        self.entries_to_write = 0
        self.guessed = False  # some files were judged by their times
        self.findings: list[str] = []
        self.blocked: list[str] = []

    def ordered(self) -> list[Step]:
        """The steps in the order of a manifest; their index is their number."""
        return [self.steps[path] for path in sorted(self.steps, key=names.key)]

    def take(self, path: str, item: Item) -> None:
        """What is there now goes."""
        self.steps[path] = Step(TAKE, path, was(item))
        self.gone(path)

    def gone(self, path: str) -> None:
        """Note that a path ceases to be."""
        folder, name = names.split(path)
        self.touched.add(folder, name)
        self.remove.append(path)

    def all_gone(self, folder: Folder) -> None:
        """Note that all in a folder ceases to be."""
        self.touched.owns.add(folder.path)
        for item in folder.items:
            self.gone(names.join(folder.path, item.name))

    def find(self, sentence: str) -> None:
        """Note what a person should read first."""
        if len(self.findings) < 20:
            self.findings.append(sentence)

    def add_up(self) -> None:
        """Name what is replaced, once all steps are known."""
        for path, step in self.steps.items():
            if step.what == META or (step.what == PUT and step.was is not None):
                self.replace.append(path)


def was(item: Item) -> Was:
    """The live entry as a journal needs it."""
    return Was(item.kind, item.inode, item.size, item.mtime)
