"""Whether a snapshot can be taken, as far as rights and quotas tell before anything is asked for.

Rule: what cannot be read stands against nothing: only the cluster's own dry run decides.
"""

from collections.abc import Iterable
from typing import NamedTuple

from kfnb_ext import errors
from kfnb_ext.engines.csi import roles
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.kube import quota
from kfnb_ext.kube.client import failures
from kfnb_ext.model import cluster, quotas, rights

CREATE = rights.Right(rights.SNAPSHOT, "volumesnapshots", "create")
ROOM = (
    "Delete a snapshot of volumes that is not needed any more, or ask the administrator for more."
)


def afford(context: Context, namespace: str, count: int) -> None:
    """Raises: Refused where the quotas leave no room for so many snapshots."""
    told = _quotas(context, namespace, count)
    if told:
        raise failures.Refused("quota", f"{' '.join(told)} Nothing was changed.", ROOM)


class Against(NamedTuple):
    """Why no snapshot can be taken now (empty: nothing is known), and the role that is missing."""

    why: str = ""
    role: str = ""


def against(context: Context) -> Against:
    """What stands against a snapshot, before somebody asks for one. Never raises."""
    if not context.settings.writes:
        return Against(
            "The site allows no changes of the cluster, so no snapshots of volumes are taken."
        )
    try:
        here = context.where()
        if context.rights().may(CREATE) is False:
            who = f"service account {here.service_account}" if here.service_account else "user"
            return Against(f"The {who} may not create volumesnapshots.", roles.needed(here))
    except errors.KfnbError:  # what cannot be asked is told by the list itself
        return Against()
    return Against(" ".join(_quotas(context, here.namespace, len(_claims(here.mounted)))))


def _claims(mounted: Iterable[cluster.Mounted]) -> set[str]:
    return {one.claim.name for one in mounted if one.claim.phase == "Bound"}


def _quotas(context: Context, namespace: str, count: int) -> tuple[str, ...]:
    try:
        return quota.advice(context.client, namespace, {quotas.SNAPSHOTS: count})
    except failures.ClusterError:
        return ()
