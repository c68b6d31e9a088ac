"""From a path to what it asks for: who, what, where; then to the part that answers.

Rule: the order of the real server: who are you (401), may you (403), is it served (404), and
only then what you sent.
"""

from dataclasses import dataclass

from tests.fakes.kubernetes import discovery, reviews, statuses, verbs
from tests.fakes.kubernetes.kinds import Kind
from tests.fakes.kubernetes.rbac import Attributes, Identity
from tests.fakes.kubernetes.wire import Request, Response, failure_response
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
    return verbs.answer(verb, call)


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
