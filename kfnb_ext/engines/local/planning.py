"""What a restore would do, as a record for people.

Rule: nothing is changed.
"""

from kfnb_ext.engines.local import changes, wishing
from kfnb_ext.model import snapshots


def plan(snapshot: str, wanted: wishing.Wish, found: changes.Changes) -> snapshots.RestorePlan:
    """What it would do."""
    findings = (*found.blocked, *found.findings)
    if wanted.paths and wanted.exact and not found.steps and not found.unchanged:
        findings += ("There is nothing to do: it is as it was.",)
    return snapshots.RestorePlan(
        snapshot=snapshot,
        paths=wanted.paths,
        exact=wanted.exact,
        create=found.create.count,
        replace=found.replace.count,
        remove=found.remove.count,
        unchanged=found.unchanged,
        newer_kept=found.newer_kept,
        bytes_to_write=found.bytes_to_write,
        created_paths=tuple(found.create.first),
        replaced_paths=tuple(found.replace.first),
        removed_paths=tuple(found.remove.first),
        findings=findings,
        possible=not found.blocked,
    )
