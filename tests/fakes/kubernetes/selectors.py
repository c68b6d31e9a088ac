"""Which objects a list or a watch is about: label and field selectors.

Rule: what cannot be parsed is refused in the server's words, never taken for "all".
"""

import re
from collections.abc import Callable
from typing import Any

from tests.fakes.kubernetes import statuses
from tests.fakes.kubernetes.kinds import EVENT, POD, Kind

Object = dict[str, Any]
Test = Callable[[Object], bool]
_TOKENS = re.compile(r"\s*(==|!=|=|!|,|\(|\)|[^\s=!,()]+)")
FIELDS = {
    EVENT.plural: {
        f"involvedObject.{part}"
        for part in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion")
    }
    | {"reason", "type", "source", "reportingComponent"},
    POD.plural: {"spec.nodeName", "status.phase", "spec.restartPolicy", "status.podIP"},
}


def chosen(kind: Kind, query: dict[str, str]) -> Test:
    """The test that an object must pass. Raises: Failure 400."""
    tests = [_labels(query.get("labelSelector", "")), _fields(kind, query.get("fieldSelector", ""))]
    return lambda found: all(test(found) for test in tests)


def _labels(text: str) -> Test:
    tokens = _TOKENS.findall(text)
    tests: list[Test] = []
    while tokens:
        tests.append(_requirement(tokens))
        if tokens and tokens.pop(0) != ",":
            raise _unparsable(tokens[0] if tokens else "", "',' or 'end of string'")
    return lambda found: all(test(found) for test in tests)


def _requirement(tokens: list[str]) -> Test:
    negated = tokens[0] == "!"
    if negated:
        tokens.pop(0)
    key = _word(tokens)
    if negated or not tokens or tokens[0] == ",":
        return lambda found: (key in _of(found)) is not negated
    operator = tokens.pop(0)
    if operator in ("=", "=="):
        value = _word(tokens)
        return lambda found: _of(found).get(key) == value
    if operator == "!=":
        value = _word(tokens)
        return lambda found: _of(found).get(key) != value
    if operator in ("in", "notin"):
        values = _values(tokens)
        return lambda found: (_of(found).get(key) in values) is (operator == "in")
    raise _unparsable(operator, "in, notin, =, ==, !=, gt, lt")


def _of(found: Object) -> dict[str, str]:
    return found["metadata"].get("labels") or {}


def _word(tokens: list[str]) -> str:
    if not tokens:
        return ""
    if not re.match(r"[^=!,()]", tokens[0]):
        raise _unparsable(tokens[0], "identifier")
    return tokens.pop(0)


def _values(tokens: list[str]) -> set[str]:
    if not tokens or tokens.pop(0) != "(":
        raise _unparsable("", "'('")
    found = set()
    while tokens and tokens[0] != ")":
        found.add(tokens.pop(0))
    if tokens:
        tokens.pop(0)
    return found - {","}


def _unparsable(found: str, expected: str) -> statuses.Failure:
    text = f"unable to parse requirement: found '{found}', expected: {expected}"
    return statuses.bad_request(text)


def _fields(kind: Kind, text: str) -> Test:
    known = {"metadata.name"} | ({"metadata.namespace"} if kind.namespaced else set())
    known |= FIELDS.get(kind.plural, set())
    tests: list[Test] = []
    for part in filter(None, text.split(",")):
        key, operator, value = re.split(r"(!=|==|=)", part, maxsplit=1)
        if key not in known:
            raise statuses.bad_request(f"field label not supported: {key}")
        tests.append(_field(key, value, operator != "!="))
    return lambda found: all(test(found) for test in tests)


def _field(key: str, value: str, equal: bool) -> Test:
    def test(found: Object) -> bool:
        node: Any = found
        for part in key.split("."):
            node = node.get(part, "") if isinstance(node, dict) else ""
        return (str(node) == value) is equal

    return test
