"""Who owns which field: ``metadata.managedFields``, and with it server-side apply.

Custom resources here have no schema that says otherwise, so every list is one field. For the
core's kinds the real server merges some lists by key; that is not told apart here.

Rule: ownership is a set of paths; the form with ``f:`` is made from it and read back into it.
"""

from collections.abc import Iterable
from typing import Any

from tests.fakes.kubernetes.copies import copied
from tests.fakes.kubernetes.kinds import Kind

Path = tuple[str, ...]
DOT = "."
# What the server sets itself belongs to nobody.
NOBODYS = {
    ("metadata", name)
    for name in (
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "name",
        "namespace",
        "resourceVersion",
        "uid",
    )
} | {("apiVersion",), ("kind",)}


class Conflict(Exception):
    """Fields that another manager owns: pairs of manager and path."""

    def __init__(self, conflicts: list[tuple[str, str]]) -> None:
        super().__init__(str(conflicts))
        self.conflicts = conflicts


def paths(value: Any, at: Path = ()) -> dict[Path, Any]:
    """All fields of an object with their values; a map itself is the path that ends in a dot."""
    if at in NOBODYS:
        return {}
    if at == ("metadata", "finalizers"):
        return {(*at, DOT): None} | {(*at, f'v:"{item}"'): item for item in value}
    if not isinstance(value, dict) or (not value and at and at != ("metadata",)):
        return {at: value}
    found: dict[Path, Any] = {} if at in ((), ("metadata",)) else {(*at, DOT): None}
    for key, inner in value.items():
        found |= paths(inner, (*at, key))
    return found


def owned(entry: dict[str, Any]) -> set[Path]:
    """The paths of one entry of managedFields."""

    def walk(node: dict[str, Any], at: Path) -> Iterable[Path]:
        for key, inner in node.items():
            here = (*at, key if key == DOT or key.startswith("v:") else key.removeprefix("f:"))
            yield here
            yield from walk(inner, here)

    leaves = list(walk(entry.get("fieldsV1", {}), ()))
    holders = {path[:-1] for path in leaves}
    return {path for path in leaves if path not in holders or path[-1] == DOT}


def _tree(owned_paths: Iterable[Path]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path in sorted(owned_paths):
        node = root
        for part in path:
            name = part if part == DOT or part.startswith("v:") else f"f:{part}"
            node = node.setdefault(name, {})
    return root


def update(
    kind: Kind, new: dict[str, Any], before: dict[str, Any] | None, manager: str, now: str
) -> None:
    """Note that ``manager`` wrote what differs between ``before`` and ``new``."""
    after, earlier = paths(new), paths(before) if before else {}
    changed = {
        path for path, value in after.items() if path not in earlier or earlier[path] != value
    }
    status = {path for path in changed if path[0] == "status"}
    entries = copied((before or {}).get("metadata", {}).get("managedFields") or [])
    for part, subresource in ((changed - status, ""), (status, "status")):
        entries = _own(kind, entries, part, manager, "Update", now, subresource)
    new["metadata"]["managedFields"] = _tidy(entries, set(after))
    if not new["metadata"]["managedFields"]:
        del new["metadata"]["managedFields"]


def apply(
    kind: Kind,
    new: dict[str, Any],
    before: dict[str, Any],
    asked: dict[str, Any],
    manager: str,
    now: str,
    force: bool,
) -> None:
    """Note that ``manager`` applied ``asked``. Raises: Conflict."""
    wanted = {path: value for path, value in paths(asked).items() if path[-1] != DOT}
    earlier = paths(before)
    entries = copied(before["metadata"].get("managedFields") or [])
    conflicts = [
        (entry["manager"], "." + ".".join(path))
        for entry in entries
        if (entry["manager"], entry["operation"]) != (manager, "Apply")
        for path in sorted(owned(entry))
        if path in wanted and wanted[path] != earlier.get(path)
    ]
    if conflicts and not force:
        raise Conflict(conflicts)
    mine = [e for e in entries if (e["manager"], e["operation"]) == (manager, "Apply")]
    others = [e for e in entries if e not in mine]
    changed = {path for path, value in wanted.items() if earlier.get(path) != value}
    others = [_without(entry, changed) for entry in others]
    entry = _entry(kind, set(wanted), manager, "Apply", now, "")
    if mine and owned(mine[0]) == set(wanted) and not changed:
        entry["time"] = mine[0]["time"]
    new["metadata"]["managedFields"] = _tidy([*others, entry], set(paths(new)))


def _own(
    kind: Kind,
    entries: list[dict[str, Any]],
    changed: set[Path],
    manager: str,
    operation: str,
    now: str,
    subresource: str,
) -> list[dict[str, Any]]:
    if not changed:
        return entries
    kept, mine = [], set(changed)
    for entry in entries:
        same = (entry["manager"], entry["operation"], entry.get("subresource", "")) == (
            manager,
            operation,
            subresource,
        )
        if same:
            mine |= owned(entry)
        else:
            kept.append(_without(entry, changed))
    return [*kept, _entry(kind, mine, manager, operation, now, subresource)]


def _entry(
    kind: Kind, mine: set[Path], manager: str, operation: str, now: str, subresource: str
) -> dict[str, Any]:
    entry = {"apiVersion": kind.api_version, "fieldsType": "FieldsV1", "fieldsV1": _tree(mine)}
    entry |= {"manager": manager, "operation": operation, "time": now}
    return entry | ({"subresource": subresource} if subresource else {})


def _without(entry: dict[str, Any], taken: set[Path]) -> dict[str, Any]:
    left = owned(entry) - taken
    return entry | {"fieldsV1": _tree(left)}


def _tidy(entries: list[dict[str, Any]], present: set[Path]) -> list[dict[str, Any]]:
    found = []
    for entry in entries:
        left = {path for path in owned(entry) if path in present}
        if left:
            found.append(entry | {"fieldsV1": _tree(left)})
    # Applied ones first, then by time, as the server sorts them.
    return sorted(found, key=lambda e: (e["operation"] != "Apply", e["time"], e["manager"]))
