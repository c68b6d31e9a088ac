"""Between a command and who gave it: where it prints, whom it asks, what it comes to.

Rule: a command returns an ``Outcome`` or raises; only a face decides how that is shown.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TextIO

from kfnb_ext import errors
from kfnb_ext.model.operations import Face


class Talk(NamedTuple):
    """One conversation. ``ask`` puts a yes-or-no question; None, or EOFError: nobody answers."""

    face: Face
    out: TextIO
    err: TextIO
    ask: Callable[[str], bool] | None
    line: TextIO | None  # where a line that is written over shows progress
    variables: Mapping[str, Any] = {}  # of the notebook: what a word may name


class Outcome(NamedTuple):
    """What a command came to: the record of ``--json``, and the text for people.

    ``failure`` says what is wrong although there is something to show.
    """

    record: Any
    text: str
    failure: errors.KfnbError | None = None


class Usage(errors.BadRequest):
    """The words of the command are wrong, or the answer it needs cannot be had."""


class Stopped(errors.Cancelled):
    """Whoever gave the command has stopped it."""


def confirm(talk: Talk, given: Any, preview: str, question: str) -> None:
    """Show what will happen and ask, unless ``--yes`` was given.

    Raises: Usage when nobody can answer, Cancelled when the answer is no.
    """
    if not (given.json and (given.yes or talk.ask is None)):
        print(preview, file=talk.err if given.json else talk.out, flush=True)
    if given.yes:
        return
    try:
        agreed = talk.ask and talk.ask(question)
    except EOFError:
        agreed = None
    if agreed is None:
        raise Usage(
            "This needs a confirmation, and nobody can give it here. Nothing was changed.",
            "Add --yes to confirm it in the command itself.",
        )
    if not agreed:
        raise errors.Cancelled("Not confirmed. Nothing was changed.")
