"""Rules of roles, as the API server reads them."""

import pytest

from kfnb_ext.model import rights

GET = rights.Right("kubeflow.org", "notebooks", "get")


@pytest.mark.parametrize(
    ("rule", "name", "allows"),
    [
        (rights.Rule(("get",), ("kubeflow.org",), ("notebooks",)), "", True),
        (rights.Rule(("*",), ("*",), ("*",)), "", True),
        (rights.Rule(("*",), ("kubeflow.org",), ("notebooks/status",)), "", False),
        (rights.Rule(("patch",), ("*",), ("*",)), "", False),
        (rights.Rule(("get",), ("",), ("notebooks",)), "", False),
        (rights.Rule(("get",), ("*",), ("*",), ("demo",)), "demo", True),
        (rights.Rule(("get",), ("*",), ("*",), ("demo",)), "other", False),
        (rights.Rule(("get",), ("*",), ("*",), ("demo",)), "", False),
    ],
)
def test_a_rule_allows_what_it_names(rule, name, allows):
    assert rule.allows(GET, name) is allows


@pytest.mark.parametrize("verb", sorted(rights.NAMELESS))
def test_a_rule_for_named_objects_grants_nothing_that_names_none(verb):
    rule = rights.Rule(("*",), ("*",), ("*",), ("demo",))
    assert not rule.allows(rights.Right("kubeflow.org", "notebooks", verb), "demo")


def test_a_rule_of_the_namespace_says_nothing_of_kinds_that_lie_in_none():
    known = rights.Rights(rules=(rights.Rule(("*",), ("*",), ("*",)),), complete=True)
    assert known.may(rights.CLASSES[0]) is None
    assert known.may(GET)


def test_what_no_rule_allows_is_denied_only_where_all_rules_are_known():
    assert rights.Rights(complete=True).may(GET) is False
    assert rights.Rights().may(GET) is None
