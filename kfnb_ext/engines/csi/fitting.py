"""Whether a snapshot and the class of the claim to be made from it are of one driver.

Another driver never provisions from it: the claim would be accepted and stay Pending for ever.

Rule: only two drivers that are both known and differ stand against it.
"""

from collections.abc import Iterable

from kfnb_ext import errors
from kfnb_ext.engines.csi import classes
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.engines.csi.provisioning import Wanted
from kfnb_ext.kube import claims


def misfits(context: Context, wanted: Iterable[Wanted]) -> list[str]:
    """A sentence for each claim that no driver would fill. Raises: ClusterError."""
    told, cut_by = [], _of_classes(context)
    made_by: dict[str, str | None] = {}
    for one in wanted:
        name = one.source["spec"].get("storageClassName") or ""
        if name not in made_by:
            found = claims.storage_class(context.client, name)
            made_by[name] = found["provisioner"] if found else None
        member = one.member
        cutter = cut_by.get(member.snapshot_class) or member.volume.driver
        maker = made_by[name]
        if cutter and maker and cutter != maker:
            told.append(
                f"The snapshot of {member.volume.claim} is of the driver {cutter}, but volumes of "
                f"the storage class {name} are made by {maker}: the new claim would wait for ever."
            )
    return told


def _of_classes(context: Context) -> dict[str, str]:
    try:
        known = classes.read(context.client)
    except errors.Unsupported:
        known = None
    return {one.name: one.driver for one in known or ()}
