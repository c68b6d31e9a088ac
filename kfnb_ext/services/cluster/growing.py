"""A larger claim: online where its class allows, else by one that takes its place.

Rule: never a shrink. A growth that was asked for goes on in the cluster whoever waits for it;
what ends here is the waiting.
"""

from collections.abc import Callable

from kfnb_ext import errors
from kfnb_ext.kube import claims
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model import cluster, patches, quantities
from kfnb_ext.model.advice import Known
from kfnb_ext.model.changes import GrowPlan, GrowRequest
from kfnb_ext.model.reading import checked
from kfnb_ext.services.cluster import writing
from kfnb_ext.services.cluster.exchanging import Exchanging
from kfnb_ext.services.cluster.waiting_for_room import WaitingForRoom
from kfnb_ext.services.operations import Result, Running

REFUSED_BY_CLASS = "must support resize"  # how the API server says that the class forbids it
# What a quota says of so many more bytes of a class, for a claim of a size: sentences.
Room = Callable[[str, int, int], tuple[str, ...]]


class Growing:
    """Over the claims of one namespace."""

    def __init__(
        self,
        gate: writing.Writing,
        wait: WaitingForRoom,
        exchange: Exchanging,
        room: Room = lambda of_class, more, size: (),
    ) -> None:
        self._gate, self._wait, self._exchange, self._room = gate, wait, exchange, room

    def preview(self, name: str, request: GrowRequest) -> GrowPlan:
        """What a growth would do; changes nothing. Raises: ClusterError, BadRequest."""
        request = checked(request)
        body, claim = self._read(name)
        wanted = _wanted(claim, request.size)
        why = _refused(claim, wanted)
        if why:
            return self._plan(claim, wanted, [why], possible=False)
        more = wanted - (claim.requested or 0)
        findings = [*self._room(claim.storage_class or "", more, wanted)]
        try:
            self._gate.allow("Enlarging a claim")
            rigid = self._rigid(body, claim, wanted)
        except errors.KfnbError as error:
            text = f"{error.message} {error.hint}".strip()
            return self._plan(claim, wanted, [*findings, text], possible=False)
        if rigid:
            return self._exchange.plan(claim, wanted, self._mount(name))
        findings.append(
            "The claim grows while it is used; nothing restarts. It cannot be made smaller again."
        )
        return self._plan(claim, wanted, findings, possible=True)

    def grow(self, name: str, request: GrowRequest, user: str = "") -> Running:
        """Enlarge it, and wait until its files have the room. Raises: Forbidden, BadRequest."""
        self._gate.allow("Enlarging a claim")
        request = checked(request)
        if request.way == "switch":
            return self._exchange.start(name, request, lambda: self._to(name, request), user)

        def work(running: Running) -> Result:
            running.phase("reading the claim")
            body, _, wanted = self._asked_for(name, request)
            mount = self._mount(name)
            before = self._wait.measure(mount)
            running.phase("asking for the larger claim")
            writing.sure(lambda: self._patch(body, name, wanted), lambda: self._asked(name, wanted))
            self._gate.changed()
            return self._wait.until(name, wanted, mount, before, running)

        title = f"growth of the claim {name} ({request.size})"
        return self._gate.operations.start("grow", "cluster", title, work, user=user)

    def _asked_for(
        self, name: str, request: GrowRequest
    ) -> tuple[dict[str, object], cluster.Claim, int]:
        """The claim, and how large it is to be. Raises: Conflict where that is not larger."""
        body, claim = self._read(name)
        wanted = _wanted(claim, request.size)
        why = _refused(claim, wanted)
        if why:
            raise errors.Conflict(why, "Ask for more than it has.")
        return body, claim, wanted

    def _to(self, name: str, request: GrowRequest) -> int:
        """How large the one is to be that takes its place. Raises: Conflict where none needs to."""
        body, claim, wanted = self._asked_for(name, request)
        if not self._rigid(body, claim, wanted):
            raise errors.Conflict(
                f"The claim {name} can grow while it is used. Nothing was changed.",
                "Look at the preview again: the notebook need not restart.",
            )
        return wanted

    def _rigid(self, body: dict[str, object], claim: cluster.Claim, wanted: int) -> bool:
        """Whether its class lets it not grow. Raises: ClusterError for any other refusal."""
        if claim.expandable is False:
            return True
        try:
            self._patch(body, claim.name, wanted, dry_run=True)
        except failures.Refused as error:
            if REFUSED_BY_CLASS not in error.message:
                raise
            return True
        return False

    def _read(self, name: str) -> tuple[dict[str, object], cluster.Claim]:
        client, place = self._gate.client, self._place(name)
        body = client.get(place).body
        of_class = claims.storage_class(client, body["spec"].get("storageClassName") or "")
        return body, claims.of(body, of_class)

    def _place(self, name: str) -> address.Address:
        namespace = self._gate.where.names.namespace
        if not namespace:
            raise errors.Unsupported(
                "The namespace of this notebook is not known. Nothing was changed.",
                "Elsewhere than in the notebook name it: KFNB_NOTEBOOK=NAMESPACE/NAME.",
            )
        return address.CLAIMS.at(namespace, name)

    def _patch(
        self, body: dict[str, object], name: str, wanted: int, *, dry_run: bool = False
    ) -> bool:
        known = Known(namespace=self._gate.where.names.namespace)
        patch = patches.claim(known, name, body, wanted)
        if patch.refused:
            raise errors.Conflict(f"{patch.refused} Nothing was changed.")
        metadata = body["metadata"]
        assert isinstance(metadata, dict)
        steps = [{"op": "test", "path": "/metadata/uid", "value": metadata["uid"]}]
        self._gate.client.patch_json(
            self._place(name), [*steps, *patch.operations], touches=patch.touches, dry_run=dry_run
        )
        return True

    def _asked(self, name: str, wanted: int) -> bool | None:
        """Whether the claim asks for it by now."""
        _, claim = self._read(name)
        return True if (claim.requested or 0) >= wanted else None

    def _mount(self, name: str) -> str:
        """Where it is mounted in this pod; empty: nowhere, or not known."""
        try:
            held = self._gate.where.look().mounted
        except errors.KfnbError:
            return ""
        return next((one.mount for one in held if one.claim.name == name), "")

    def _plan(
        self, claim: cluster.Claim, wanted: int, findings: list[str], *, possible: bool
    ) -> GrowPlan:
        return GrowPlan(
            claim=claim.name,
            mount=self._mount(claim.name),
            size=claim.capacity or claim.requested,
            wanted=wanted,
            way="online",
            findings=tuple(findings),
            possible=possible,
        )


def _wanted(claim: cluster.Claim, text: str) -> int:
    """The size in bytes. Raises: BadRequest."""
    size = quantities.size(text.removeprefix("+"))
    if not size:
        raise errors.BadRequest(
            f"{text!r} is no size. Nothing was changed.", "As in 20Gi, or +5Gi for so much more."
        )
    has = max(claim.requested or 0, claim.capacity or 0)
    return has + size if text.startswith("+") else size


def _refused(claim: cluster.Claim, wanted: int) -> str:
    """Why it cannot be asked for; empty: it can."""
    if claim.going:
        return f"The claim {claim.name} is being deleted. Nothing was changed."
    if claim.phase != "Bound":
        return (
            f"The claim {claim.name} is not bound to a volume yet ({claim.phase}): its size can be "
            "changed only then. Nothing was changed. Start a pod that uses it first."
        )
    has = max(claim.requested or 0, claim.capacity or 0)
    if wanted < has:
        return (
            f"A claim cannot be made smaller: {claim.name} has {quantities.said(has)}. "
            "Nothing was changed."
        )
    if wanted == has:
        return f"The claim {claim.name} has {quantities.said(has)} already. Nothing was changed."
    return ""
