"""``%kfnb`` in a notebook or in IPython: the words of the shell command, in the kernel's process.

Rule: a failure is shown as a message and a hint, without a traceback, but it is raised: the
cells that wait behind this one ("Run All") must not run on after a snapshot that was not taken.
With ``--json`` nothing is printed: the value is the record, as dicts and lists.
"""

import re
import shlex
import sys
from typing import TYPE_CHECKING, Any, TextIO

from kfnb_ext import assembly, commands, errors
from kfnb_ext.commands import grammar
from kfnb_ext.commands.talk import Stopped, Talk, Usage
from kfnb_ext.text import units

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from kfnb_ext.model.operations import Face

# A pod keeps threads and the last counters, so that CPU in use is known from the second look on.
_pods: dict[str, assembly.Pod] = {}


class Failed(errors.KfnbError):
    """What a ``%kfnb`` raises: message and hint, which IPython shows instead of a traceback."""

    def __init__(self, error: errors.KfnbError) -> None:
        super().__init__(_here(error.message), _here(error.hint))
        self.status = error.status

    def _render_traceback_(self) -> list[str]:
        return _lines(self.message, self.hint)


class Interrupted(KeyboardInterrupt):
    """The stop button: the operation has ended, and the cells behind it do not run."""

    def __init__(self, error: errors.KfnbError) -> None:
        super().__init__(error.message)
        self._lines = _lines(error.message, error.hint)

    def _render_traceback_(self) -> list[str]:
        return self._lines


def load(shell: "InteractiveShell") -> None:
    """Register ``%kfnb``."""
    # IPython's own annotation loses the `self` of this method.
    shell.register_magic_function(kfnb, "line", "kfnb")  # type: ignore[arg-type]


def kfnb(line: str) -> Any:
    """The status of this pod, and snapshots of its workspace: ``%kfnb -h`` shows the words.

    With ``--json`` the value is the record, as in ``s = %kfnb status --json``.
    """
    try:
        given = grammar.parse(_words(line))
    except grammar.Shown as shown:
        print(_here(shown.text), end="")
        return None
    except grammar.WrongWords as wrong:
        raise Failed(commands.usage(wrong)) from None
    talk = Talk("kernel", sys.stdout, sys.stderr, _ask, _line(), _variables())
    outcome, failure = commands.perform(given, talk, _pod)
    if outcome is not None and given.json:
        import msgspec

        return msgspec.json.decode(msgspec.json.encode(outcome.record))
    if outcome is not None:
        print(_here(outcome.text), flush=True)
    if isinstance(failure, Stopped):
        raise Interrupted(failure)
    if failure is not None:
        raise Failed(failure) from failure
    return None


def _variables() -> dict[str, Any]:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell.user_ns if shell else {}


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        said = Usage(f"The line cannot be read: {str(error).lower()}.", "Close every quote.")
        raise Failed(said) from None


def _pod(face: "Face", workspace: str) -> assembly.Pod:
    pod = assembly.shell_pod(face, workspace)
    return _pods.setdefault(f"{pod.workspace} {pod.options.trait_values()}", pod)


def _ask(question: str) -> bool:
    from IPython.core.error import StdinNotImplementedError

    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except StdinNotImplementedError:  # nbconvert, papermill: nobody is there
        raise EOFError from None


def _line() -> TextIO | None:
    # In a notebook stdout takes "\r"; captured output (%%capture, a test) takes no progress.
    in_notebook = type(sys.stdout).__module__.startswith("ipykernel.")
    return sys.stdout if in_notebook or sys.stdout.isatty() else None


def _here(text: str) -> str:
    """The text with the commands that it names as they are written in a notebook."""
    return re.sub(
        r"(?<![%\w/])kfnb(?=:| (?:snapshot|status|operations|gpu|shm|limits|volumes|du|keep-awake"
        r"|activity|cluster|environment|grow|fix|stop|restart|-h|\[-h))",
        "%kfnb",
        text,
    )


def _lines(message: str, hint: str) -> list[str]:
    return [units.brief(text) for text in (message, hint) if text]
