"""What a restore would do, as a record for people.

Rule: nothing is changed.
"""

from kfnb_ext.engines.local import restoring, wishing
from kfnb_ext.model import snapshots

NAMED_AT_MOST = 1000


def plan(
    request: snapshots.RestoreRequest, wanted: wishing.Wish, restorer: restoring.Restorer
) -> snapshots.RestorePlan:
    """What it would do."""
    found = restorer.compare(wanted)
    most = NAMED_AT_MOST
    findings = (*found.blocked, *found.findings)
    if wanted.paths and request.exact and not found.steps and not found.unchanged:
        findings += ("There is nothing to do: it is as it was.",)
    return snapshots.RestorePlan(
        snapshot=request.snapshot,
        paths=wanted.paths,
        exact=request.exact,
        create=len(found.create),
        replace=len(found.replace),
        remove=len(found.remove),
        unchanged=found.unchanged,
        newer_kept=found.newer_kept,
        bytes_to_write=found.bytes_to_write,
        created_paths=tuple(found.create[:most]),
        replaced_paths=tuple(found.replace[:most]),
        removed_paths=tuple(found.remove[:most]),
        findings=findings,
        possible=not found.blocked,
    )
