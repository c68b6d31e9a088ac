"""Whether the volumes of a set can be cut at one moment, and the object that asks for it.

Rule: what stands against it is a sentence, never a failure: then they are cut one after another.
"""

from typing import Any, NamedTuple

import msgspec

from kfnb_ext import errors
from kfnb_ext.engines.csi import classes, joining, keys, members
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.members import Cut, Volume
from kfnb_ext.kube.client import address, failures
from kfnb_ext.kube.client.address import Address
from kfnb_ext.model import rights

OPTION = "KFNB_GROUP_SNAPSHOT_CLASS"
DEFAULT = "groupsnapshot.storage.kubernetes.io/is-default-class"
MARKING = rights.Right("", "persistentvolumeclaims", "patch")


class Way(NamedTuple):
    """How a group is asked for; no ``place``: it is not, for this reason (empty: not served)."""

    place: Address | None = None
    snapshot_class: str = ""  # empty: the cluster fills in its default
    why: str = ""
    volumes: tuple[Volume, ...] = ()


def way(context: Context, volumes: tuple[Volume, ...]) -> Way:
    """Whether these volumes can be one group. Raises: ClusterError when nobody can be asked."""
    place = joining.place(context) if len(volumes) > 1 else None
    if place is None:
        return Way()
    if why := _denied(context) or _mixed(volumes):
        return Way(why=why)
    driver = next((one.driver for one in volumes if one.driver), None)
    version = msgspec.structs.replace(address.GROUP_SNAPSHOT_CLASSES, version=place.version)
    try:
        known = classes.read(context.client, version, DEFAULT)
    except errors.Unsupported:
        return Way()
    picked = _pick(known, driver, context.settings.group_class)
    return Way(why=picked.why) if picked.why else Way(place, picked.name, volumes=volumes)


def _denied(context: Context) -> str:
    known = context.rights()
    lacking = [one for one in (*rights.GROUPS, MARKING) if known.may(one) is False]
    verbs = "; ".join(f"{', '.join(v)} {resource}" for _, resource, v in rights.by_kind(lacking))
    return f"the service account may not {verbs}" if verbs else ""


def _mixed(volumes: tuple[Volume, ...]) -> str:
    drivers = sorted({one.driver for one in volumes if one.driver})
    return f"they are of several drivers ({', '.join(drivers)})" if len(drivers) > 1 else ""


def _pick(
    known: tuple[classes.Found, ...] | None, driver: str | None, named: str
) -> classes.Picked:
    if known is None or driver is None:
        return classes.Picked(named)
    of_driver = [one for one in known if one.driver == driver]
    if any(one.name == named for one in of_driver):
        return classes.Picked(named)
    defaults = [one for one in of_driver if one.default]
    if len(defaults) == 1:
        return classes.Picked()
    if not of_driver:
        return classes.Picked(why=f"the driver {driver} has no VolumeGroupSnapshotClass")
    count = f"{len(defaults)} default VolumeGroupSnapshotClasses" if defaults else (
        "no default VolumeGroupSnapshotClass"
    )  # fmt: skip
    names = ", ".join(one.name for one in of_driver)
    hint = f"the administrator names one by {OPTION}"
    return classes.Picked(why=f"the driver {driver} has {count} among {names} ({hint})")


def body(cut: Cut, way_: Way) -> dict[str, Any]:
    """The object to create: all that is known of the set lies on it."""
    assert way_.place
    # The controller looks at matchLabels alone.
    spec: dict[str, Any] = {"source": {"selector": {"matchLabels": {keys.GROUP: cut.id}}}}
    volumes = {keys.VOLUMES: members.encoded(way_.volumes)}
    if way_.snapshot_class:
        spec["volumeGroupSnapshotClassName"] = way_.snapshot_class
    return {
        "apiVersion": f"{way_.place.group}/{way_.place.version}",
        "kind": members.GROUP,
        "metadata": {
            "name": members.group_name(cut),
            "namespace": cut.namespace,
            "labels": members.set_labels(cut),
            "annotations": members.set_annotations(cut) | volumes,
        },
        "spec": spec,
    }


def bare(error: failures.ClusterError) -> str:
    """What the cluster said, within a sentence of ours."""
    return members.bare(error.message).rstrip(".")
