"""From a path to what it asks for: who, what, where; then to the part that answers.

Rule: the order of the real server: who are you (401), may you (403), is it served (404), and
only then what you sent.
"""

from dataclasses import dataclass

from tests.fakes.kubernetes import discovery, listing, patching, reviews, statuses, verbs, watching
from tests.fakes.kubernetes.kinds import NODE, POD, Kind
from tests.fakes.kubernetes.rbac import Attributes, Identity
from tests.fakes.kubernetes.wire import Hangup, Request, Response, failure_response
from tests.fakes.kubernetes.world import World

OPEN = ("/version", "/api", "/apis", "/healthz", "/livez", "/readyz")
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True)
class Place:
    """The parts of a path."""

    group: str
    version: str
    plural: str
    namespace: str
    name: str
    subresource: str


def answer(world: World, request: Request) -> Response:
    """Answer one request, as the server would."""
    try:
        with world.store.lock:
            who = world.rights.identify(request.headers.get("authorization", ""))
            request.who = who.name
            return _route(world, request, who)
    except statuses.Failure as failure:
        return failure_response(failure)


def _route(world: World, request: Request, who: Identity) -> Response:
    place = parse(request.path)
    if place is None:
        return discovery.answer(world, request)
    verb = _verb(request, place)
    kind = world.registry.find(place.group, place.version, place.plural)
    named = kind or Kind(place.group, place.version, place.plural, place.plural)
    attributes = Attributes(
        verb, place.group, place.plural, place.namespace, place.name, place.subresource
    )
    world.rights.check(who, attributes, named)
    if kind is None:
        raise statuses.not_served()
    if kind.verbs == ("create",):
        return reviews.answer(world, request, kind, who)
    call = verbs.Call(world, request, kind, place.namespace, place.name, place.subresource, who)
    if world.storage_down:
        _stalled(call, verb)
    if place.subresource not in ("", "status"):
        return _subresource(call)
    return _carry_out(verb, call)


def _carry_out(verb: str, call: verbs.Call) -> Response:
    if verb == "get":
        return listing.shown(call.request, call.existing())
    if verb == "list":
        return listing.all_of(call.world, call.request, call.kind, call.namespace)
    if verb == "watch":
        return watching.watch(call.world, call.request, call.kind, call.namespace)
    if verb == "patch":
        return patching.patch(call)
    plain = {"create": verbs.create, "update": verbs.update, "delete": verbs.delete}
    if verb not in plain:
        raise statuses.Failure(405, "MethodNotAllowed", "the server does not allow this method")
    return plain[verb](call)


def _stalled(call: verbs.Call, verb: str) -> None:
    """etcd does not answer: the cache still does. Raises: Failure 500, 504, Hangup."""
    reads = verb in ("get", "list", "watch")
    if reads and call.request.query.get("resourceVersion") == "0":
        return
    limit = call.request.query.get("timeout", "").removesuffix("s")
    call.world.closing.wait(float(limit or 60) * call.world.second)
    if verb == "get":
        raise Hangup
    raise statuses.timed_out() if limit or reads else statuses.storage_error()


def _subresource(call: verbs.Call) -> Response:
    found = call.existing()
    if (call.kind, call.subresource) != (POD, "log"):
        raise statuses.not_served()
    node = call.world.store.get(NODE, "", found["spec"].get("nodeName", "")) or {}
    known = (node.get("status") or {}).get("addresses") or []
    addresses = " ".join(f"{a['type']}:{a['address']}" for a in known)
    message = f"no preferred addresses found; known addresses: [{addresses}]"
    raise statuses.Failure(500, "", message)


def parse(path: str) -> Place | None:
    """The place a path names; None for discovery and the like."""
    parts = [part for part in path.split("/") if part]
    if len(parts) > 2 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) > 3 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) == 2:
        namespace = ""  # the namespace itself
    elif rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    rest += [""] * (3 - len(rest))
    return Place(group, version, rest[0], namespace, rest[1], rest[2])


def _verb(request: Request, place: Place) -> str:
    if request.method in VERBS:
        if request.method == "DELETE" and not place.name:
            return "deletecollection"
        return VERBS[request.method]
    if request.query.get("watch") in ("true", "1"):
        return "watch"
    return "get" if place.name else "list"
