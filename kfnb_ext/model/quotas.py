"""What a namespace allows and has: exact arithmetic over quotas, and sentences of it. Pure rules.

Rule: counted in Decimal, as the cluster counts; what it has not counted yet is None, never 0.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from kfnb_ext.model import cluster, quantities

Wants = Mapping[str, int]  # by a quota's own name: persistentvolumeclaims, requests.storage, ...

CLAIMS, STORAGE = "persistentvolumeclaims", "requests.storage"
SNAPSHOTS = "count/volumesnapshots.snapshot.storage.k8s.io"
OF_CLASS = ".storageclass.storage.k8s.io/"
# Two names of one thing: a quota may hold either.
SAME = {
    f"count/{CLAIMS}": CLAIMS,
    "count/pods": "pods",
    "cpu": "requests.cpu",
    "memory": "requests.memory",
    "ephemeral-storage": "requests.ephemeral-storage",
}
PARTS = ("requests", "limits")  # of a container's resources
_BYTES = ("storage", "memory")
_THINGS = {
    CLAIMS: ("volume", "volumes"),
    "pods": ("pod", "pods"),
    SNAPSHOTS: ("snapshot of a volume", "snapshots of volumes"),
    "count/notebooks.kubeflow.org": ("notebook", "notebooks"),
    "count/jobs.batch": ("Job", "Jobs"),
}
_UNITS = (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
_DECIMAL = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


class Line(msgspec.Struct, frozen=True):
    """One line of a ResourceQuota, exactly. ``scoped``: it counts only some of the objects."""

    quota: str
    resource: str
    hard: Decimal
    used: Decimal | None
    scoped: bool = False

    @property
    def left(self) -> Decimal | None:
        """What is left, never below 0: a quota may have been lowered below what is there."""
        return None if self.used is None else max(Decimal(0), self.hard - self.used)


class Limit(msgspec.Struct, frozen=True):
    """What a LimitRange says of the size of one claim."""

    name: str
    least: Decimal | None
    most: Decimal | None


def lines(quota: Mapping[str, Any]) -> list[Line]:
    """The lines of one ResourceQuota. Its status counts, as in the cluster's own admission."""
    spec, status = quota.get("spec") or {}, quota.get("status") or {}
    used = status.get("used") or {}
    scoped = bool(spec.get("scopes") or spec.get("scopeSelector"))
    found = []
    for resource, text in sorted((status.get("hard") or spec.get("hard") or {}).items()):
        hard = quantities.read(text)
        if hard is not None:
            has = quantities.read(used.get(resource)) if resource in used else None
            found.append(Line(quota["metadata"]["name"], resource, hard, has, scoped))
    return found


def limits(limit_range: Mapping[str, Any]) -> list[Limit]:
    """What a LimitRange says of claims."""
    return [
        Limit(
            limit_range["metadata"]["name"],
            quantities.read((item.get("min") or {}).get("storage")),
            quantities.read((item.get("max") or {}).get("storage")),
        )
        for item in (limit_range.get("spec") or {}).get("limits") or ()
        if item.get("type") == "PersistentVolumeClaim"
    ]


def for_claim(size: int, storage_class: str | None = None, count: int = 1) -> dict[str, int]:
    """What ``count`` new claims of ``size`` bytes each want of quotas."""
    wants = {CLAIMS: count, STORAGE: size * count}
    if storage_class:
        wants |= {f"{storage_class}{OF_CLASS}{name}": value for name, value in wants.items()}
    return wants


def of_pod(spec: Mapping[str, Any]) -> dict[str, int]:
    """The memory in bytes that the containers of a pod's spec ask quotas for."""
    total: dict[str, int] = {}
    for container in spec.get("containers") or ():
        for part, held in (container.get("resources") or {}).items():
            size = quantities.size((held or {}).get("memory")) if part in PARTS else None
            if size is not None:
                total[f"{part}.memory"] = total.get(f"{part}.memory", 0) + size
    return total


def short(of: Iterable[Line], wants: Wants) -> list[str]:
    """What would not fit, a sentence each; empty: all fits, as far as quotas tell."""
    told = []
    for line in of:
        want = wants.get(line.resource, wants.get(SAME.get(line.resource, ""), 0))
        left = line.left
        if line.scoped or left is None or want <= left:
            continue
        more = f"{amount(line.resource, Decimal(want))} more"
        fit = "does not fit" if want == 1 else "do not fit"
        told.append(f"{sentence(line)}: {more} {fit} (quota {line.quota}).")
    return list(dict.fromkeys(told))


