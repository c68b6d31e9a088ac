"""What can be done with stored objects, but for reading and patching them.

Rule: nothing is stored before every check has passed, and with dryRun nothing at all.
"""

import copy
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.fakes.kubernetes import (
    admission,
    claims,
    fields,
    schemas,
    statuses,
    validation,
    workloads,
)
from tests.fakes.kubernetes.kinds import CLAIM, POD, Kind
from tests.fakes.kubernetes.rbac import Identity
from tests.fakes.kubernetes.store import Object
from tests.fakes.kubernetes.wire import Request, Response
from tests.fakes.kubernetes.world import World

JSON = ["application/json", "application/yaml"]
KEPT = ("uid", "creationTimestamp", "generation", "namespace", "name", "deletionTimestamp")


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

    def body(self) -> Any:
        """Raises: Failure 400, 415."""
        accepted = JSON if self.kind.custom else [*JSON, "application/vnd.kubernetes.protobuf"]
        if self.request.media not in accepted:
            raise statuses.unsupported_media(accepted)
        try:
            return json.loads(self.request.body)
        except ValueError as error:
            text = f"couldn't get version/kind; json parse error: {error}"
            raise statuses.bad_request(text) from error


def create(call: Call) -> Response:
    """Make an object. Raises: Failure."""
    made = call.body()
    if made.get("apiVersion") != call.kind.api_version:
        raise statuses.bad_request(
            f"the API version in the data ({made.get('apiVersion')}) does not match the expected "
            f"API version ({call.kind.api_version})"
        )
    headers = _unknown_fields(call, made)
    metadata = made.setdefault("metadata", {})
    if "generateName" in metadata and not metadata.get("name"):
        metadata["name"] = metadata["generateName"] + uuid4().hex[:5]
    name = metadata.get("name", "")
    if call.kind.namespaced:
        metadata["namespace"] = call.namespace
        admission.namespace_lives(call.world, call.kind, call.namespace, name)
    if call.kind.custom and call.kind.status:
        made.pop("status", None)
    if call.kind is CLAIM:
        if call.world.drops_sources:
            for key in ("dataSource", "dataSourceRef"):
                made.get("spec", {}).pop(key, None)
        claims.prepare(made, call.world.default_class())
    workloads.prepare(call.kind, made)
    validation.new(call.kind, made)
    schemas.check(call.kind, made, None)
    admission.check(call.world, call.kind, made)
    there = call.world.store.get(call.kind, call.namespace, name)
    if there:
        leaving = "deletionTimestamp" in there["metadata"]
        raise statuses.already_exists(call.kind, name, leaving)
    if call.request.dry_run:
        return Response(201, _as_if_made(call, made), headers)
    return Response(201, call.world.store.add(call.kind, made, call.manager), headers)


def _unknown_fields(call: Call, made: Object) -> dict[str, str]:
    """Drop them; the headers that warn. Raises: Failure 400 where the request is strict."""
    gone = [f'unknown field "{path}"' for path in schemas.prune(call.kind, made)]
    how = call.request.query.get("fieldValidation", "Warn")
    if gone and how == "Strict":
        raise statuses.bad_request(
            f'{call.kind.kind} in version "{call.kind.version}" cannot be handled as a '
            f"{call.kind.kind}: strict decoding error: {', '.join(gone)}"
        )
    if gone and how == "Warn":
        return {"Warning": ", ".join(f"299 - {json.dumps(text)}" for text in gone)}
    return {}


def _as_if_made(call: Call, made: Object) -> Object:
    metadata, now = made["metadata"], call.world.store.now()
    metadata |= {"uid": str(uuid4()), "creationTimestamp": now}
    if call.kind.generation:
        metadata["generation"] = 1
    fields.update(call.kind, made, None, call.manager, now)
    return made


