"""Who somebody is, and what he may.

The stock rights of `default-editor` are those that a real API server told of itself: the recorded
SelfSubjectRulesReview. A test takes and gives single rights.

Rule: a right is asked before anything else is looked at, as the server does.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.fakes.kubernetes import statuses
from tests.fakes.kubernetes.kinds import Kind

VECTORS = Path(__file__).parents[2] / "vectors" / "kubernetes"
EDITOR = "system:serviceaccount:alice:default-editor"
# Granted to everybody, and not by a role in the namespace.
SELF = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}


@dataclass(frozen=True)
class Identity:
    """Who sends a request."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ("system:authenticated",)
    admin: bool = False
    namespace: str = ""  # where its roles are bound
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


ANONYMOUS = Identity("system:anonymous", groups=("system:unauthenticated",))
ADMIN = Identity("admin", groups=("system:masters", "system:authenticated"), admin=True)


@dataclass
class Attributes:
    """What a request wants to do."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def full(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def _recorded(part: str) -> list[dict[str, Any]]:
    """The rights of default-editor in its namespace, as recorded."""
    recorded = json.loads((VECTORS / "ssrr_201.json").read_text())
    return list(recorded["response"]["body"]["status"][part])


def editor(namespace: str = "alice") -> Identity:
    """The service account of a notebook."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return Identity(
        f"system:serviceaccount:{namespace}:default-editor",
        uid="3a74c059-6f36-4107-9f91-ed56b3af18ef",
        groups=(*groups, "system:authenticated"),
        namespace=namespace,
        extra=(("authentication.kubernetes.io/credential-id", (f"JTI={uuid4()}",)),),
    )


@dataclass
class Rights:
    """Tokens, and the rules of the namespace's service account."""

    tokens: dict[str, Identity] = field(default_factory=dict)
    rules: list[dict[str, Any]] = field(default_factory=lambda: _recorded("resourceRules"))
    paths: list[dict[str, Any]] = field(default_factory=lambda: _recorded("nonResourceRules"))
    cluster_rules: list[dict[str, Any]] = field(default_factory=list)
    told: int | None = None  # how many rules a review tells of, when it cannot tell all

    def allow(self, group: str, resource: str, *verbs: str, cluster: bool = False) -> None:
        """Give a right in the namespace, or over the whole cluster."""
        rule = {"verbs": list(verbs), "apiGroups": [group], "resources": [resource]}
        (self.cluster_rules if cluster else self.rules).append(rule)

    def deny(self, group: str, resource: str) -> None:
        """Take every right on a resource."""
        for rules in (self.rules, self.cluster_rules):
            for number, rule in enumerate(rules):
                if group in rule["apiGroups"] and resource in rule["resources"]:
                    left = [one for one in rule["resources"] if one != resource]
                    rules[number] = rule | {"resources": left}

    def identify(self, authorization: str) -> Identity:
        """Raises: Failure 401."""
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or token.strip() not in self.tokens:
            raise statuses.unauthorized()
        return self.tokens[token.strip()]

    def may(self, who: Identity, what: Attributes) -> bool:
        """Whether a rule allows it."""
        if who.admin:
            return True
        if who is ANONYMOUS:
            return False
        if what.resource in SELF and what.verb == "create":
            return True
        rules = list(self.cluster_rules)
        # A namespace itself is asked for within itself.
        place = what.name if what.resource == "namespaces" and not what.group else what.namespace
        if place and place == who.namespace:
            rules += self.rules
        return any(_matches(rule, what) for rule in rules)

    def check(self, who: Identity, what: Attributes, kind: Kind) -> None:
        """Raises: Failure 403."""
        if self.may(who, what):
            return
        place = what.name if what.resource == "namespaces" and not what.group else what.namespace
        where = f'in the namespace "{place}"' if place else "at the cluster scope"
        refused = statuses.forbidden(
            kind,
            what.name,
            f'User "{who.name}" cannot {what.verb} resource "{what.full}" '
            f'in API group "{what.group}" {where}',
        )
        refused.headers["X-Content-Type-Options"] = "nosniff"
        raise refused


def _matches(rule: dict[str, Any], what: Attributes) -> bool:
    def one_of(values: list[str], value: str) -> bool:
        return "*" in values or value in values

    return (
        one_of(rule["verbs"], what.verb)
        and one_of(rule["apiGroups"], what.group)
        and one_of(rule["resources"], what.full)
        and what.name in (rule.get("resourceNames") or [what.name])
    )
