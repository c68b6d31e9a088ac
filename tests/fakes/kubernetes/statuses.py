"""The refusals of an API server, in its own words.

Rule: a sentence stands here once, built from what the request and the store hold.
"""

from typing import Any

from tests.fakes.kubernetes.kinds import Kind

PLAIN = "text/plain; charset=utf-8"


class Failure(Exception):
    """An answer that is not a success."""

    def __init__(
        self,
        code: int,
        reason: str = "",
        message: str = "",
        *,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        plain: str | None = None,
    ) -> None:
        super().__init__(message or plain)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = headers or {}
        self.plain = plain

    def status(self) -> dict[str, Any]:
        """The Status object."""
        found: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}}
        found |= {"status": "Failure", "message": self.message}
        if self.reason:
            found["reason"] = self.reason
        if self.details is not None:
            found["details"] = self.details
        return found | {"code": self.code}


def details(kind: Kind, name: str, *, singular: bool = False, **more: Any) -> dict[str, Any]:
    """Which object it is about; empty parts are left out, as Go does."""
    parts = {"name": name, "group": kind.group, "kind": kind.kind if singular else kind.plural}
    return {key: value for key, value in parts.items() if value} | more


def unauthorized() -> Failure:
    return Failure(401, "Unauthorized", "Unauthorized")


def forbidden(kind: Kind, name: str, why: str, **more: Any) -> Failure:
    whose = f'{kind.resource} "{name}"' if name else kind.resource
    return Failure(
        403, "Forbidden", f"{whose} is forbidden: {why}", details=details(kind, name, **more)
    )


def not_found(kind: Kind, name: str) -> Failure:
    return Failure(
        404, "NotFound", f'{kind.resource} "{name}" not found', details=details(kind, name)
    )


def not_served() -> Failure:
    return Failure(404, plain="404 page not found\n")


def already_exists(kind: Kind, name: str, being_deleted: bool = False) -> Failure:
    before = "object is being deleted: " if being_deleted else ""
    message = f'{before}{kind.resource} "{name}" already exists'
    return Failure(409, "AlreadyExists", message, details=details(kind, name))


def stale(kind: Kind, name: str) -> Failure:
    return Failure(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {kind.resource} "{name}": the object has been '
        "modified; please apply your changes to the latest version and try again",
        details=details(kind, name),
    )


def precondition(kind: Kind, name: str, field: str, asked: str, found: str) -> Failure:
    ends = {"UID": "deleted and then recreated", "ResourceVersion": "modified"}
    return Failure(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {kind.singular} "{name}": the {field} in the '
        f"precondition ({asked}) does not match the {field} in record ({found}). "
        f"The object might have been {ends[field]}",
        details=details(kind, name, singular=True),
    )


class Cause:
    """One thing that is wrong with an object."""

    WORDS = {
        "FieldValueRequired": "Required value",
        "FieldValueInvalid": "Invalid value",
        "FieldValueForbidden": "Forbidden",
        "FieldValueNotSupported": "Unsupported value",
        "FieldValueTooLong": "Too long",
    }

    def __init__(self, reason: str, field: str, value: str = "", why: str = "") -> None:
        self.reason = reason
        self.field = field
        self.message = ": ".join(part for part in (self.WORDS[reason], value, why) if part)

    def as_dict(self) -> dict[str, str]:
        return {"reason": self.reason, "message": self.message, "field": self.field}

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def invalid(kind: Kind, name: str, causes: list[Cause], *, resource: bool = False) -> Failure:
    """422; the API server names the kind, and in one case (an update) the resource."""
    whose = kind.resource if resource else kind.singular
    said = list(dict.fromkeys(map(str, causes)))  # all are listed, each is said once
    listed = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
    more = {"causes": [cause.as_dict() for cause in causes]}
    return Failure(
        422,
        "Invalid",
        f'{whose} "{name}" is invalid: {listed}',
        details=details(kind, name, singular=not resource, **more),
    )


def patch_failed() -> Failure:
    """A failed `test`, and a path that is not there."""
    message = "the server rejected our request due to an error in our request"
    return Failure(422, "Invalid", message, details={})


def bad_request(message: str) -> Failure:
    return Failure(400, "BadRequest", message)


def unsupported_media(accepted: list[str]) -> Failure:
    return Failure(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        + ", ".join(accepted),
    )


def too_large(limit: int) -> Failure:
    message = f"Request entity too large: limit is {limit}"
    return Failure(413, "RequestEntityTooLarge", message)


def expired(asked: int, oldest: int) -> Failure:
    return Failure(410, "Expired", f"too old resource version: {asked} ({oldest})")


def throttled(seconds: int = 1) -> Failure:
    return Failure(
        429,
        plain="Too many requests, please try again later.\n",
        headers={"Retry-After": str(seconds), "X-Content-Type-Options": "nosniff"},
    )


def timed_out() -> Failure:
    """504: a JSON Status, sent as plain text."""
    return Failure(
        504,
        plain='{"metadata":{},"status":"Failure","message":"Timeout: request did not complete '
        'within the allotted timeout","reason":"Timeout","details":{},"code":504}\n',
    )


def storage_error() -> Failure:
    message = (
        "rpc error: code = Unavailable desc = keepalive ping failed to receive ACK within timeout"
    )
    return Failure(500, "", message)
