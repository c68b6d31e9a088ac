"""One grammar for the shell command and for the notebook.

Rule: every failure leaves here as a message and a hint, never as a traceback, and with one of
the exit statuses that the help names.
"""

import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from kfnb_ext.commands import grammar

if TYPE_CHECKING:
    from kfnb_ext import errors
    from kfnb_ext.assembly import Pod
    from kfnb_ext.commands.talk import Outcome, Talk
    from kfnb_ext.model.operations import Face

FAILED, USAGE, STOPPED = 1, 2, 130


def run(
    argv: Sequence[str],
    face: "Face",
    out: TextIO,
    err: TextIO,
    ask: Callable[[str], bool] | None,
) -> int:
    """Do what the words say, print what it came to, and return the exit status."""
    try:
        given = grammar.parse(argv)
    except grammar.Shown as shown:
        print(shown.text, end="", file=out)
        return 0
    except grammar.WrongWords as wrong:
        return _tell(usage(wrong), "--json" in argv, err)
    from kfnb_ext.commands.talk import Talk

    talk = Talk(face, out, err, ask, err if err.isatty() else None)
    outcome, failure = perform(given, talk)
    if outcome is not None:
        print(_json(outcome.record) if given.json else outcome.text, file=out, flush=True)
    return _tell(failure, given.json, err) if failure else 0


def perform(
    given: Any, talk: "Talk", make: "Callable[[Face, str], Pod] | None" = None
) -> "tuple[Outcome | None, errors.KfnbError | None]":
    """Do what was parsed. It comes to an outcome, to a failure, or (a check) to both.

    ``make`` gives the pod of a face and a named workspace; without, a new one is put together.
    """
    from kfnb_ext import assembly, errors
    from kfnb_ext.commands import acts
    from kfnb_ext.commands.talk import Stopped

    pod: Pod | None = None
    try:
        if given.workspace == "":  # a variable that is not set must not mean another folder
            raise errors.BadRequest("--workspace names no folder.", "Leave it out, or name one.")
        pod = (make or assembly.shell_pod)(talk.face, given.workspace or "")
        for sentence in acts.recover(pod, given):
            _say(sentence, "", given.json, talk.err)
        outcome = acts.ACTS[given.act](pod, given, talk)
        return outcome, outcome.failure
    except errors.KfnbError as error:
        return None, error
    except KeyboardInterrupt:
        if pod:
            pod.operations.stop()
        return None, Stopped("Stopped. Everything is as it was before.")
    except BrokenPipeError:  # nobody reads what we print: that is the face's to know
        raise
    except OSError as error:
        return None, errors.from_system(error)
    except Exception as error:  # the last line of defence: a person gets words, not a traceback
        return None, _unexpected(error)


def usage(wrong: grammar.WrongWords) -> "errors.KfnbError":
    """Words that are not of the grammar, as an error."""
    from kfnb_ext.commands.talk import Usage

    return Usage(f"{wrong.command}: {wrong.message}", f"See `{wrong.command} -h`.")


def _unexpected(error: Exception) -> "errors.KfnbError":
    from kfnb_ext import errors

    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{'/'.join(last.filename.split('/')[-2:])}:{last.lineno}"
    return errors.KfnbError(
        f"This failed unexpectedly: {type(error).__name__}: {error} ({where}).",
        "Please report it, with the command that you gave.",
    )


def _json(record: Any) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(record), indent=2).decode()


def _tell(failure: "errors.KfnbError", json: bool, err: TextIO) -> int:
    from kfnb_ext.commands.talk import Stopped, Usage

    _say(failure.message, failure.hint, json, err)
    if isinstance(failure, Stopped):
        return STOPPED
    return USAGE if isinstance(failure, Usage) else FAILED


def _say(message: str, hint: str, json: bool, err: TextIO) -> None:
    from kfnb_ext.text import units

    said = {"message": units.brief(message), "hint": units.brief(hint)}
    text = _json(said) if json else "\n".join(filter(None, said.values()))
    print(text, file=err, flush=True)
