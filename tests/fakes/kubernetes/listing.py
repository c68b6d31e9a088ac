"""How objects are shown: one, or a list chosen by selectors, in pages.

Rule: reading never changes anything.
"""

from tests.fakes.kubernetes.kinds import Kind
from tests.fakes.kubernetes.store import Object
from tests.fakes.kubernetes.wire import Request, Response
from tests.fakes.kubernetes.world import World


def shown(request: Request, found: Object) -> Response:
    """One object."""
    return Response(200, found)


def all_of(world: World, request: Request, kind: Kind, namespace: str) -> Response:
    """A list."""
    items = list(world.store.all(kind, namespace))
    body = {"apiVersion": kind.api_version, "kind": f"{kind.kind}List", "items": items}
    return Response(200, body | {"metadata": {"resourceVersion": str(world.store.revision)}})
