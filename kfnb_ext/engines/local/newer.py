"""Folders that are there now and were not then.

Rule: one goes as a whole only when all of it may go; else what may go goes one by one, and what
no snapshot holds stays where it is.
"""

from collections.abc import Callable

from kfnb_ext.engines.local import changes, names
from kfnb_ext.engines.local.manifest import FOLDER, Folder, Item


class LiveOnly:
    """A folder that the snapshot does not have, with all below it, until it is known whole."""

    def __init__(self, path: str, gives_way: Item | None) -> None:
        self.path = path
        self.gives_way = gives_way  # the snapshot's file that is to stand in its place
        self.folders: list[Folder] = []

    def held(self) -> str:
        """The first path in it that no snapshot holds; "" when there is none."""
        found = [names.join(f.path, name) for f in self.folders for name, _ in f.left]
        return found[0] if found else ""

    def removable(self, may_go: Callable[[str, str], bool]) -> set[str]:
        """The folders all of which may go."""
        whole = {folder.path for folder in self.folders}
        for folder in reversed(self.folders):  # children before parents
            for item in folder.items:
                path = names.join(folder.path, item.name)
                stays = item.kind == FOLDER and path not in whole
                if stays or not may_go(folder.path, item.name):
                    whole.discard(folder.path)
            if folder.left or not may_go(*names.split(folder.path)):
                whole.discard(folder.path)
        return whole

    def settle(self, found: changes.Changes, may_go: Callable[[str, str], bool]) -> None:
        """Now that all of it is known: it goes whole, in part, or not at all."""
        whole = self.removable(may_go)
        for folder in self.folders:
            parent = names.split(folder.path)[0]
            if folder.path in whole:
                if parent not in whole:
                    found.steps[folder.path] = changes.Step(
                        changes.TAKE, folder.path, changes.was(folder.me)
                    )
                    found.gone(folder.path)
                found.all_gone(folder)
                continue
            for item in folder.items:
                path = names.join(folder.path, item.name)
                if item.kind != FOLDER and may_go(folder.path, item.name):
                    found.take(path, item)
