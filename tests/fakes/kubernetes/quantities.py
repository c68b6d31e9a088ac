"""Amounts as Kubernetes writes them: ``1Gi``, ``500m``, ``2``.

Rule: exact; an amount is a fraction of bytes, cores or pieces.
"""

import re
from fractions import Fraction

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_FORM = re.compile(r"([+-]?[0-9.]+)([eE][-+]?[0-9]+|[KMGTPE]i|[numkMGTPE]?)")
BAD = r"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def parse(text: object) -> Fraction:
    """The amount. Raises: ValueError."""
    found = _FORM.fullmatch(str(text))
    if not found:
        raise ValueError(BAD)
    number, suffix = Fraction(found[1]), found[2]
    if suffix in _BINARY:
        return number * 1024 ** _BINARY[suffix]
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return number * Fraction(10) ** int(suffix[1:])
    return number * Fraction(1000) ** _DECIMAL[suffix]


def written(amount: Fraction) -> str:
    """The shortest exact form: binary where it divides, else decimal, else thousandths."""
    if amount.denominator != 1:
        return f"{int(amount * 1000)}m"
    whole = int(amount)
    for suffix, power in reversed(_BINARY.items()):
        if whole and whole % 1024**power == 0:
            return f"{whole // 1024**power}{suffix}"
    return str(whole)
