"""Quantities as Kubernetes writes them: 2Gi, 1.5Gi, 500M, 600m, 1e3.

Rule: what is said is exact; what cannot be read is None, never 0.
"""

import re
from decimal import ROUND_CEILING, Decimal

GIB = 1 << 30
_UNITS = {"": Decimal(1), "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3")}
_UNITS |= {name: Decimal(10) ** (3 * (n + 1)) for n, name in enumerate("kMGTPE")}
_UNITS |= {f"{name}i": Decimal(1 << 10 * (n + 1)) for n, name in enumerate("KMGTPE")}
_SHAPE = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))([eE][+-]?\d{1,2}|[KMGTPE]i|[numkMGTPE]|)")


def said(size: int) -> str:
    """Bytes, exactly: 2Gi, 1536Mi, 1000."""
    for unit, name in ((GIB, "Gi"), (1 << 20, "Mi")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)


def read(text: object) -> Decimal | None:
    """What a quantity amounts to; a number counts as well (YAML has them unquoted)."""
    found = _SHAPE.fullmatch(str(text).strip())
    if found is None:
        return None
    number, unit = Decimal(found[1]), found[2]
    return number * (_UNITS[unit] if unit in _UNITS else Decimal(f"1{unit}"))


def size(text: object) -> int | None:
    """A quantity in bytes, rounded up as Kubernetes does; None: it is none."""
    found = read(text)
    return None if found is None else int(found.to_integral_value(ROUND_CEILING))
