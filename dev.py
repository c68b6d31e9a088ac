#!/usr/bin/env python3
"""The developer's two commands; they need Python 3.10 or later on Linux, and make the rest.

python3 dev.py lab     JupyterLab with the extension, built from this checkout
python3 dev.py test    every check and every test
"""

import argparse
import signal
import subprocess
import sys
from pathlib import Path

from tools import lab, machine, steps


def main(arguments: list[str]) -> int:
    """Reads the command line and does what it says; the exit status."""
    # A polite end from outside goes the way of Ctrl-C, so that no Jupyter of ours stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Started in the background it would ignore Ctrl-C, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments, extra = _split(arguments)
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == "lab":
            return lab.start(chosen.root, chosen.port, chosen.browser)
        return steps.test(chosen.only, extra)
    except (machine.Missing, RuntimeError) as error:
        print(f"dev.py: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"dev.py: {error.cmd[0]} ended with {error.returncode}: see above", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What stands before ``--``, and what stands after it."""
    if "--" not in arguments:
        return arguments, []
    place = arguments.index("--")
    return arguments[:place], arguments[place + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("lab", help="start JupyterLab with the extension")
    start.add_argument("--root", type=Path, help="the folder it shows (default: workspace/)")
    start.add_argument("--port", type=int, help="default: one that is free")
    start.add_argument("--no-browser", dest="browser", action="store_false")
    test = commands.add_parser("test", help="run every check and every test")
    test.add_argument("--only", choices=steps.GROUPS, help="one part; after -- its own arguments")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
