"""Compares a snapshot with the live state and says, step by step, what would make it so again.

Rule: both come as streams in the same order; only what differs is kept. Nothing that a snapshot
left out is ever replaced or removed, and nothing is done to what was not chosen.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from kfnb_ext.engines.local import (
    changes,
    choosing,
    exclude,
    figures,
    linking,
    manifest,
    names,
    newer,
)
from kfnb_ext.engines.local.manifest import FILE, FOLDER, SYMLINK, Folder, Item

_WHOLE, _KEPT = "whole", "kept"
_Area: TypeAlias = newer.LiveOnly | str | None
Fill: TypeAlias = Callable[[str, Item, Item], None]  # folder, entry then, entry now


class Comparison:
    """One comparison. ``fill`` completes a live entry whose sum is not known yet."""

    def __init__(
        self,
        choice: choosing.Choice,
        exact: bool,
        rules: exclude.Rules,
        fill: Fill,
    ) -> None:
        self.changes = changes.Changes()
        self._choice, self._exact, self._rules, self._fill = choice, exact, rules, fill
        self._areas: dict[str, _Area] = {}
        self._live_only: list[newer.LiveOnly] = []
        self._linked: list[linking.Linked] = []

    def run(self, target: Iterable[Folder], live: Iterable[Folder]) -> changes.Changes:
        """Compare all of it."""
        area: _Area = None
        top = ""
        for path, then, now in manifest.side_by_side(target, live):
            if area is None or not (path == top or path.startswith(top + "/")):
                area, top = self._areas.pop(path, None), path
            if area == _WHOLE:
                if then is not None:
                    self._in_whole(then)
            elif isinstance(area, newer.LiveOnly):
                if now is not None:
                    area.folders.append(now)
            elif area == _KEPT:
                files = sum(i.kind != FOLDER for i in now.items) if now else 0
                self.changes.newer_kept += files
            elif then is not None and now is not None:
                self._both(then, now)
        for folder in self._live_only:
            self._settle(folder)
        self._settle_links()
        self.changes.add_up()
        return self.changes

    def _both(self, then: Folder, now: Folder) -> None:
        """A folder that is there in both."""
        if _opaque(then) or _opaque(now):
            if _opaque(now) and (self._choice.own(now.path) or self._choice.leads(now.path)):
                self.changes.find(
                    f"{now.path or 'The workspace'} cannot be read and stays as it is."
                )
            return
        if self._choice.own(then.path) and figures.differ(then.me, now.me):
            self.changes.finish[then.path] = then.me
            self.changes.touched.owns.add(then.path)
        chosen = self._choice.within(then.path)
        linked = any(i.links > 1 for i in then.items)
        if chosen is None and then.items == now.items and not linked:
            self.changes.unchanged += sum(i.kind != FOLDER for i in then.items)
            return
        live = {i.name: i for i in now.items}
        left = dict(now.left)
        for item in then.items:
            there = live.pop(item.name, None)
            taken = chosen is None or item.name in chosen
            self._entry(then.path, item, (there, left.get(item.name)), taken)
        self._newer(then, live.values(), chosen)

    def _entry(
        self, folder: str, item: Item, now: tuple[Item | None, str | None], taken: bool
    ) -> None:
        """An entry of the snapshot, and what is at its place now (or why that is unknown)."""
        there, left = now
        path = names.join(folder, item.name)
        if item.kind == FOLDER:
            if there is not None and there.kind == FOLDER:
                return  # has its own line
            taken = taken or self._choice.leads(path)
        if not taken:
            linked = item.kind == FILE and item.links > 1 and there is not None
            if linked and there is not None and there.kind == FILE:
                self._bystander(folder, path, item, there)
            return
        if left is not None:
            self.changes.find(f"{path} stays as it is: {left}.")
        elif item.kind == FOLDER:
            self._put(path, item, there)
            self._areas[path] = _WHOLE
        elif there is not None and there.kind == FOLDER:
            self._look_into(path, item)
        elif there is None:
            self._put(path, item, None)
        else:
            self._compare(folder, path, item, there)

    def _compare(self, folder: str, path: str, item: Item, there: Item) -> None:
        same = item.kind == there.kind and self._content_is_same(folder, item, there)
        if not same:
            self._put(path, item, there)
        elif figures.differ(item, there):
            if item.kind == SYMLINK:
                self._put(path, item, there)
            else:
                self.changes.steps[path] = changes.Step(
                    changes.META, path, changes.was(there), item
                )
                self.changes.touched.add(folder, item.name)
        else:
            self.changes.unchanged += 1
        if same and item.kind == FILE and (item.links > 1 or there.links > 1):
            self._linked.append(linking.Linked(item.group or path, path, item, there))

    def _content_is_same(self, folder: str, item: Item, there: Item) -> bool:
        if item.kind == SYMLINK:
            return item.target == there.target
        if item.size != there.size:
            return False
        if not there.sha:
            self._fill(folder, item, there)
        return item.sha == there.sha

    def _put(self, path: str, item: Item, there: Item | None) -> None:
        self.changes.steps[path] = changes.Step(
            changes.PUT, path, changes.was(there) if there else None
        )
        self._write(path, item)
        if item.kind == FILE and (item.links > 1 or (there is not None and there.links > 1)):
            self._linked.append(linking.Linked(item.group or path, path, item, None))

    def _write(self, path: str, item: Item) -> None:
        folder, name = names.split(path)
        self.changes.touched.add(folder, name)
        self.changes.entries_to_write += 1
        if item.kind == FILE and item.group is None:
            self.changes.bytes_to_write += item.size
        if path not in self.changes.steps or self.changes.steps[path].was is None:
            self.changes.create.append(path)

    def _in_whole(self, then: Folder) -> None:
        """A folder of the snapshot inside one that is put as a whole."""
        self.changes.touched.owns.add(then.path)
        if then.path in self.changes.steps:
            self.changes.finish[then.path] = then.me  # staged writable, so that it can move
        for item in choosing.items(self._choice, then):
            path = names.join(then.path, item.name)
            self._write(path, item)
            if item.kind == FILE and item.links > 1:
                self._linked.append(linking.Linked(item.group or path, path, item, None))

    def _newer(self, then: Folder, live: Iterable[Item], chosen: frozenset[str] | None) -> None:
        """What is in a folder now and was not then."""
        left = {name for name, _ in then.left}
        for item in live:
            path = names.join(then.path, item.name)
            taken = chosen is None or item.name in chosen
            goes = taken or (item.kind == FOLDER and self._choice.leads(path))
            if not goes or item.name in left or self._rules.leaves_out(then.path, item.name):
                continue
            if item.kind == FOLDER:
                if self._exact:
                    self._look_into(path, None)
                else:
                    self._areas[path] = _KEPT
            elif self._exact:
                self.changes.take(path, item)
            else:
                self.changes.newer_kept += 1

    def _look_into(self, path: str, gives_way: Item | None) -> None:
        found = newer.LiveOnly(path, gives_way)
        self._areas[path] = found
        self._live_only.append(found)

    def _settle(self, found: newer.LiveOnly) -> None:
        """Now that all of a live-only folder is known: it goes whole, in part, or not at all."""
        if not found.folders:
            return
        if found.gives_way is not None:
            self._give_way(found, found.gives_way)
            return
        found.settle(self.changes, self._may_go)

    def _give_way(self, found: newer.LiveOnly, item: Item) -> None:
        if held := found.held():
            self.changes.blocked.append(
                f"{found.path} was a file and is a folder now, which holds what no snapshot has "
                f"({held}): move that away first."
            )
            return
        if not self._exact and any(folder.items for folder in found.folders):
            self.changes.blocked.append(
                f"{found.path} was a file and is a folder now, with newer things: move it away."
            )
            return
        for folder in found.folders:
            self.changes.all_gone(folder)
        self._put(found.path, item, found.folders[0].me)

    def _may_go(self, folder: str, name: str) -> bool:
        chosen = self._choice.within(folder)
        taken = chosen is None or name in chosen
        return taken and not self._rules.leaves_out(folder, name)

    def _bystander(self, folder: str, path: str, item: Item, there: Item) -> None:
        """A file that was not chosen, but is a name of one that may be."""
        if self._content_is_same(folder, item, there) and not figures.differ(item, there):
            self._linked.append(linking.Linked(item.group or path, path, item, there, chosen=False))

    def _settle_links(self) -> None:
        anchors, again = linking.settle(self._linked)
        self.changes.anchors = anchors
        for one in again:
            self._put_again(one)

    def _put_again(self, one: "linking.Linked") -> None:
        step = self.changes.steps.get(one.path)
        if step is None:
            self.changes.unchanged -= 1
        if (step is None or step.what == changes.META) and one.there is not None:
            self.changes.steps[one.path] = changes.Step(
                changes.PUT, one.path, changes.was(one.there)
            )
            self._write(one.path, one.item)


def _opaque(folder: Folder) -> bool:
    return any(name == "" for name, _ in folder.left)
