"""What every reading is built from: the base record, and the reading that could not be had."""

import msgspec


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
