"""``kfnb``, and ``python -m kfnb_ext``: the shell command.

Rule: only what a command needs is imported, and nothing that happens to the terminal (closed,
full, gone) ends in a traceback.
"""

import contextlib
import io
import os
import signal
import sys
from typing import NoReturn, TextIO

from kfnb_ext import commands


def main() -> NoReturn:
    """Run the command of this process's arguments and exit with its status."""
    for name in (signal.SIGTERM, signal.SIGHUP):
        # What nohup told us to ignore stays ignored.
        if signal.getsignal(name) is not signal.SIG_IGN:
            signal.signal(name, signal.default_int_handler)
    out, err = _stream(sys.stdout), _stream(sys.stderr)
    try:
        if "agent" in sys.argv[1:]:
            _agent()
        if sys.argv[1:2] == ["guard"]:  # what the guardian's Job runs; not a command for people
            from kfnb_ext.assembly import guarding

            sys.exit(guarding.run(sys.argv[2:]))
        status = commands.run(sys.argv[1:], "shell", out, err, ask if _asks() else None)
        out.flush()
    except BrokenPipeError:  # `kfnb ... | head` has read enough
        status = 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        status = commands.STOPPED
    except OSError as error:
        status = _lost(error, err)
    # What could not be written must not be tried again when the interpreter ends.
    sys.stdout = sys.stderr = None
    sys.exit(status)


def _agent() -> None:
    """Be the agent, if these are its words; whatever is wrong with them is said by the commands."""
    from kfnb_ext.commands import grammar

    with contextlib.suppress(grammar.Shown, grammar.WrongWords):
        given = grammar.parse(sys.argv[1:])
        if given.act == "agent":
            from kfnb_ext import agent

            sys.exit(agent.run(given.workspace or "", given.port))


def ask(question: str) -> bool:
    """Ask the person at the terminal. Raises: EOFError when the terminal gives no answer."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise EOFError
    return answer.strip().lower() in ("y", "yes")


def _asks() -> bool:
    return bool(sys.stdin and sys.stdin.isatty() and sys.stderr)


def _stream(stream: TextIO | None) -> TextIO:
    if stream is None:  # closed by `>&-`
        return open(os.devnull, "w")
    if isinstance(stream, io.TextIOWrapper):
        # A locale that cannot write a name shows it spelt out.
        stream.reconfigure(errors="backslashreplace")
    return stream


def _lost(error: OSError, err: TextIO) -> int:
    with contextlib.suppress(OSError):  # stderr may be the one that is gone
        print(f"The output could not be written: {error.strerror}.", file=err, flush=True)
    return commands.FAILED


if __name__ == "__main__":
    main()
