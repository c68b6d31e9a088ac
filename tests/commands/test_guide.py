"""docs/commands.md against the grammar: it has every command and every option, and no other."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from kfnb_ext.commands import grammar

GUIDE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
OF_THE_CELL = {"--quiet", "--no-chart", "--interval", "--reset-peak"}  # of %%gpu


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser, and those of all its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from parsers(one)


def test_every_command_is_in_the_guide():
    missing = [
        parser.prog
        for parser in parsers(grammar.build())
        if not parser._subparsers and not re.search(rf"`{parser.prog}\b", GUIDE)
    ]
    assert missing == []


def test_every_option_is_in_the_guide_and_it_names_no_other():
    known = {
        word
        for parser in parsers(grammar.build())
        for action in parser._actions
        for word in action.option_strings
        if word.startswith("--")
    }
    assert set(re.findall(r"--[a-z][a-z-]+", GUIDE)) == known | OF_THE_CELL
