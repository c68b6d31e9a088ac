"""What the server tells of itself: versions, groups, resources. Open to everybody.

Rule: made from the table of kinds, so that a kind taken away is gone here too.
"""

from typing import Any

from tests.fakes.kubernetes import statuses
from tests.fakes.kubernetes.kinds import Kind
from tests.fakes.kubernetes.wire import Request, Response
from tests.fakes.kubernetes.world import World

VERSION = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "$Format:%H$",
    "gitTreeState": "archive",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "go1.26.6",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def answer(world: World, request: Request) -> Response:
    """Answer a path that names no object. Raises: Failure 404."""
    parts = [part for part in request.path.split("/") if part]
    if parts == ["version"]:
        return Response(200, VERSION)
    if parts == ["api"]:
        address = {"clientCIDR": "0.0.0.0/0", "serverAddress": "kubernetes.default.svc"}
        body = {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]}
        return Response(200, body)
    if parts == ["apis"]:
        names = dict.fromkeys(kind.group for kind in world.registry.kinds if kind.group)
        groups = [_group(world, name) for name in names]
        return Response(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
    if len(parts) == 2 and parts[0] == "apis":
        return Response(200, {"kind": "APIGroup", "apiVersion": "v1"} | _group(world, parts[1]))
    if len(parts) == 3 or (len(parts) == 2 and parts[0] == "api"):
        return Response(200, _resources(world, "/".join(parts[1:])))
    raise statuses.not_served()


def _group(world: World, name: str) -> dict[str, Any]:
    found = dict.fromkeys(k.version for k in world.registry.kinds if name and k.group == name)
    if not found:
        raise statuses.not_served()
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in found]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resources(world: World, group_version: str) -> dict[str, Any]:
    kinds = [kind for kind in world.registry.kinds if kind.api_version == group_version]
    if not kinds:
        raise statuses.not_served()
    listed = [entry for kind in kinds for entry in _entries(kind)]
    found = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version}
    return found | {"resources": listed}


def _entries(kind: Kind) -> list[dict[str, Any]]:
    common = {"namespaced": kind.namespaced, "kind": kind.kind}
    first = {"name": kind.plural, "singularName": kind.kind.lower(), **common}
    first["verbs"] = list(kind.verbs)
    if kind.short:
        first["shortNames"] = list(kind.short)
    if kind.storage_hash:
        first["storageVersionHash"] = kind.storage_hash
    if not kind.status or kind.verbs == ("create",):
        return [first]
    verbs = ["get", "patch", "update"]
    status = {"name": f"{kind.plural}/status", "singularName": "", **common, "verbs": verbs}
    return [first, status]
