"""The OpenAPI document of our routes, made from the table of routes and the records."""

import re
from typing import Any

import msgspec

import kfnb_ext
from kfnb_ext.model.reading import Record
from kfnb_ext.server import routes

ERRORS = {
    "400": "The request is wrong; nothing was changed",
    "403": "Not authenticated, not authorized, or switched off by the site",
    "404": "What was named does not exist",
    "409": "Another writer is at work, or the state has changed",
    "413": "The request is too large",
    "500": "The system failed",
    "501": "This machine cannot do it",
    "503": "The volume does not answer",
    "507": "No room",
}


class ErrorAnswer(Record, frozen=True):
    """Every error: what happened and what is unharmed, and what to do next."""

    message: str
    hint: str


def document(base_url: str) -> dict[str, Any]:
    """The document; ``base_url`` is the server's, ending in a slash."""
    types = [ErrorAnswer, *_types()]
    schemas, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    known = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes.ROUTES:
        paths.setdefault(f"/{route.path}", {})[route.method.lower()] = _operation(route, known)
    return {
        "openapi": "3.1.0",
        "info": {"title": "kfnb-ext", "version": kfnb_ext.__version__},
        "servers": [{"url": f"{base_url}kfnb/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
        },
    }


def _types() -> list[Any]:
    found = [kind for route in routes.ROUTES for kind in (*route.answers.values(), route.body)]
    return [kind for kind in found if kind is not None]


def _operation(route: routes.Route, known: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "parameters": [
            *(_parameter("path", name, "") for name in re.findall(r"{(\w+)}", route.path)),
            *(_parameter("query", name, text) for name, text in route.query.items()),
        ],
        "responses": {
            **{str(code): _answer(kind, known) for code, kind in route.answers.items()},
            **{code: _error(text, known) for code, text in ERRORS.items()},
        },
    }
    if route.body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": known[repr(route.body)]}},
        }
    return operation


def _parameter(where: str, name: str, text: str) -> dict[str, Any]:
    kind = "integer" if name == "since" else "string"
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": text,
        "schema": {"type": kind},
    }


def _answer(kind: Any, known: dict[str, Any]) -> dict[str, Any]:
    if kind is None:
        content: dict[str, Any] = {"application/octet-stream": {"schema": {"type": "string"}}}
    else:
        content = {"application/json": {"schema": known[repr(kind)]}}
    return {"description": "The answer", "content": content}


def _error(text: str, known: dict[str, Any]) -> dict[str, Any]:
    schema = known[repr(ErrorAnswer)]
    return {"description": text, "content": {"application/json": {"schema": schema}}}
