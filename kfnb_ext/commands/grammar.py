"""The words of ``kfnb`` and of ``%kfnb``, once for both.

Rule: only argparse is imported here, so that ``kfnb --help`` is quick. A parser of ours never
prints and never exits: it raises ``Shown`` (help, version) or ``WrongWords``.
"""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

import kfnb_ext
from kfnb_ext.commands import (
    capacity_words,
    changing_words,
    cluster_words,
    restore_words,
    use_words,
)
from kfnb_ext.commands.counts import at_least

ABOUT = """\
The status of this notebook pod, and snapshots of its workspace."""

RULES = """\
ID       as `snapshot list` shows it, the beginning of one, or `latest`: the newest one that
         you have taken (not the safety snapshots that come before a restore).
PATH     from the top of the workspace. ./PATH and ../PATH count from the current folder; an
         absolute path must lie inside the workspace.
Exit     0: done; 1: it failed, and stderr says why and what to do; 2: the words are wrong or a
         confirmation is missing; 130: stopped (Ctrl-C), and everything is as before."""

EXAMPLES = f"""\
examples:
  kfnb status                                    what the pod has left, and whether it is in use
  kfnb snapshot create "before cleanup"          take one
  kfnb snapshot restore latest data/table.csv    one file back as it was
  kfnb snapshot undo                             take back the last restore

{RULES}"""

ENGINES = (
    "local: files, on the workspace's own volume (default); csi: whole volumes, by the cluster"
)

# Stands before a word that must be taken as it is. Before Python 3.13 argparse drops every "--",
# also one that is a PATH: `restore ID -- --` would then restore the whole workspace.
MARK = "="


class Shown(Exception):
    """Help or the version was asked for: ``text`` is to be printed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class WrongWords(Exception):
    """The words are not of the grammar; ``command`` is the part that was understood."""

    def __init__(self, message: str, command: str) -> None:
        super().__init__(message)
        self.message = message
        self.command = command


class Parser(argparse.ArgumentParser):
    """A parser that raises, and that takes options between its words too."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(add_help=False, allow_abbrev=False, **settings)
        self.add_argument("-h", "--help", action=_Help, help="show this help")
        self._within = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does, but ``restore ID --exact PATH`` is understood as well."""
        if self._within or self._subparsers:
            return super().parse_known_args(args, namespace)
        self._within = True
        try:
            given, unknown = self.parse_known_intermixed_args(args, namespace)
        finally:
            self._within = False
        if unknown:  # said here, where the command is known whose help tells more
            self.error(f"not understood: {' '.join(word.removeprefix(MARK) for word in unknown)}")
        return given, unknown

    def error(self, message: str) -> NoReturn:
        """Raises: WrongWords."""
        if message.endswith("required: COMMAND") and self._subparsers:
            (words,) = (one.choices for one in self._subparsers._group_actions)
            message = f"name one of these commands: {', '.join(words or ())}"
        raise WrongWords(message, self.prog)


class _Help(argparse.Action):
    def __init__(self, **settings: Any) -> None:
        super().__init__(nargs=0, default=argparse.SUPPRESS, **settings)

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        raise Shown(parser.format_help())


class _Version(_Help):
    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        raise Shown(f"kfnb {kfnb_ext.__version__}\n")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The words as a namespace; ``act`` names the command. Raises: Shown, WrongWords."""
    defaults = argparse.Namespace(workspace=None, json=False, engine=None, yes=False)
    given = build().parse_args(_marked(argv), defaults)
    for name, value in vars(given).items():
        if isinstance(value, list):
            setattr(given, name, [word.removeprefix(MARK) for word in value])
        elif isinstance(value, str):
            setattr(given, name, value.removeprefix(MARK))
    return given


def _marked(argv: Sequence[str]) -> list[str]:
    """What stands behind the first "--" as words that argparse cannot take for anything else."""
    first = argv.index("--") if "--" in argv else len(argv)
    before = []
    for word in argv[:first]:
        option, is_option, value = word.partition("=") if word.startswith("--") else ("", "", word)
        mark = MARK if value.startswith(MARK) or (value == "--" and is_option) else ""
        before.append(f"{option}{is_option}{mark}{value}")
    return [*before, *argv[first : first + 1], *(MARK + word for word in argv[first + 1 :])]


