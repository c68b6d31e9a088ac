"""The patches that were applied to this Notebook, and taking them back.

Rule: a patch is taken back only where nothing else has changed the same places since: its tests
tell.
"""

import msgspec

from kfnb_ext import errors
from kfnb_ext.kube import standing
from kfnb_ext.kube.client import failures
from kfnb_ext.model.changes import PatchList, PatchPlan
from kfnb_ext.model.patches import Patch
from kfnb_ext.services.cluster import sending, undo_book
from kfnb_ext.services.cluster.undo_book import Undoable
from kfnb_ext.services.operations import Result, Running


class Unpatching:
    """Over one Notebook."""

    def __init__(self, notebook: sending.Sending) -> None:
        self._notebook = notebook

    def list(self) -> PatchList:
        """The patches that were applied, newest first."""
        try:
            return PatchList(
                patches=tuple(one.patched for one in undo_book.read(self._notebook.read()))
            )
        except errors.KfnbError as error:
            return PatchList(patches=(), note=error.message)

    def preview_undo(self, id: str | None) -> PatchPlan:
        """What taking back a patch would change. Raises: NotFound, Conflict, ClusterError."""
        body = self._notebook.read()
        entry = _entry(body, id)
        findings, possible = (
            [sending.RESTARTS if not standing.stopped(body) else sending.WAITS],
            True,
        )
        try:
            self._notebook.gate.allow("Changing the Notebook")
            self._notebook.send(body, entry.undo, dry_run=True)
        except errors.KfnbError as error:
            possible = False
            findings.append(sending.refusal(error))
        place = self._notebook.notebook()
        whole = Patch(
            kind="notebook",
            namespace=place.namespace,
            name=place.name,
            operations=entry.undo,
            certain=True,
        )
        return PatchPlan(
            advice=entry.patched.advice,
            title=entry.patched.title,
            yaml=whole.yaml,
            findings=tuple(findings),
            possible=possible,
            restart=not standing.stopped(body),
        )

    def undo(self, id: str | None, user: str = "") -> Running:
        """Take a patch back; None: the last one. Raises: Forbidden, Unsupported, NotFound."""
        self._notebook.gate.allow("Changing the Notebook")
        wanted = _entry(self._notebook.read(), id).patched

        def work(running: Running) -> Result:
            running.phase("changing the Notebook back")
            body = self._notebook.read()
            entry = _entry(body, wanted.id)
            swapped = undo_book.swap(body, _undone(undo_book.read(body), wanted.id))
            steps = [*entry.undo, *swapped]
            try:
                self._notebook.change(body, steps, lambda now: _is_undone(now, wanted.id))
            except failures.Clash as error:
                raise errors.Conflict(
                    sending.refusal(error), "Change it by hand: `kubectl edit notebook`."
                ) from error
            return Result(message=f"The Notebook is as it was before “{wanted.title}”. "
                          f"{_then(body)}")  # fmt: skip

        return self._notebook.gate.operations.start(
            "patch", "cluster", f"undo of “{wanted.title}”", work, user=user
        )


def _entry(body: undo_book.Object, id: str | None) -> Undoable:
    entries = undo_book.read(body)
    found = next((e for e in entries if (e.patched.id == id if id else not e.patched.undone)), None)
    if found is None:
        raise errors.NotFound(
            "There is no such change of the Notebook to take back. Nothing was changed.",
            "Only changes made by `kfnb fix` or the sidebar can be taken back.",
        )
    if found.patched.undone:
        raise errors.Conflict("This change has been taken back already. Nothing was changed.")
    return found


def _undone(entries: tuple[Undoable, ...], id: str) -> tuple[Undoable, ...]:
    def mark(one: Undoable) -> Undoable:
        return msgspec.structs.replace(
            one, patched=msgspec.structs.replace(one.patched, undone=True)
        )

    return tuple(mark(one) if one.patched.id == id else one for one in entries)


def _is_undone(body: undo_book.Object, id: str) -> bool:
    return any(e.patched.id == id and e.patched.undone for e in undo_book.read(body))


def _then(body: undo_book.Object) -> str:
    return sending.WAITS if standing.stopped(body) else "It restarts now."
