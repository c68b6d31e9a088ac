"""The cluster around this notebook as a person reads it in a terminal.

Rule: what cannot be done says why, and the role for the administrator stands at the end, ready to
be copied.
"""

from kfnb_ext.model import cluster as model
from kfnb_ext.text import tables, units

PLATFORMS: dict[model.Platform, str] = {
    "kubeflow": "Kubeflow",
    "openshift": "OpenShift AI",
    "workspaces": "Kubeflow Notebooks 2.0",
    "hub": "JupyterHub",
    "pod": "a pod of its own",
    "none": "none",
}
MARKS = {True: "yes", False: "no", None: "?"}
ROLE = "For the administrator (kfnb cluster --role prints it alone):"


def text(one: model.Cluster) -> str:
    """All of it."""
    if one.place.platform == "none":  # nine times "no cluster is known" tells nothing more
        return "\n".join(map(units.plain, one.notes))
    parts = [tables.fields(_where(one.place)), _volumes(one.place), _may(one), _left(one)]
    parts += [_kept(one), "\n".join(units.plain(note) for note in one.notes)]
    if one.role:
        parts.append(f"{ROLE}\n\n{one.role.rstrip()}")
    return "\n\n".join(filter(None, parts))


def _where(place: model.Place) -> list[tuple[str, str]]:
    rows = [
        ("Cluster", PLATFORMS[place.platform]),
        ("Namespace", place.namespace),
        ("Notebook", place.notebook),
        ("Pod", place.pod),
        ("Node", place.node),
        ("Account", place.service_account),
        ("Image", place.image),
        ("Digest", place.digest),
    ]
    return [(name, units.plain(value)) for name, value in rows if value]


def _volumes(place: model.Place) -> str:
    if not place.mounted:
        return ""
    head = ("VOLUME", "AT", "SIZE", "ASKED", "CLASS", "MODES", "NOTE")
    return tables.table(head, [_row(one) for one in place.mounted], "SIZE ASKED")


def _row(one: model.Mounted) -> tuple[str, ...]:
    claim = one.claim
    notes = (
        "workspace" if one.workspace else "",
        "read-only" if one.read_only else "",
        claim.phase if claim.phase != "Bound" else "",
        "being deleted" if claim.going else "",
        claim.resizing,
    )
    sizes = (
        "?" if size is None else units.size(size) for size in (claim.capacity, claim.requested)
    )
    cells = (claim.name, one.mount, *sizes, claim.storage_class or "?", _modes(claim))
    return tuple(map(units.plain, (*cells, ", ".join(filter(None, notes)))))


def _size(size: int | None) -> str:
    return "?" if size is None else units.size(size)


def _modes(claim: model.Claim) -> str:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX"}
    short["ReadWriteOncePod"] = "RWOP"
    return ",".join(short.get(mode, mode) for mode in claim.access_modes)


def _may(one: model.Cluster) -> str:
    rows = [
        (MARKS[able.allowed], units.plain(" ".join(filter(None, (able.text, able.hint)))))
        for able in one.abilities
    ]
    return tables.fields(rows)


def _left(one: model.Cluster) -> str:
    return "\n".join(units.plain(f"{line.text} (quota {line.quota})") for line in one.quotas)


def _kept(one: model.Cluster) -> str:
    lines = [f"Kept: {kept(found)}" for found in one.kept]
    if any(found.can_go for found in one.kept):
        lines.append("To let one go for good: kfnb cluster --release NAME")
    return "\n".join(lines)


def kept(one: model.Kept) -> str:
    """What a restore left behind, on one line."""
    size = f" ({units.size(one.size)})" if one.size is not None else ""
    return units.plain(f"{one.kind} {one.name}{size}: {one.why}")
