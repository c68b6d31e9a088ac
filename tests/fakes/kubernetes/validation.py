"""What an object must be like: its metadata, and for some kinds its content.

Rule: each check raises the refusal of the real server, in its words.
"""

import json
import re
from typing import Any

from tests.fakes.kubernetes import statuses
from tests.fakes.kubernetes.kinds import Kind

LONGEST_ANNOTATIONS = 262144  # bytes, all keys and values
NAME = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
LONGEST_LABEL = 63
LABEL = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
KEY = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"


def new(kind: Kind, made: dict[str, Any]) -> None:
    """An object that is made. Raises: Failure 422."""
    name = made["metadata"].get("name", "")
    if not re.fullmatch(NAME, name):
        why = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            "'-' or '.', and must start and end with an alphanumeric character "
            f"(e.g. 'example.com', regex used for validation is '{NAME}')"
        )
        cause = statuses.Cause("FieldValueInvalid", "metadata.name", f'"{name}"', why)
        raise statuses.invalid(kind, name, [cause])
    metadata(kind, made)


def metadata(kind: Kind, made: dict[str, Any]) -> None:
    """Labels and annotations. Raises: Failure 422."""
    labels(kind, made)
    annotations = made["metadata"].get("annotations") or {}
    name = made["metadata"].get("name", "")
    field = "metadata.annotations"
    looks = 3 if kind.custom else 1  # a custom resource is looked at thrice, and each complains
    for key in annotations:
        if not re.fullmatch(KEY, key.rpartition("/")[2]):
            why = (
                "name part must consist of alphanumeric characters, '-', '_' or '.', and must "
                "start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  "
                f"or '123-abc', regex used for validation is '{KEY}')"
            )
            cause = statuses.Cause("FieldValueInvalid", field, f'"{key}"', why)
            raise statuses.invalid(kind, name, [cause] * looks)
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > LONGEST_ANNOTATIONS:
        why = f"may not be more than {LONGEST_ANNOTATIONS} bytes"
        cause = statuses.Cause("FieldValueTooLong", field, why=why)
        raise statuses.invalid(kind, name, [cause] * looks)


def labels(kind: Kind, made: dict[str, Any]) -> None:
    """The words of these refusals are not among the recordings. Raises: Failure 422."""
    for value in (made["metadata"].get("labels") or {}).values():
        why = "must be no more than 63 bytes" if len(str(value)) > LONGEST_LABEL else ""
        if not re.fullmatch(LABEL, str(value)):
            why = why or f"a valid label must match the regex '{LABEL}'"
        if why:
            cause = statuses.Cause("FieldValueInvalid", "metadata.labels", f'"{value}"', why)
            raise statuses.invalid(kind, made["metadata"].get("name", ""), [cause])


def strings(made: dict[str, Any]) -> None:
    """A patched custom resource whose annotations are not strings. Raises: Failure 422."""
    for value in (made["metadata"].get("annotations") or {}).values():
        if isinstance(value, str):
            continue
        word = {bool: "bool", int: "number", float: "number", list: "array"}.get(type(value))
        text = json.dumps(made, separators=(",", ":"), sort_keys=True)
        message = (
            f"Invalid value: {json.dumps(text)}: json: cannot unmarshal {word or 'object'} into "
            "Go struct field ObjectMeta.annotations of type string"
        )
        cause = {"reason": "FieldValueInvalid", "message": message, "field": "patch"}
        raise statuses.Failure(
            422, "Invalid", f' "" is invalid: patch: {message}', details={"causes": [cause]}
        )


def undecodable(body: bytes) -> statuses.Failure:
    """A patch that is no JSON, as Go's decoder says it."""
    text = body.decode(errors="replace")
    second = text[1:2]
    return statuses.bad_request(
        f"error decoding patch: invalid character '{second}' "
        "looking for beginning of object key string"
    )
