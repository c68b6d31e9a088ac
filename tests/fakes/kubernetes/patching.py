"""Patches of stored objects: merge, JSON, strategic (the core's kinds only), server-side apply.

A strategic merge is done here as a plain merge: lists are replaced whole. Nothing of ours sends
one; it is taken so that a stock client does not fail on a Pod or a claim.

Rule: the patched object goes through the same checks as any other change.
"""

import copy
import json
from typing import Any

from tests.fakes.kubernetes import fields, patches, statuses, validation, verbs
from tests.fakes.kubernetes.store import Object
from tests.fakes.kubernetes.verbs import Call
from tests.fakes.kubernetes.wire import Response

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
STRATEGIC = "application/strategic-merge-patch+json"


def patch(call: Call) -> Response:
    """Patch an object. Raises: Failure."""
    accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
    if not call.kind.custom:
        accepted.insert(2, STRATEGIC)
    if call.request.media not in accepted:
        raise statuses.unsupported_media(accepted)
    if call.request.media == APPLY_PATCH:
        return _apply(call)
    before = call.existing()
    asked = _decoded(call)
    if call.request.media == JSON_PATCH:
        try:
            new = patches.json(before, asked)
        except (LookupError, KeyError, ValueError) as error:
            raise statuses.patch_failed() from error
    else:
        new = patches.merge(before, asked)
    validation.strings(new)
    return verbs.replace(call, before, new)


def _decoded(call: Call) -> Any:
    try:
        if call.request.media == JSON_PATCH:
            return patches.decoded(call.request.body)
        return json.loads(call.request.body)
    except ValueError as error:
        raise validation.undecodable(call.request.body) from error


def _apply(call: Call) -> Response:
    asked = _decoded(call)
    before = call.world.store.get(call.kind, call.namespace, call.name)
    if before is None:
        raise statuses.not_found(call.kind, call.name)  # making one so is not done here
    new = patches.merge(before, {k: v for k, v in asked.items() if k != "status"})
    _drop(new, before, asked, call.manager)
    try:
        return verbs.replace(call, before, new, applied=asked)
    except fields.Conflict as conflict:
        raise _refused(conflict) from conflict


def _drop(new: Object, before: Object, asked: Object, manager: str) -> None:
    """What was applied before and is not asked for any more goes, unless another holds it."""
    entries = before["metadata"].get("managedFields") or []
    mine = [e for e in entries if (e["manager"], e["operation"]) == (manager, "Apply")]
    others = set().union(*(fields.owned(e) for e in entries if e not in mine), set())
    for entry in mine:
        for path in fields.owned(entry) - set(fields.paths(asked)) - others:
            node: Any = new
            for part in path[:-1]:
                node = node.get(part, {})
            node.pop(path[-1], None)


def _refused(conflict: fields.Conflict) -> statuses.Failure:
    found = copy.copy(conflict.conflicts)
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{who}"', "field": path}
        for who, path in found
    ]
    plural = "s" if len(found) > 1 else ""
    if plural:
        who = found[0][0]
        listed = f'"{who}":' + "".join(f"\n- {path}" for _, path in found)
    else:
        listed = f'"{found[0][0]}": {found[0][1]}'
    message = f"Apply failed with {len(found)} conflict{plural}: conflict{plural} with {listed}"
    return statuses.Failure(409, "Conflict", message, details={"causes": causes})
