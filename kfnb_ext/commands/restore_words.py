"""The words for restores of whole volumes: `snapshot restore ID --engine csi ...`.

Rule: as in ``grammar.py``: only argparse, so that help is quick.
"""

from typing import Any

WAYS = ("in-place", "new-notebook", "data-volume")


def add(restore: Any) -> None:
    """Add them to the parser of `snapshot restore`."""
    restore.add_argument("--exact", action="store_true", help="also remove what was created since")
    volumes = restore.add_argument_group("of whole volumes (--engine csi)")
    text = "this notebook goes back (default), a new one beside it, or one volume more"
    volumes.add_argument("--as", dest="way", choices=WAYS, default=WAYS[0], help=text)
    volumes.add_argument("--name", default="", metavar="NAME", help="of the new notebook")
    volumes.add_argument("--mount", default="", metavar="PATH", help="of the data volume")
    unguarded(volumes)


def unguarded(words: Any) -> None:
    """The decision that a restore and its undo ask alike."""
    text = "whole volumes: also where no guardian can go back if the notebook does not start"
    words.add_argument("--unguarded", action="store_true", help=text)
