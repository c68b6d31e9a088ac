"""What the namespace allows: that it lives, its LimitRanges, its ResourceQuotas.

Rule: asked for every new object, also with dryRun; what is used is counted in the store.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from tests.fakes.kubernetes import claims, quantities, statuses
from tests.fakes.kubernetes.kinds import CLAIM, LIMIT_RANGE, NAMESPACE, POD, QUOTA, Kind
from tests.fakes.kubernetes.store import Object
from tests.fakes.kubernetes.world import World

Use = dict[str, Fraction]


def namespace_lives(world: World, kind: Kind, namespace: str, name: str) -> None:
    """Raises: Failure 403 while it goes, 404 where there is none."""
    found = world.store.get(NAMESPACE, "", namespace)
    if found is None:
        raise statuses.not_found(NAMESPACE, namespace)
    if (found.get("status") or {}).get("phase") == "Terminating":
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
        why = (
            f"unable to create new content in namespace {namespace} because it is being terminated"
        )
        raise statuses.forbidden(kind, name, why, causes=[cause])


def check(world: World, kind: Kind, made: Object, before: Object | None = None) -> None:
    """LimitRanges and quotas. Raises: Failure 403."""
    namespace = made["metadata"].get("namespace", "")
    if kind is CLAIM:
        for limits in world.store.all(LIMIT_RANGE, namespace):
            _limit(made, limits)
    asked = use(kind, made)
    old = use(kind, before) if before else {}
    more = {key: value - old.get(key, 0) for key, value in asked.items()}
    for quota in world.store.all(QUOTA, namespace):
        hard = {key: quantities.parse(value) for key, value in quota["spec"]["hard"].items()}
        if kind is POD and before is None:
            _specified(made, quota, hard)
        _quota(world, kind, made, quota, hard, more)


def _limit(made: Object, limits: Object) -> None:
    asked = quantities.parse(claims.size(made))
    for item in limits["spec"]["limits"]:
        if item["type"] != CLAIM.kind:
            continue
        for word, bound in (("maximum", "max"), ("minimum", "min")):
            limit = (item.get(bound) or {}).get("storage")
            if limit is None or not _beyond(word, asked, quantities.parse(limit)):
                continue
            raise statuses.forbidden(
                CLAIM,
                made["metadata"]["name"],
                f"{word} storage usage per {CLAIM.kind} is {limit}, "
                f"but request is {claims.size(made)}",
            )


def _beyond(word: str, asked: Fraction, limit: Fraction) -> bool:
    return asked > limit if word == "maximum" else asked < limit


def _specified(made: Object, quota: Object, hard: Use) -> None:
    missing = []
    for key in sorted(set(hard) & {"requests.cpu", "requests.memory"}):
        part = key.partition(".")[2]
        lacking = [c["name"] for c in made["spec"]["containers"] if part not in _requests(c)]
        if lacking:
            missing.append(f"{key} for: {','.join(lacking)}")
    if missing:
        why = f"failed quota: {quota['metadata']['name']}: must specify {'; '.join(missing)}"
        raise statuses.forbidden(POD, made["metadata"]["name"], why)


def _quota(world: World, kind: Kind, made: Object, quota: Object, hard: Use, more: Use) -> None:
    used = used_in(world, made["metadata"].get("namespace", ""))
    over = [
        key
        for key in sorted(set(hard) & set(more))
        if more[key] > 0 and used.get(key, Fraction(0)) + more[key] > hard[key]
    ]
    if not over:
        return

    def told(amounts: Use) -> str:
        return ",".join(f"{k}={quantities.written(amounts.get(k, Fraction(0)))}" for k in over)

    name = quota["metadata"]["name"]
    why = f"exceeded quota: {name}, requested: {told(more)}, used: {told(used)}, "
    raise statuses.forbidden(kind, made["metadata"]["name"], f"{why}limited: {told(hard)}")


def used_in(world: World, namespace: str) -> Use:
    """What the objects of a namespace use, by the names that quotas have for it."""
    total: Use = {}
    for kind in {(k.group, k.plural): k for k in world.registry.kinds}.values():
        for found in world.store.all(kind, namespace) if kind.namespaced else ():
            for key, amount in use(kind, found).items():
                total[key] = total.get(key, Fraction(0)) + amount
    return total


def use(kind: Kind, found: Object) -> Use:
    """What one object uses."""
    one = Fraction(1)
    counted = {f"count/{kind.resource}": one}
    if kind in (CLAIM, POD):
        counted[kind.plural] = one
    return counted | dict(_storage(found) if kind is CLAIM else _compute(found, kind))


def _storage(claim: Object) -> Iterator[tuple[str, Fraction]]:
    asked = quantities.parse(claims.size(claim) or 0)
    yield "requests.storage", asked
    name = claim["spec"].get("storageClassName")
    if name:
        prefix = f"{name}.storageclass.storage.k8s.io"
        yield f"{prefix}/requests.storage", asked
        yield f"{prefix}/persistentvolumeclaims", Fraction(1)


def _compute(pod: Object, kind: Kind) -> Iterator[tuple[str, Fraction]]:
    if kind is not POD or (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return
    for part in ("cpu", "memory", "nvidia.com/gpu"):
        amounts = (quantities.parse(_requests(c).get(part, 0)) for c in pod["spec"]["containers"])
        yield f"requests.{part}", sum(amounts, Fraction(0))


def _requests(container: Object) -> dict[str, Any]:
    return (container.get("resources") or {}).get("requests") or {}
