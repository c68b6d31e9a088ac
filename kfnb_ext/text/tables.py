"""Aligned columns.

Rule: columns are aligned by what a terminal shows, not by the number of characters.
"""

from collections.abc import Sequence

from kfnb_ext.text import units

GAP = "  "


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> str:
    """Rows under their heads; ``right`` names the heads whose column is aligned to the right."""
    return align([head, *rows], [name in right.split() for name in head])


def fields(rows: Sequence[tuple[str, str]], indent: str = "") -> str:
    """Names and values, the values below each other; the lines of one value too."""
    column = max((units.width(name) for name, _ in rows), default=0)
    lines = []
    for name, value in rows:
        for number, line in enumerate(value.split("\n")):
            lines.append(f"{indent}{_pad('' if number else name, column)}{GAP}{line}".rstrip())
    return "\n".join(lines)


def align(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    """Rows with each column as wide as its widest cell."""
    widths = [max(map(units.width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = zip(row, widths, right, strict=True)
        lines.append(GAP.join(_pad(cell, wide, to_right) for cell, wide, to_right in cells))
    return "\n".join(line.rstrip() for line in lines)


def _pad(cell: str, columns: int, right: bool = False) -> str:
    blank = " " * (columns - units.width(cell))
    return blank + cell if right else cell + blank


def indent(lines: list[str]) -> str:
    """Lines below a heading."""
    return "\n".join(f"  {line}" for line in lines)
