"""Whatever is sent to a route, it answers in words, with a 4xx, and changes nothing."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_from_bytes

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfnb_ext.server import routes
from tests.server.live import Live, tree_hash
from tests.server.raw import Wire

ONE = [route for route in routes.ROUTES if "{id}" in route.path]
TAKING = [route for route in routes.ROUTES if route.body is not None]
# Enough to meet each of the shapes below many times; `--hypothesis-seed` repeats a failure.
often = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

CLIMBING = [
    "..", ".", "../..", "../../etc/passwd", "/etc/passwd", "a/../../b", "data/../../x", "//",
    "./.", "data/out/passwd", "data/out/", ".kfnb", ".kfnb/local", "\0", "a\0b", "~", "~root", "*",
    "%2e%2e", "..\\..", "C:\\", "\r\nSet-Cookie: a=b", "\x1b[31m", "\u202e", "\ufeff",
    "a" * 10_000, "a/" * 5_000,
]  # fmt: skip
texts = st.one_of(st.sampled_from(CLIMBING), st.text(min_size=1, max_size=300))
# Bytes that are no UTF-8 among them, and lone surrogates as some clients would encode them.
encoded = st.one_of(
    texts.map(lambda text: quote(text.encode("utf-8", "replace"), safe="")),
    texts.map(lambda text: quote(text.encode("utf-8", "replace"), safe="/.")),
    st.binary(min_size=1, max_size=50).map(lambda data: quote_from_bytes(data, safe="")),
    st.sampled_from(["%ED%A0%80", "%", "%zz", "%00", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%2f.."]),
)
junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), texts, st.just("\ud800"),
    st.sampled_from([10**400, -(10**400), 1e308, 2**63, -1, 0]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.none(), max_size=2),
)  # fmt: skip


@pytest.fixture(scope="module")
def wire(server: Live, snapshot: str) -> Iterator[Wire]:
    found = Wire(server)
    yield found
    found.close()


@pytest.fixture
def unchanged(server: Live) -> Iterator[Callable[[], None]]:
    """Checks at the end that nothing below the workspace, snapshots included, has changed."""
    before = tree_hash(server.workspace)
    started = {one["id"] for one in server.get("operations").json()}

    yield lambda: None

    assert {one["id"] for one in server.get("operations").json()} <= started
    assert tree_hash(server.workspace) == before


@pytest.mark.parametrize("route", ONE, ids=lambda route: f"{route.method} {route.path}")
def test_an_id_that_is_none_is_not_found(wire: Wire, unchanged: object, route: routes.Route):
    @often
    @given(encoded, st.booleans())
    def ask(part: str, engine_too: bool) -> None:
        path = route.path.replace("{engine}", part if engine_too else "local")
        answer = wire.send(route.method, "v1/" + path.replace("{id}", part))
        # Outside a cluster nothing of it can be looked up, whatever it is called.
        absent = 501 if route.path.startswith("patches/") else 0
        assert answer.is_an_error_for_a_person(also=absent), answer

    ask()


@pytest.mark.parametrize("of", ["files", "content"])
def test_a_path_leads_nowhere_but_into_the_snapshot(
    wire: Wire, unchanged: object, snapshot: str, of: str
):
    @often
    @given(encoded)
    def ask(part: str) -> None:
        answer = wire.send("GET", f"v1/snapshots/local/{snapshot}/{of}?path={part}")
        assert answer.is_an_error_for_a_person(), answer

    ask()


def test_a_link_inside_a_snapshot_is_not_followed(server: Live, snapshot: str):
    for path in ("data/out", "data/out/passwd", "data/out/"):
        for of in ("files", "content"):
            answer = server.get(f"snapshots/local/{snapshot}/{of}", path=path)
            assert 400 <= answer.status_code < 500, answer.text
            assert "root:" not in answer.text


@pytest.mark.parametrize("route", TAKING, ids=lambda route: route.path)
def test_a_body_that_is_no_request_is_refused(wire: Wire, unchanged: object, route: routes.Route):
    @often
    @given(st.one_of(st.binary(max_size=200), junk.map(dumped)).filter(no_request))
    def ask(body: bytes) -> None:
        answer = wire.send("POST", f"v1/{filled(route)}", body)
        assert answer.status == 400
        assert answer.is_an_error_for_a_person(), answer

    ask()


@pytest.mark.parametrize("route", TAKING, ids=lambda route: route.path)
def test_a_field_with_a_value_that_is_none_of_its_own_is_refused(
    wire: Wire, unchanged: object, route: routes.Route, snapshot: str
):
    fields = st.sampled_from([*route.body.__struct_fields__, "unknown", "__class__", ""])

    @often
    @given(fields, junk)
    def ask(field: str, value: Any) -> None:
        body = {"snapshot": snapshot} if "snapshot" in route.body.__struct_fields__ else {}
        sent = dumped({**body, field: value})
        if allowed(route, sent):
            return
        answer = wire.send("POST", f"v1/{filled(route)}", sent)
        assert answer.is_an_error_for_a_person(), answer

    ask()


@pytest.mark.parametrize(
    "since",
    ["-1", "1.5", "x", "", " 1", "1e9", "9" * 400, "\u0661", "%00", "%ff", "1\n", "0x10", "NaN"],
)
def test_since_is_the_number_of_a_reading_and_nothing_else(wire: Wire, since: str):
    answer = wire.send("GET", f"v1/status?since={quote(since, safe='%')}")

    assert answer.is_an_error_for_a_person(), answer


@pytest.mark.parametrize("route", TAKING, ids=lambda route: route.path)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    wire: Wire, unchanged: object, route: routes.Route
):
    answer = wire.send("POST", f"v1/{filled(route)}", b'{"name": "' + b"a" * 70_000 + b'"}')

    assert answer.status == 413
    assert answer.is_an_error_for_a_person()


def test_restores_that_are_none_are_neither_previewed_nor_made(
    wire: Wire, unchanged: object, snapshot: str
):
    for path in (path for path in CLIMBING if path not in ("~", "*", "%2e%2e", "\u202e", "\ufeff")):
        for route in ("restores/preview", "restores"):
            body = dumped({"snapshot": snapshot, "paths": ["demo.ipynb", path]})
            answer = wire.send("POST", f"v1/{route}", body)
            assert answer.is_an_error_for_a_person(), (route, path[:40], answer)


def test_the_server_answers_still_and_has_logged_no_traceback(server: Live):
    assert server.get("status").status_code == 200
    assert server.lines("Traceback") == []
    assert server.lines("Uncaught") == []


def filled(route: routes.Route) -> str:
    """The path of a route with a name that could be one."""
    return route.path.replace("{name}", "demo-home").replace("{id}", "20261125-120000-abc123")


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def no_request(body: bytes) -> bool:
    """Whether the body is not one that any route takes: none at all, or an object."""
    try:
        return bool(body) and not isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return True


def allowed(route: routes.Route, body: bytes) -> bool:
    """Whether this junk happens to be a request that the record allows."""
    try:
        msgspec.json.decode(body, type=route.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True
