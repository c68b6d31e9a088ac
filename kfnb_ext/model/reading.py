"""What every reading is built from: the base record, and the reading that could not be had."""

from typing import TypeVar

import msgspec

from kfnb_ext import errors


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records that we send."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all records that we receive: an unknown field is an error."""


class Reading(Record, frozen=True, tag_field="kind"):
    """Base of one look by one probe; ``kind`` tells it from ``Unavailable`` in JSON."""


class Unavailable(Reading, frozen=True, kw_only=True, tag="unavailable"):
    """A reading that could not be had. ``reason`` is a sentence, ``hint`` the way out."""

    reason: str
    hint: str = ""


T = TypeVar("T", bound=Request)


def checked(request: T) -> T:
    """The request, held to what its record says also where a shell or a kernel made it.

    Raises: BadRequest.
    """
    try:
        return msgspec.json.decode(msgspec.json.encode(request), type=type(request))
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise errors.BadRequest(
            f"The request cannot be used: {error}. Nothing was changed.",
            "Correct it and try again.",
        ) from error
