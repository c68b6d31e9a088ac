"""What the service account may do, as the cluster tells it: one rules review tells the namespace.

Kinds that lie in no namespace are asked one by one, with the namespace left empty: named, the
answer would be "allowed" for a rule that a RoleBinding cannot grant.

Rule: asked once, never guessed; what the cluster does not tell stays unknown.
"""

from typing import Any

from kfnb_ext.kube.client import Client, failures
from kfnb_ext.kube.client.address import ACCESS_REVIEWS, RULES_REVIEWS, Address
from kfnb_ext.model import cluster, rights

API = "authorization.k8s.io/v1"
DENIED = ("rbac", "forbidden")


def read(client: Client, namespace: str, platform: cluster.Platform) -> rights.Rights:
    """All that matters here. Raises: ClusterError."""
    served = discover(client)
    rules, complete = _rules(client, namespace)
    known = rights.Rights(rules=rules, complete=complete, served=served)
    open_ = [one for one in rights.wanted(platform, served) if known.may(one) is None]
    reviewed = {one: _review(client, one, namespace) for one in open_}
    return rights.Rights(
        rules=rules,
        complete=complete,
        served=served,
        reviewed={one: answer for one, answer in reviewed.items() if answer is not None},
    )


def discover(client: Client) -> rights.Served:
    """Which of the kinds that not every cluster has are served. Raises: ClusterError."""
    return rights.Served(
        snapshots=_serves(client, rights.SNAPSHOT, "v1", "volumesnapshots"),
        groups=_groups(client),
        workspaces=_serves(client, rights.KUBEFLOW, "v1beta1", rights.WORKSPACES),
    )


def _serves(client: Client, group: str, version: str, plural: str) -> bool | None:
    try:
        listed = client.get(Address(group, version, "")).body
    except failures.Missing:
        return False
    except failures.Refused as error:
        if error.reason in DENIED:  # a site that closed discovery
            return None
        raise
    return any(one.get("name") == plural for one in listed.get("resources") or ())


def _groups(client: Client) -> str | None:
    """The version of group snapshots that is served; empty: none; None: not told."""
    try:
        listed = client.get(Address(rights.GROUP, "", "")).body
    except failures.Missing:
        return ""
    except failures.Refused as error:
        if error.reason in DENIED:
            return None
        raise
    served = {one.get("version") for one in listed.get("versions") or ()}
    return next((one for one in rights.GROUP_VERSIONS if one in served), "")


def _rules(client: Client, namespace: str) -> tuple[tuple[rights.Rule, ...], bool]:
    body = {"apiVersion": API, "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    try:
        status = client.create(RULES_REVIEWS, body).body.get("status") or {}
    except failures.Refused as error:
        if error.reason in DENIED:
            return (), False
        raise
    rules = tuple(_rule(one) for one in status.get("resourceRules") or ())
    return rules, not status.get("incomplete", False)


def _rule(found: dict[str, Any]) -> rights.Rule:
    keys = ("verbs", "apiGroups", "resources", "resourceNames")
    return rights.Rule(*(tuple(found.get(key) or ()) for key in keys))


def _review(client: Client, right: rights.Right, namespace: str) -> bool | None:
    attributes = {"group": right.group, "resource": right.resource, "verb": right.verb}
    if not right.cluster:
        attributes["namespace"] = namespace
    spec = {"resourceAttributes": attributes}
    body = {"apiVersion": API, "kind": "SelfSubjectAccessReview", "spec": spec}
    try:
        status = client.create(ACCESS_REVIEWS, body).body.get("status") or {}
    except failures.Refused as error:
        if error.reason in DENIED:
            return None
        raise
    allowed = status.get("allowed")
    return allowed if isinstance(allowed, bool) else None