def build() -> Parser:
    """The parser of the whole grammar."""
    parser = Parser(prog="kfnb", description=ABOUT, epilog=EXAMPLES)
    parser.add_argument("--version", action=_Version, help="show the version")
    _everywhere(parser)
    commands = _commands(parser)
    _command(commands, "status", "status", "what the pod has left, and whether it is in use")
    use_words.add(commands, _command)
    capacity_words.add(commands, _command)
    cluster_words.add(commands, _command)
    _gpu(commands)
    changing_words.add(commands, _command)
    nested = _sub(commands, "snapshot", help="take, look at, restore and delete snapshots")
    nested.epilog = RULES
    _everywhere(nested)
    _snapshot(_commands(nested))
    text = "what runs, and what ended within the hour, whoever started it"
    _command(commands, "operations", "operations", text)
    return parser


def _gpu(commands: Any) -> None:
    gpu = _command(commands, "gpu", "gpu", "the GPUs, what is on them and whose", yes=True)
    gpu.add_argument("--pcie", action="store_true", help="also its throughput: 40 ms for each GPU")
    gpu.add_argument("--end", type=int, metavar="PID", help="end a process that is nobody's")
    gpu.add_argument("--force", action="store_true", help="with --end: kill it")


def _snapshot(commands: Any) -> None:
    create = _command(commands, "create", "create", "take a snapshot of the workspace", engine=True)
    create.add_argument("name", nargs="?", default="", metavar="NAME", help="for yourself")
    create.add_argument("--note", default="", metavar="TEXT", help="why, for whoever reads it")
    _command(commands, "list", "list_", "all snapshots, newest first", engine=True)
    _id(_command(commands, "show", "show", "everything about one snapshot", engine=True))
    _restore(commands)
    undo = _command(commands, "undo", "undo", "take back a restore", engine=True, yes=True)
    text = "as `list` shows it; without: the last one"
    undo.add_argument("restore", nargs="?", metavar="RESTORE", help=text)
    restore_words.unguarded(undo)
    text = "read snapshots whole and find what differs from their records"
    verify = _command(commands, "verify", "verify", text, engine=True)
    verify.add_argument("id", nargs="?", metavar="ID", help="without: all snapshots")
    _id(_command(commands, "delete", "delete", "delete one snapshot", engine=True, yes=True))
    _prune(commands)


def _restore(commands: Any) -> None:
    text = "make the workspace, or some paths of it, as in a snapshot"
    restore = _command(commands, "restore", "restore", text, engine=True, yes=True)
    restore.epilog = f"A safety snapshot is taken first: `undo` takes a restore back.\n\n{RULES}"
    _id(restore)
    restore.add_argument(
        "paths",
        nargs="*",
        default=[],  # else argparse says that one is required
        metavar="PATH",
        help="a file or folder; without: the whole workspace",
    )
    restore_words.add(restore)


def _prune(commands: Any) -> None:
    text = "delete what the retention does not keep, after showing it"
    prune = _command(commands, "prune", "prune", text, engine=True, yes=True)
    prune.epilog = "Without --last, --daily and --weekly the configured retention counts."
    prune.add_argument("--dry-run", action="store_true", help="only show it")
    prune.add_argument("--last", type=at_least(1), metavar="N", help="keep the newest N")
    for period in ("day", "week"):
        option = "--daily" if period == "day" else "--weekly"
        about = f"keep the newest of each of the last N {period}s that have one"
        prune.add_argument(option, type=at_least(0), metavar="N", help=about)


def _commands(parser: Parser) -> Any:
    return parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser
    )


def _command(
    commands: Any, word: str, act: str, about: str, *, engine: bool = False, yes: bool = False
) -> Parser:
    parser = _sub(commands, word, help=about)
    parser.set_defaults(act=act)
    _everywhere(parser)
    if engine:
        parser.add_argument("--engine", default=argparse.SUPPRESS, help=ENGINES)
    if yes:
        parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def _sub(commands: Any, word: str, help: str) -> Parser:
    added: Parser = commands.add_parser(
        word, help=help, description=help[0].upper() + help[1:] + "."
    )
    return added


def _everywhere(parser: Parser) -> None:
    # SUPPRESS: what is given before the command is not overwritten by a default behind it.
    parser.add_argument(
        "--workspace",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="the folder (default: KFNB_WORKSPACE, the nearest folder above that has snapshots, "
        "else in a pod the home)",
    )
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print records, not text"
    )


def _id(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help="of a snapshot, its beginning, or `latest`")
