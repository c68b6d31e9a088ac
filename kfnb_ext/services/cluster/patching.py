"""The patch that an advice proposes, applied to the Notebook on its user's word, and taken back.

Made anew from the Notebook as it is at that moment, tried by dryRun, sent with tests; what takes
it back is kept in an annotation of the Notebook, in the same request.

Rule: what is sent is what was shown, or nothing is.
"""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from kfnb_ext import errors
from kfnb_ext.kube import standing
from kfnb_ext.model import patches
from kfnb_ext.model.advice import Proposal
from kfnb_ext.model.changes import Patched, PatchPlan, PatchRequest
from kfnb_ext.model.patches import Patch, Spec
from kfnb_ext.model.patches.undoing import inverse
from kfnb_ext.model.reading import checked
from kfnb_ext.services.cluster import sending, undo_book
from kfnb_ext.services.cluster.undo_book import Undoable
from kfnb_ext.services.operations import Result, Running

AFTER = "After the restart nothing needs doing. `kfnb fix --undo` takes it back."

Object = dict[str, Any]


def _utc() -> datetime:
    return datetime.now(timezone.utc)


class Patching:
    """``propose`` gives all advice for a Notebook's spec; ``room`` says why its pod is refused."""

    def __init__(
        self,
        notebook: sending.Sending,
        propose: Callable[[Spec], tuple[Proposal, ...]],
        room: Callable[[Object, Object], tuple[str, ...]] = lambda before, after: (),
        now: Callable[[], datetime] = _utc,
    ) -> None:
        self._notebook, self._propose, self._room, self._now = notebook, propose, room, now

    def offered(self) -> tuple[Proposal, ...]:
        """The advice whose patch can be applied from here. Raises: ClusterError, Unsupported."""
        spec = self._notebook.read().get("spec") or {}
        return tuple(one for one in self._propose(spec) if not _cannot(one))

    def preview(self, request: PatchRequest) -> PatchPlan:
        """What would change; nothing is. Raises: NotFound, Unsupported, ClusterError."""
        body = self._notebook.read()
        title, patch = self._patch(body, checked(request).advice)
        findings = [
            sending.RESTARTS if not standing.stopped(body) else sending.WAITS,
            *patch.note.splitlines(),
        ]
        possible = True
        try:
            self._notebook.gate.allow("Changing the Notebook")
            after = self._notebook.send(body, patch.operations, dry_run=True)
            short = self._room(body, after)
            findings += short
            possible = not short
        except errors.KfnbError as error:
            possible = False
            findings.append(sending.refusal(error))
        return PatchPlan(
            advice=request.advice,
            title=title,
            yaml=patch.yaml,
            findings=tuple(findings),
            possible=possible,
            restart=not standing.stopped(body),
        )

    def apply(self, request: PatchRequest, user: str = "") -> Running:
        """Apply it. Raises: Forbidden, Unsupported, BadRequest."""
        self._notebook.gate.allow("Changing the Notebook")
        self._notebook.notebook()
        request = checked(request)

        def work(running: Running) -> Result:
            running.phase("reading the Notebook")
            notebook = self._notebook
            body = undo_book.begun(notebook.gate.client, notebook.notebook(), notebook.read)
            title, patch = self._patch(body, request.advice)
            if request.shown and request.shown != patch.yaml:
                raise errors.Conflict(
                    "What would change is no longer what was shown. Nothing was changed.",
                    "Look at the preview again and confirm it.",
                )
            running.phase("asking whether it may be changed")
            after = self._tried(body, patch)
            running.phase("changing the Notebook")
            entry = Undoable(
                patched=Patched(
                    id=running.record.id, advice=request.advice, title=title, at=self._now(),
                    by=running.record.owner.user,
                ),
                undo=inverse(body, after, patch.operations),
            )  # fmt: skip
            steps = [*patch.operations, *undo_book.swap(body, (entry, *undo_book.read(body)))]
            notebook.change(body, steps, lambda now: undo_book.holds(now, entry.patched.id))
            return Result(message=f"The Notebook is changed. {_then(body)}")

        return self._notebook.gate.operations.start(
            "patch", "cluster", f"change of the Notebook for {request.advice}", work, user=user
        )

    def _tried(self, body: Object, patch: Patch) -> Object:
        """The Notebook as it would be. Raises: ClusterError; Conflict where it could not start."""
        after = self._notebook.send(body, patch.operations, dry_run=True)
        if short := self._room(body, after):
            raise errors.Conflict(
                f"{' '.join(short)} Its pod would be refused, and the notebook stay down. "
                "Nothing was changed.",
                "Ask the administrator for more, or free what you can spare.",
            )
        return after

    def _patch(self, body: Object, advice: str) -> tuple[str, Patch]:
        found = {one.advice.id: one for one in self._propose(body.get("spec") or {})}.get(advice)
        if found is None:
            raise errors.NotFound(
                f"There is no advice {advice!r} at present: what it was for may be over. "
                "Nothing was changed.",
                "`kfnb fix` lists what can be fixed now.",
            )
        why = _cannot(found)
        if why or found.patch is None:
            raise errors.Unsupported(f"{why} Nothing was changed.", "The advice says what to do.")
        return found.advice.title, found.patch


def _cannot(proposal: Proposal) -> str:
    """Why this patch is not applied from here; empty: it is."""
    patch: patches.Patch | None = proposal.patch
    if patch is None:
        return "No change of the Notebook helps with it."
    if patch.refused:
        return patch.refused
    if patch.kind == "pvc":
        return "That is a larger claim: `kfnb grow` makes it so."
    if not patch.certain:
        return "The Notebook could not be read, so that its patch rests on guesses."
    made = [step["value"] for step in patch.operations if step["op"] != "test"]
    if any("CLAIM" in str(value) for value in made):
        return "Which claim to mount is yours to say: copy the patch and name it."
    return ""


def _then(body: Object) -> str:
    return sending.WAITS if standing.stopped(body) else f"It restarts now. {AFTER}"
