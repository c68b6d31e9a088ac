"""What can be done with stored objects: get, list, watch, create, update, patch, delete.

Rule: nothing is stored before every check has passed, and with dryRun nothing at all.
"""

import json
from dataclasses import dataclass
from typing import Any

from tests.fakes.kubernetes import fields, listing, patches, statuses, validation
from tests.fakes.kubernetes.kinds import Kind
from tests.fakes.kubernetes.rbac import Identity
from tests.fakes.kubernetes.store import Object
from tests.fakes.kubernetes.wire import Request, Response
from tests.fakes.kubernetes.world import World

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
STRATEGIC = "application/strategic-merge-patch+json"
KEPT = ("uid", "creationTimestamp", "generation", "namespace", "name")


@dataclass
class Call:
    """One request for an object or a kind, allowed and served."""

    world: World
    request: Request
    kind: Kind
    namespace: str
    name: str
    subresource: str
    who: Identity

    @property
    def manager(self) -> str:
        """The field manager: named, or the first word of the user agent."""
        agent = self.request.headers.get("user-agent", "unknown").partition("/")[0]
        return self.request.query.get("fieldManager") or agent

    def existing(self) -> Object:
        """Raises: Failure 404."""
        found = self.world.store.get(self.kind, self.namespace, self.name)
        if found is None:
            raise statuses.not_found(self.kind, self.name)
        return found


def answer(verb: str, call: Call) -> Response:
    """Carry it out. Raises: Failure."""
    if verb == "get":
        return listing.shown(call.request, call.existing())
    if verb == "list":
        return listing.all_of(call.world, call.request, call.kind, call.namespace)
    if verb == "create":
        return _create(call)
    if verb == "update":
        return _update(call)
    if verb == "patch":
        return _patch(call)
    if verb == "delete":
        return _delete(call)
    raise statuses.Failure(405, "MethodNotAllowed", "the server does not allow this method")


def _body(call: Call) -> Any:
    try:
        return json.loads(call.request.body)
    except ValueError as error:
        raise statuses.bad_request(
            f"couldn't get version/kind; json parse error: {error}"
        ) from error


def _create(call: Call) -> Response:
    made = _body(call)
    metadata = made.setdefault("metadata", {})
    if call.kind.namespaced:
        metadata["namespace"] = call.namespace
    name = metadata.get("name", "")
    if call.world.store.get(call.kind, call.namespace, name):
        raise statuses.already_exists(call.kind, name)
    validation.new(call.kind, made)
    if call.request.dry_run:
        return Response(201, made)
    return Response(201, call.world.store.add(call.kind, made, call.manager))


def _update(call: Call) -> Response:
    before, new = call.existing(), _body(call)
    revision = new.get("metadata", {}).get("resourceVersion")
    if not revision:
        cause = statuses.Cause(
            "FieldValueInvalid", "metadata.resourceVersion", "0", "must be specified for an update"
        )
        raise statuses.invalid(call.kind, call.name, [cause], resource=True)
    return _replace(call, before, new)


def _patch(call: Call) -> Response:
    accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
    if not call.kind.custom:
        accepted.insert(2, STRATEGIC)
    media = call.request.media
    if media not in accepted:
        raise statuses.unsupported_media(accepted)
    before = call.existing()
    patch = _patch_body(call)
    if media == JSON_PATCH:
        try:
            new = patches.json(before, patch)
        except LookupError as error:
            raise statuses.patch_failed() from error
    else:
        new = patches.merge(before, patch)
    return _replace(call, before, new)


def _patch_body(call: Call) -> Any:
    try:
        return json.loads(call.request.body)
    except ValueError as error:
        raise validation.undecodable(call.request.body) from error


def _replace(call: Call, before: Object, new: Object) -> Response:
    old, metadata = before["metadata"], new["metadata"]
    validation.metadata(call.kind, new)
    if metadata.get("uid") not in (None, old["uid"]):
        cause = statuses.Cause(
            "FieldValueInvalid", "metadata.uid", f'"{metadata["uid"]}"', "field is immutable"
        )
        raise statuses.invalid(call.kind, call.name, [cause])
    if metadata.get("resourceVersion") not in (None, old["resourceVersion"]):
        raise statuses.stale(call.kind, call.name)
    for key in (*KEPT, "resourceVersion", "managedFields"):
        if key in old:
            metadata[key] = old[key]
    _part(call, before, new)
    if new == before:
        return Response(200, before)
    if call.kind.generation and _content(new) != _content(before):
        metadata["generation"] = old.get("generation", 1) + 1
    fields.update(call.kind, new, before, call.manager, call.world.store.now())
    if call.request.dry_run:
        return Response(200, new)
    return Response(200, call.world.store.replace(call.kind, new, before))


def _part(call: Call, before: Object, new: Object) -> None:
    """The status only through its subresource, and nothing else through it."""
    if not call.kind.status:
        return
    if call.subresource == "status":
        for key in set(before) | set(new):
            if key != "status":
                new.pop(key, None)
                new |= {key: before[key]} if key in before else {}
    else:
        new.pop("status", None)
        new |= {"status": before["status"]} if "status" in before else {}


def _content(given: Object) -> Object:
    return {key: value for key, value in given.items() if key not in ("metadata", "status")}


def _delete(call: Call) -> Response:
    before = call.existing()
    options = _body(call) if call.request.body else {}
    asked = options.get("preconditions") or {}
    for field, key in (("UID", "uid"), ("ResourceVersion", "resourceVersion")):
        found = before["metadata"][key]
        if asked.get(key, found) != found:
            raise statuses.precondition(call.kind, call.name, field, asked[key], found)
    if not call.request.dry_run:
        call.world.store.remove(call.kind, before)
    details = statuses.details(call.kind, call.name) | {"uid": before["metadata"]["uid"]}
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return Response(200, status | {"details": details})