def update(call: Call) -> Response:
    """Put an object in another's place. Raises: Failure."""
    if not call.name:
        raise statuses.bad_request("name must be provided")
    before, new = call.existing(), call.body()
    if call.kind.custom and not new.get("metadata", {}).get("resourceVersion"):
        cause = statuses.Cause(
            "FieldValueInvalid", "metadata.resourceVersion", "0", "must be specified for an update"
        )
        raise statuses.invalid(call.kind, call.name, [cause], resource=True)
    return replace(call, before, new)


def replace(call: Call, before: Object, new: Object, applied: Object | None = None) -> Response:
    """Check and store a changed object; ``applied`` is what server-side apply asked for."""
    new = copy.deepcopy(new)  # a patch leaves what it does not touch in common with the old one
    old, metadata = before["metadata"], new["metadata"]
    if metadata.get("uid") not in (None, old["uid"]):
        value = f'"{metadata["uid"]}"'
        cause = statuses.Cause("FieldValueInvalid", "metadata.uid", value, "field is immutable")
        raise statuses.invalid(call.kind, call.name, [cause] * (2 if call.kind.custom else 1))
    if metadata.get("resourceVersion") not in (None, old["resourceVersion"]):
        raise statuses.stale(call.kind, call.name)
    for key in (*KEPT, "resourceVersion", "managedFields"):
        metadata.pop(key, None)
        metadata |= {key: copy.deepcopy(old[key])} if key in old else {}
    _keep_part(call, before, new)
    validation.metadata(call.kind, new)
    schemas.check(call.kind, new, before)
    if call.kind is CLAIM and call.subresource != "status":
        claims.change(new, before, call.world.expandable(before))
        admission.check(call.world, call.kind, new, before)
    if call.kind.generation and _content(new) != _content(before):
        metadata["generation"] = old.get("generation", 1) + 1
    now = call.world.store.now()
    if applied is not None:
        force = call.request.query.get("force") == "true"
        fields.apply(call.kind, new, before, applied, call.manager, now, force)
    elif new != before:
        fields.update(call.kind, new, before, call.manager, now)
    if call.request.dry_run:
        return Response(200, new)
    return Response(200, call.world.store.settle(call.kind, new, before))


def _keep_part(call: Call, before: Object, new: Object) -> None:
    """The status only through its subresource, and nothing else through it."""
    if not call.kind.status:
        return
    through_status = call.subresource == "status"
    for key in set(before) | set(new):
        if (key == "status") is not through_status:
            new.pop(key, None)
            new |= {key: copy.deepcopy(before[key])} if key in before else {}


def _content(given: Object) -> Object:
    return {key: value for key, value in given.items() if key not in ("metadata", "status")}


def delete(call: Call) -> Response:
    """Delete an object, or mark it for those who still hold it. Raises: Failure."""
    before = call.existing()
    options = json.loads(call.request.body) if call.request.body else {}
    asked = options.get("preconditions") or {}
    for field, key in (("UID", "uid"), ("ResourceVersion", "resourceVersion")):
        found = before["metadata"][key]
        if asked.get(key, found) != found:
            raise statuses.precondition(call.kind, call.name, field, asked[key], found)
    if not call.request.dry_run:
        workloads.orphan(call.world, call.kind, before, options.get("propagationPolicy", ""))
    if before["metadata"].get("finalizers") or workloads.runs(call.world, call.kind, before):
        return Response(200, _mark(call, before))
    if not call.request.dry_run:
        call.world.store.remove(call.kind, before)
    if call.kind in (CLAIM, POD):
        return Response(200, before)
    details = statuses.details(call.kind, call.name) | {"uid": before["metadata"]["uid"]}
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return Response(200, status | {"details": details})


def _mark(call: Call, before: Object) -> Object:
    marked = copy.deepcopy(before)
    metadata = marked["metadata"]
    if "deletionTimestamp" in metadata:
        return marked
    metadata["deletionTimestamp"] = call.world.store.now()
    metadata["deletionGracePeriodSeconds"] = workloads.grace(call.world, call.kind, before)
    if call.kind.generation:
        metadata["generation"] = metadata.get("generation", 1) + 1
    return marked if call.request.dry_run else call.world.store.settle(call.kind, marked, before)
