"""What takes a patch back: its operations turned round, with tests that nothing else changed since.

Rule: pure. The tests hold what the cluster made of the patch, not what was sent: a webhook may
have added to it.
"""

import copy
from collections.abc import Sequence
from typing import Any

from kfnb_ext.model.patches.patch import Operation, replace, test

Document = dict[str, Any]


def inverse(
    before: Document, after: Document, operations: Sequence[Operation]
) -> tuple[Operation, ...]:
    """JSON patch operations that lead from ``after`` back to ``before``.

    Raises: LookupError where an operation does not fit ``before``.
    """
    document, steps = copy.deepcopy(before), []
    names = [one for one in operations if one["op"] == "test" and one["path"].endswith("/name")]
    for operation in operations:
        if operation["op"] == "test":
            continue
        holder, last = _locate(document, operation["path"])
        if isinstance(holder, list) and last == "-":
            last = str(len(holder))
        place = operation["path"].rpartition("/")[0] + "/" + last
        had = int(last) < len(holder) if isinstance(holder, list) else last in holder
        old = copy.deepcopy(_read(holder, last)) if had else None
        _write(holder, last, copy.deepcopy(operation["value"]))
        steps.append((place, had, old))
    back: list[Operation] = []
    for place, had, old in reversed(steps):
        back.append(test(place, _read(*_locate(after, place))))
        back.append(replace(place, old) if had else {"op": "remove", "path": place})
    return (*names, *back)


def _locate(document: Any, pointer: str) -> tuple[Any, str]:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in parts[:-1]:
        document = _read(document, part)
    return document, parts[-1]


def _read(holder: Any, part: str) -> Any:
    if isinstance(holder, list):
        return holder[int(part)]
    if not isinstance(holder, dict):
        raise LookupError(part)
    return holder[part]


def _write(holder: Any, part: str, value: Any) -> None:
    if isinstance(holder, list) and int(part) == len(holder):
        holder.append(value)
    elif isinstance(holder, list):
        holder[int(part)] = value
    elif isinstance(holder, dict):
        holder[part] = value
    else:
        raise LookupError(part)
