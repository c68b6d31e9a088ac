"""Names of files as text, and back: total, reversible, and the same on every machine.

Rule: a name is bytes on disk and text everywhere else. Bytes that are not valid UTF-8 become
private characters (U+F700 + byte); genuine characters of that range are written the same way,
byte by byte, so that no two names share one text.
"""

import os
import re

from kfnb_ext import errors

LONGEST = 4096  # PATH_MAX: the kernel takes no longer path in one call

_TO_TEXT = re.compile("[\udc80-\udcff\uf780-\uf7ff]")
_TO_RAW = re.compile("[\uf780-\uf7ff]")


def text(name: str) -> str:
    """The text form of a name as ``os`` gives it."""
    if name.isascii():
        return name
    return _TO_TEXT.sub(_escape, os.fsencode(name).decode("utf-8", "surrogateescape"))


def raw(path: str) -> str:
    """The name or path for ``os`` calls of a text form."""
    if path.isascii():
        return path
    surrogates = _TO_RAW.sub(lambda m: chr(ord(m[0]) - 0xF700 + 0xDC00), path)
    return os.fsdecode(surrogates.encode("utf-8", "surrogateescape"))


def _escape(match: re.Match[str]) -> str:
    data = match[0].encode("utf-8", "surrogateescape")
    return "".join(chr(0xF700 + byte) for byte in data)


def key(path: str) -> tuple[str, ...]:
    """What folders are sorted by: their components ("" is the top and comes first)."""
    return tuple(path.split("/")) if path else ()


def join(folder: str, name: str) -> str:
    """The path of ``name`` inside ``folder``."""
    return f"{folder}/{name}" if folder else name


def split(path: str) -> tuple[str, str]:
    """The folder and the name of a path."""
    folder, _, name = path.rpartition("/")
    return folder, name


def checked(path: str) -> str:
    """The path itself when it is one inside the workspace.

    Raises: BadRequest for one that is absolute, climbs, is empty in a part, or too long.
    """
    if path == "":
        return path
    try:
        data = os.fsencode(raw(path))
        data_ok = len(data) < LONGEST and b"\0" not in data and len(path) <= LONGEST
    except UnicodeError:
        data_ok = False
    parts = path.split("/")
    if not data_ok or any(part in ("", ".", "..") for part in parts):
        shown = path if len(path) < 100 else path[:100] + "..."
        raise errors.BadRequest(
            f"{shown!r} is not a path inside the workspace. Nothing was changed.",
            'Give it relative to the top of the workspace, without "..", like data/table.csv.',
        )
    return path
