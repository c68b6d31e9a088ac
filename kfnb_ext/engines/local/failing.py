"""Errors of the system in words of ours.

Rule: whoever calls an engine never sees a bare OSError.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from kfnb_ext import errors

_FULL = {errno.ENOSPC, errno.EDQUOT}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def told(doing: str, unharmed: str = "Nothing was changed.") -> Iterator[None]:
    """Translate what the system says while ``doing`` ("the snapshot", "the restore")."""
    try:
        yield
    except OSError as error:
        raise of(error, doing, unharmed) from error


def of(error: OSError, doing: str, unharmed: str) -> errors.KfnbError:
    """The error of ours that ``error`` is."""
    said = error.strerror or str(error)
    where = f" ({error.filename})" if isinstance(error.filename, str) else ""
    if error.errno in _FULL:
        return errors.NoSpace(
            f"The volume filled up during {doing}. {unharmed}",
            "Free some space, delete old snapshots, or grow the volume; then try again.",
        )
    if error.errno in _DENIED:
        return errors.Forbidden(
            f"The system refused {doing}: {said}{where}. {unharmed}",
            "Check who owns the folder and whether the volume is mounted read-only.",
        )
    return errors.EngineFailed(
        f"The system failed during {doing}: {said}{where}. {unharmed}",
        "Check the volume; then try again.",
    )


def size(count: int) -> str:
    """Bytes as a person reads them."""
    figure = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if abs(figure) < 1024:
            return f"{figure:.0f} {unit}" if unit == "bytes" else f"{figure:.1f} {unit}"
        figure /= 1024
    return f"{figure:.1f} TiB"
