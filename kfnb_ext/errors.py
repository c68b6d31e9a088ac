"""One tree of errors: each knows its HTTP status and the way out.

Rule: an error tells a person what happened and what is unharmed (``message``) and what to do
next (``hint``). Faces translate these to their own form once; nobody below a face prints.
"""

import errno


def spelt(text: str) -> str:
    """The text, with the bytes of a name that are no UTF-8 spelt out: so no record is refused."""
    return text.encode(errors="backslashreplace").decode()


class KfnbError(Exception):
    """Something that a person must read. ``message`` says what happened, ``hint`` the way out."""

    status = 500

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = spelt(message), spelt(hint)
        super().__init__(self.message)


class BadRequest(KfnbError):
    """The request itself is wrong; nothing was changed."""

    status = 400


class Forbidden(KfnbError):
    """A policy of the site, or a permission of the system, refuses it; nothing was changed."""

    status = 403


class NotFound(KfnbError):
    """What was named does not exist."""

    status = 404


class Conflict(KfnbError):
    """Another writer is at work, or the state is no longer the one the request relied on."""

    status = 409


class Gone(KfnbError):
    """What was there is damaged or no longer whole."""

    status = 410


class NoSpace(KfnbError):
    """The volume has no room (bytes or inodes), or the share kept for snapshots is used up."""

    status = 507


class Unsupported(KfnbError):
    """This machine or filesystem cannot do it (no hard links, no such engine here)."""

    status = 501


class EngineFailed(KfnbError):
    """The system failed under the engine (an I/O error, a volume that vanished)."""

    status = 500


class Cancelled(KfnbError):
    """The user asked to stop; everything is as it was before."""

    status = 409


class TooSlow(Cancelled):
    """It took longer than anybody waits for an answer, and was stopped; nothing was changed."""

    status = 503


def from_system(error: OSError) -> KfnbError:
    """What the system refused, in words that a person can act on."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(
            f"The volume is full{where}. What was there before is unharmed.",
            "Delete what you can spare, or older snapshots, or ask for a larger volume.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Forbidden(
            f"The system does not permit it: {error.strerror}{where}. Nothing was changed.",
            "Check that the volume is writable and that the files belong to you.",
        )
    return EngineFailed(
        f"The system failed: {error.strerror or error}{where}.",
        "Look whether the volume still answers, then try again.",
    )
