"""VolumeSnapshotClasses: which one cuts a claim, as far as this service account may look.

Rule: a class is of one driver, and a claim is cut by a class of its own driver alone: another's
never becomes ready and never says so. Classes are read anew each time, never kept.
"""

from collections.abc import Iterable
from typing import NamedTuple

from kfnb_ext import errors
from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.model import cluster

DEFAULT = "snapshot.storage.kubernetes.io/is-default-class"
OPTION = "KFNB_SNAPSHOT_CLASS"


class Found(NamedTuple):
    """One class."""

    name: str
    driver: str
    default: bool


class Picked(NamedTuple):
    """The class to name (empty: the cluster fills in its default), or why there is none."""

    name: str = ""
    why: str = ""


def read(
    client: Client, place: address.Address = address.VOLUME_SNAPSHOT_CLASSES, mark: str = DEFAULT
) -> tuple[Found, ...] | None:
    """All classes; None where they may not be read. Raises: Unsupported, ClusterError."""
    try:
        listed = client.list(place).body["items"]
    except failures.ClusterError as error:
        if error.reason in ("rbac", "forbidden"):
            return None
        if error.reason == "not_served":
            raise unserved() from error
        raise
    return tuple(_found(one, mark) for one in listed)


def unserved() -> errors.Unsupported:
    """What a cluster without the CRDs is told as."""
    return errors.Unsupported(
        "This cluster has no volume snapshots: the VolumeSnapshot API is not installed. "
        "Nothing was changed.",
        "Ask the administrator for the CSI snapshot controller. Folder snapshots work meanwhile.",
    )


def pick(known: tuple[Found, ...] | None, claim: cluster.Claim, named: str) -> Picked:
    """The class for a claim; ``named`` is the site's option."""
    if known is None or claim.driver is None:
        return Picked(named)
    of_driver = [one for one in known if one.driver == claim.driver]
    if any(one.name == named for one in of_driver):
        return Picked(named)
    defaults = [one for one in of_driver if one.default]
    if len(defaults) == 1:
        return Picked()  # also beside a class that the site names for another driver
    return Picked(why=_no_default(claim, of_driver, defaults))


def misfit(known: tuple[Found, ...] | None, claims: Iterable[cluster.Claim], named: str) -> str:
    """Why the class that the site names fits none of the claims; empty: it may."""
    drivers = sorted({claim.driver for claim in claims if claim.driver})
    if known is None or not named or not drivers:
        return ""
    driver = next((one.driver for one in known if one.name == named), "")
    if not driver:
        return f"The snapshot class {named} ({OPTION}) is not in this cluster."
    if driver in drivers:
        return ""
    return (
        f"The snapshot class {named} ({OPTION}) is of the driver {driver}, but the volumes here "
        f"are of {', '.join(drivers)}."
    )


def _no_default(claim: cluster.Claim, of_driver: list[Found], defaults: list[Found]) -> str:
    whose = f"The storage of the claim {claim.name} (driver {claim.driver})"
    if not of_driver:
        return f"{whose} has no VolumeSnapshotClass: it cannot be cut."
    names = ", ".join(one.name for one in of_driver)
    count = f"{len(defaults)} default classes" if defaults else "no default VolumeSnapshotClass"
    return f"{whose} has {count} among {names}: the administrator names one by {OPTION}."


def _found(body: dict[str, object], mark: str) -> Found:
    metadata = body["metadata"]
    assert isinstance(metadata, dict)
    notes = metadata.get("annotations") or {}
    return Found(metadata["name"], str(body["driver"]), notes.get(mark) == "true")
