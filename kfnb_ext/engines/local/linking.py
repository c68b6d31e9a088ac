"""Hard links in a restore: names that were one file then become one again.

Rule: a group of names is judged as a whole, wherever in the tree they are.
"""

from typing import NamedTuple

from kfnb_ext.engines.local.manifest import Item


class Linked(NamedTuple):
    """A file with several names, then or now. ``there``: the live one, if its content is right."""

    group: str  # the first path that it had then
    path: str
    item: Item
    there: Item | None
    chosen: bool = True


def settle(linked: list[Linked]) -> tuple[dict[str, str], list[Linked]]:
    """Which live file the further names of each group join, and which names are put again.

    Of each group the names that are still one live file may stay (the anchor); all others are
    put as further names of it. Two groups that are one live file now have no anchor.
    """
    groups: dict[int, set[str]] = {}
    for one in linked:
        if one.there is not None:
            groups.setdefault(one.there.inode, set()).add(one.group)
    anchors: dict[str, tuple[str, int]] = {}
    for one in sorted(linked, key=_chosen):
        if one.there is not None and len(groups[one.there.inode]) == 1:
            anchors.setdefault(one.group, (one.path, one.there.inode))
    again = [
        one
        for one in linked
        if one.there is not None
        and one.chosen
        and (one.group not in anchors or anchors[one.group][1] != one.there.inode)
    ]
    return {group: path for group, (path, _) in anchors.items()}, again


def _chosen(one: Linked) -> bool:
    return one.chosen
