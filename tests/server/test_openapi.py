"""The served document against the server: requests made from it, answers held to it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfnb_ext.server import openapi, routes
from tests.server import live, schemas
from tests.server.conftest import fill
from tests.server.raw import Wire

DOCUMENT = json.loads(msgspec.json.encode(openapi.document("/")))
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
NAMES = [f"{method} {path}" for method, path, _ in OPERATIONS]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Live]:
    """A server of its own: these requests are good ones, and change what they say."""
    home = tmp_path_factory.mktemp("sandbox")
    (home / "workspace").mkdir()
    fill(home / "workspace")
    with live.running(home) as found:
        yield found


@pytest.fixture(scope="module")
def ids(sandbox: live.Live) -> list[str]:
    """What there is to ask for: a snapshot, a restore, an operation; and what there is not."""
    taken = sandbox.snapshot("to be asked for")
    restored = sandbox.ended(sandbox.post("restores", {"snapshot": taken}))
    return [taken, restored["restore"], restored["id"], "unknown"]


def test_the_served_document_is_the_one_of_the_table_of_routes(sandbox: live.Live):
    assert sandbox.get("openapi.json").json() == DOCUMENT


def test_the_document_names_every_route_and_no_other():
    named = {(method, path) for method, path, _ in OPERATIONS}

    assert named == {(route.method, f"/{route.path}") for route in routes.ROUTES}


def test_every_schema_of_the_document_is_one():
    for schema in DOCUMENT["components"]["schemas"].values():
        schemas.jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_requests_made_from_the_document_are_answered_as_it_says(
    sandbox: live.Live, ids: list[str], method: str, path: str, operation: dict[str, Any]
):
    wire = Wire(sandbox)

    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        address, body = request(data, path, operation, ids)
        answer = wire.send(method, f"v1{address}", body)
        said = operation["responses"].get(str(answer.status))
        assert said, f"{answer.status} is not in the document: {answer.body!r}"
        # 507: no room; 501: an engine that is not for this machine was named
        assert answer.status < 500 or answer.status in (501, 507), answer
        content = said["content"]
        if "application/json" in content:
            schemas.check(answer.json(), content["application/json"]["schema"], DOCUMENT)

    ask()
    wire.close()


def test_after_all_of_that_the_server_is_well(sandbox: live.Live):
    assert sandbox.get("status").status_code == 200
    assert sandbox.lines("Traceback") == []
    place = Path(sandbox.workspace) / "demo.ipynb"
    assert place.read_text() == '{"cells": []}'


def request(
    data: st.DataObject, path: str, operation: dict[str, Any], ids: list[str]
) -> tuple[str, bytes | None]:
    """An address and a body as the document allows them."""
    query = {}
    for parameter in operation["parameters"]:
        if parameter["in"] == "query" and data.draw(st.booleans()):
            drawn = data.draw(schemas.values(parameter["schema"], DOCUMENT))
            query[parameter["name"]] = data.draw(st.sampled_from([drawn, drawn, "data", ""]))
    known = data.draw(st.sampled_from(ids))
    engine = data.draw(st.sampled_from(["local", "local", "local", "unknown"]))
    place = re.sub(r"{id}", quote(known, safe=""), path.replace("{engine}", engine))
    address = place + (f"?{urlencode(query)}" if query else "")
    if "requestBody" not in operation:
        return address, None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    body = data.draw(schemas.values(schema, DOCUMENT))
    if "snapshot" in body and data.draw(st.booleans()):
        body["snapshot"] = known
        body["paths"] = data.draw(st.sampled_from([[], ["data"], ["demo.ipynb"], ["nothing"]]))
    return address, json.dumps(body).encode()
