"""How objects are shown: one, a list chosen by selectors and in pages, metadata alone, a table.

Rule: reading never changes anything.
"""

import base64
import json
from datetime import datetime
from typing import Any

from tests.fakes.kubernetes import selectors, statuses
from tests.fakes.kubernetes.kinds import Kind
from tests.fakes.kubernetes.store import Object
from tests.fakes.kubernetes.wire import Request, Response
from tests.fakes.kubernetes.world import World

PARTIAL = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
COLUMNS = ("Name", "Age")
NAME_HELP = (
    "Name must be unique within a namespace. Is required when creating resources, although some "
    "resources may allow a client to request the generation of an appropriate name automatically. "
    "Name is primarily intended for creation idempotence and configuration definition. Cannot be "
    "updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
AGE_HELP = (
    "CreationTimestamp is a timestamp representing the server time when this object was created. "
    "It is not guaranteed to be set in happens-before order across separate operations. Clients "
    "may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the "
    "system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/"
    "devel/sig-architecture/api-conventions.md#metadata"
)


def shown(request: Request, found: Object) -> Response:
    """One object, whole or its metadata alone."""
    if "as=PartialObjectMetadata" in request.headers.get("accept", ""):
        return Response(200, PARTIAL | {"metadata": found["metadata"]})
    return Response(200, found)


def all_of(world: World, request: Request, kind: Kind, namespace: str) -> Response:
    """A list; paged within one namespace. Raises: Failure 400, 410, 504."""
    asked = request.query.get("resourceVersion", "")
    if asked.isdecimal() and int(asked) > world.store.revision:
        raise _too_large(int(asked), world.store.revision)
    wanted = selectors.chosen(kind, request.query)
    revision, after = _continued(world, request.query.get("continue", ""))
    found = [
        item
        for item in world.store.all(kind, namespace)
        if wanted(item) and item["metadata"]["name"] > after
    ]
    limit = int(request.query.get("limit") or 0)
    page = found[:limit] if limit else found
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if len(page) < len(found):
        metadata["continue"] = _token(revision, page[-1]["metadata"]["name"])
        if not request.query.get("labelSelector") and not request.query.get("fieldSelector"):
            metadata["remainingItemCount"] = len(found) - len(page)
    if "as=Table" in request.headers.get("accept", ""):
        return Response(200, _table(world, page, metadata))
    if kind.custom:
        metadata.setdefault("continue", "")
    else:
        page = [{k: v for k, v in i.items() if k not in ("kind", "apiVersion")} for i in page]
    body = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata}
    return Response(200, body | {"items": page})


def _token(revision: int, last: str) -> str:
    inner = {"v": "meta.k8s.io/v1", "rv": revision, "start": f"/{last}\0"}
    raw = json.dumps(inner, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _continued(world: World, token: str) -> tuple[int, str]:
    """The revision that the list began at, and the name it goes on after."""
    if not token:
        return world.store.revision, ""
    if len(token) % 4 == 1:
        raise statuses.bad_request(
            "invalid continue token: continue key is not valid: "
            f"illegal base64 data at input byte {len(token) - 1}"
        )
    inner = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    if inner["rv"] < world.store.oldest:
        raise statuses.Failure(
            410,
            "Expired",
            "The provided continue parameter is too old to display a consistent list result. You "
            "can start a new list without the continue parameter, or use the continue token in "
            "this response to retrieve the remainder of the results. Continuing with the provided "
            "token results in an inconsistent list - objects that were created, modified, or "
            "deleted between the time the first chunk was returned and now may show up in the "
            "list.",
        )
    return inner["rv"], inner["start"].strip("/\0")


def _too_large(asked: int, current: int) -> statuses.Failure:
    words = "Too large resource version"
    cause = {"reason": "ResourceVersionTooLarge", "message": words}
    return statuses.Failure(
        504,
        "Timeout",
        f"Timeout: {words}: {asked}, current: {current}",
        details={"causes": [cause], "retryAfterSeconds": 1},
        headers={"Retry-After": "1"},
    )


def _table(world: World, page: list[Object], metadata: dict[str, Any]) -> Object:
    columns = [
        {"name": "Name", "type": "string", "format": "name", "description": NAME_HELP},
        {"name": "Age", "type": "date", "format": "", "description": AGE_HELP},
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [column | {"priority": 0} for column in columns],
        "rows": [
            {
                "cells": [item["metadata"]["name"], _age(world, item)],
                "object": PARTIAL | {"metadata": item["metadata"]},
            }
            for item in page
        ],
    }


def _age(world: World, item: Object) -> str:
    made = datetime.fromisoformat(item["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    seconds = int((world.now() - made).total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"
