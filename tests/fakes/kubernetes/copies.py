"""Copies of objects, quickly: the controllers of the fake make thousands for one restore."""

import marshal
from typing import TypeVar

Tree = TypeVar("Tree")


def copied(given: Tree) -> Tree:
    """The same again, of what JSON can say; a tenth of what ``copy.deepcopy`` takes."""
    made: Tree = marshal.loads(marshal.dumps(given))
    return made