def unfit(of: Iterable[Limit], sizes: Iterable[int]) -> list[str]:
    """Which sizes of a claim a LimitRange forbids, a sentence each."""
    told, asked = [], list(sizes)
    for limit in of:
        for size in asked:
            for bound, word, out in (
                (limit.most, "at most", limit.most is not None and size > limit.most),
                (limit.least, "at least", limit.least is not None and size < limit.least),
            ):
                if out and bound is not None:
                    told.append(
                        f"Your namespace wants each volume to have {word} {_size(bound)}, "
                        f"and this one has {_size(Decimal(size))} (limit {limit.name})."
                    )
    return list(dict.fromkeys(told))


def heavy(limit_range: Mapping[str, Any], spec: Mapping[str, Any]) -> list[str]:
    """Which memory of a pod's containers a LimitRange forbids: its pod would be refused."""
    held = {one.get("name"): _most({"containers": [one]}) for one in spec.get("containers") or ()}
    told = []
    for item in (limit_range.get("spec") or {}).get("limits") or ():
        most = quantities.read((item.get("max") or {}).get("memory"))
        whole = {"Container": held, "Pod": {"the pod": _most(spec)}}.get(item.get("type"), {})
        for name, size in whole.items():
            if most is not None and size > most:
                told.append(
                    f"Your namespace allows each {str(item['type']).lower()} {_size(most)} of "
                    f"memory, and {name} would have {_size(Decimal(size))} "
                    f"(limit {limit_range['metadata']['name']})."
                )
    return told


def _most(spec: Mapping[str, Any]) -> int:
    return max(of_pod(spec).values(), default=0)


def told(line: Line) -> cluster.QuotaLine:
    """The line as it is sent."""
    left = line.left
    return cluster.QuotaLine(
        quota=line.quota,
        resource=line.resource,
        name=name(line.resource),
        hard=float(line.hard),
        used=None if line.used is None else float(line.used),
        left=None if left is None else float(left),
        unit=_unit(line.resource),
        text=f"{sentence(line)}.",
    )


def sentence(line: Line) -> str:
    """A line in words, without its full stop: your namespace allows 5 volumes and has 5."""
    has = "how much it has is not counted yet"
    if line.used is not None:
        has = f"has {_figure(line.resource, line.used)}"
    some = " (counting only some of the pods)" if line.scoped else ""
    return f"Your namespace allows {amount(line.resource, line.hard)} and {has}{some}"


def name(resource: str) -> str:
    """What a line is about, for a heading: Volumes, Storage, GPUs."""
    words = _noun(SAME.get(resource, resource), many=True)
    return words[0].upper() + words[1:]


def amount(resource: str, value: Decimal) -> str:
    """A figure and its thing: 5 volumes, 20 GiB of storage, 2 GPUs."""
    resource = SAME.get(resource, resource)
    noun = _noun(resource, many=value != 1)
    of = " of " if _unit(resource) != "count" else " "
    return f"{_figure(resource, value)}{of}{noun}"


def _noun(resource: str, many: bool) -> str:
    storage_class, of, rest = resource.partition(OF_CLASS)
    if of:
        return f"{_noun(rest, many)} of the class {storage_class}"
    if resource in _THINGS:
        return _THINGS[resource][many]
    if resource.startswith("count/"):
        return resource.removeprefix("count/").partition(".")[0]
    kind, _, what = resource.partition(".")
    if kind not in ("requests", "limits"):
        return resource
    return _compute(what, many) + (" as limits" if kind == "limits" else "")


def _compute(what: str, many: bool) -> str:
    if what.endswith("/gpu"):
        return "GPUs" if many else "GPU"
    if "/mig-" in what:  # nvidia.com/mig-1g.5gb
        return f"GPU slices {what.rpartition('/')[2]}"
    words = {"cpu": "CPU", "ephemeral-storage": "scratch space"}
    return words.get(what, what)


def _unit(resource: str) -> cluster.Unit:
    last = SAME.get(resource, resource).rpartition(".")[2]
    if "/" not in last and last.endswith("cpu"):
        return "cores"
    tail = last.rpartition("/")[2] if OF_CLASS in resource else resource.rpartition(".")[2]
    return "bytes" if tail.endswith(_BYTES) and not resource.startswith("count/") else "count"


def _figure(resource: str, value: Decimal) -> str:
    unit = _unit(resource)
    if unit == "bytes":
        return _size(value)
    number = f"{value.normalize():f}"
    return f"{number} {'core' if value == 1 else 'cores'}" if unit == "cores" else number


def _size(value: Decimal) -> str:
    """Bytes in the unit that says them shortest, with one decimal at most; else about, in MiB."""
    found = []
    for unit, one in (*_UNITS, *_DECIMAL):
        tenths = value * 10 / one
        if value >= one and tenths == tenths.to_integral_value():
            found.append(f"{(tenths / 10).normalize():f} {unit}")
    if found:
        return min(found, key=len)
    if value < 1024:
        return f"{value.normalize():f} bytes" if value else "0"
    return f"about {(value / (1 << 20)).quantize(Decimal('0.1'))} MiB"
