"""Who am I, may I, what may I: asked by a POST, answered at once, never stored.

Rule: the answer is what ``rbac`` would decide, so that a review and a request never differ.
"""

from typing import Any

from tests.fakes.kubernetes import fields, statuses
from tests.fakes.kubernetes.kinds import Kind
from tests.fakes.kubernetes.rbac import Attributes, Identity
from tests.fakes.kubernetes.wire import Request, Response
from tests.fakes.kubernetes.world import World


def answer(world: World, request: Request, kind: Kind, who: Identity) -> Response:
    """Answer a review. Raises: Failure."""
    try:
        asked = request.json()
    except ValueError as error:
        raise statuses.bad_request(str(error)) from error
    made = {"kind": kind.kind, "apiVersion": kind.api_version}
    if kind.kind == "SelfSubjectReview":
        return Response(201, made | _who(world, who))
    spec = asked.get("spec") or {}
    if kind.kind == "SelfSubjectRulesReview":
        return Response(201, made | _rules(world, who, spec))
    return Response(201, _access(world, who, made, spec, kind))


def _who(world: World, who: Identity) -> dict[str, Any]:
    info: dict[str, Any] = {"username": who.name, "uid": who.uid, "groups": list(who.groups)}
    info["extra"] = {key: list(values) for key, values in who.extra}
    info = {key: value for key, value in info.items() if value}
    metadata = {"creationTimestamp": world.store.now()}
    return {"metadata": metadata, "status": {"userInfo": info}}


def _rules(world: World, who: Identity, spec: dict[str, Any]) -> dict[str, Any]:
    rules = list(world.rights.cluster_rules)
    if spec.get("namespace") == who.namespace:
        rules += world.rights.rules
    told = world.rights.told
    status = {"resourceRules": rules[:told], "nonResourceRules": world.rights.paths}
    status["incomplete"] = told is not None
    if told is not None:  # as a webhook authorizer does, which cannot list what it would allow
        status["evaluationError"] = "webhook authorizer does not support user rule resolution"
    return {"metadata": {}, "spec": {}, "status": status}


def _access(
    world: World, who: Identity, made: dict[str, Any], spec: dict[str, Any], kind: Kind
) -> dict[str, Any]:
    asked = spec.get("resourceAttributes") or {}
    attributes = Attributes(
        asked.get("verb", ""),
        asked.get("group", ""),
        asked.get("resource", ""),
        asked.get("namespace", ""),
        asked.get("name", ""),
        asked.get("subresource", ""),
    )
    status: dict[str, Any] = {"allowed": world.rights.may(who, attributes)}
    if status["allowed"]:
        account = f"default-editor/{who.namespace}"
        status["reason"] = (
            f'RBAC: allowed by RoleBinding "{account}" of ClusterRole "kubeflow-edit" '
            f'to ServiceAccount "{account}"'
        )
    spec = {"resourceAttributes": {key: value for key, value in asked.items() if value}}
    body = made | {"metadata": {}, "spec": spec}
    fields.update(kind, body, None, "unknown", world.store.now())
    for entry in body["metadata"]["managedFields"]:
        del entry["fieldsV1"]["f:spec"]["."]  # never absent, so nobody's
    return body | {"status": status}
