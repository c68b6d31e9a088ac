"""What the journal holds of a growth: what was asked for, and what only the present pod could see.

Rule: small, since it lies in an annotation; nothing in it decides how the restore goes on.
"""

from datetime import datetime

import msgspec


class Late(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Files that were written after a cut."""

    count: int
    names: tuple[str, ...] = ()  # some of them
    whole: bool = True  # False: not all of the volume was looked at


class Growth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a claim is exchanged for that is to be larger."""

    size: int  # bytes that the larger claim asks for
    mount: str = ""  # where its files are
    had: int | None = None  # bytes of the file system before
    cut: datetime | None = None  # by the node's clock; what was written later is on the old alone
    late: Late | None = None  # what that was, as seen before the exchange
