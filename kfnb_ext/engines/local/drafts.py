"""What a walk found, kept on disk until the room for it is known to be there.

Rule: in memory it would grow with the workspace. The line of the manifest of a folder that is as
it was is passed on as it is.
"""

from collections.abc import Iterator
from typing import IO

import msgspec

from kfnb_ext.engines.local import manifest, scan

_SAME, _OTHER = b"=", b"*"


class Same(msgspec.Struct, array_like=True, gc=False):
    """A folder that is as it was, and what it adds up to."""

    path: str
    files: int
    size: int


_encode = msgspec.json.Encoder().encode
_draft = msgspec.json.Decoder(scan.Draft).decode
_same = msgspec.json.Decoder(Same).decode


def write(file: IO[bytes], line: bytes, draft: scan.Draft) -> None:
    """Add a draft; ``line``: that of the previous manifest, where it still holds."""
    if draft.unchanged:
        file.write(_SAME + _encode(_summed(draft.folder)) + b"\n" + line)
    else:
        file.write(_OTHER + _encode(draft) + b"\n")


def read(file: IO[bytes]) -> Iterator[tuple[bytes, Same | scan.Draft]]:
    """All drafts in order, each with its line (without the line's end)."""
    file.seek(0)
    for line in file:
        if line.startswith(_SAME):
            yield next(file)[:-1], _same(line[1:])
        else:
            yield b"", _draft(line[1:])


def _summed(folder: manifest.Folder) -> Same:
    items = folder.items
    files = sum([i.kind != manifest.FOLDER for i in items])
    return Same(folder.path, files, sum([i.size for i in items]))  # of folders it is 0
