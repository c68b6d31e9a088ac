"""The API server's refusals, put into words once.

Rule: told apart by status, reason and, where the server leaves nothing else (every 403), by its
message, as recorded from a real one in ``tests/vectors/kubernetes``. A body is read whatever its
content type: 429 and 504 come as plain text, a 504 with JSON inside.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from kfnb_ext.kube.client import failures
from kfnb_ext.kube.client.address import Address

LONGEST = 400  # characters of the server's own words; a 422 may carry a whole object

_RBAC = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)" '
    r'in API group "(?P<group>[^"]*)" (?P<where>.*)$',
    re.DOTALL,
)
_QUOTA = re.compile(
    r"exceeded quota: (?P<quota>\S+), requested: (?P<requested>.+), "
    r"used: (?P<used>.+), limited: (?P<limited>.+)$",
    re.DOTALL,
)
_MUST = re.compile(r"failed quota: (?P<quota>[^:]+): (?P<what>must specify .+)$", re.DOTALL)
_LIMIT = re.compile(r"(?:maximum|minimum) \S+ usage per |limit to request ratio per ")
NOTHING = "Nothing was changed."


class Answered:
    """One answer that is not a success, taken apart."""

    def __init__(
        self, method: str, address: Address, status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        self.method = method
        self.address = address
        self.status = status
        self.retry_after = _seconds(headers.get("Retry-After"))
        text = body.decode(errors="replace").strip()
        self.object = _status_object(text)
        self.reason = str(self.object.get("reason") or "")
        self.message = shorten(str(self.object.get("message") or text))

    def why(self) -> str:
        """The server's own reason, without the object it repeats."""
        return re.split(r"is (?:forbidden|invalid): ", self.message, maxsplit=1)[-1].rstrip(".")

    def causes(self) -> set[str]:
        """The machine-readable causes, where the server gave some."""
        causes = (self.object.get("details") or {}).get("causes") or []
        return {str(cause.get("reason")) for cause in causes}


def translate(answer: Answered) -> failures.ClusterError:
    """The error that a refusal becomes."""
    if answer.status >= 500 or answer.status in (408, 429):
        return _passing(answer)
    error = _BY_STATUS.get(answer.status, _bad_request)(answer)
    error.code = answer.status
    return error


def _passing(answer: Answered) -> failures.ClusterError:
    reason: failures.Reason = "server"
    message = f"The cluster's API server failed ({answer.status}): {answer.message or 'no reason'}."
    if answer.status == 429:
        reason, message = "throttled", "The cluster's API server is too busy and asks to wait."
    elif answer.status in (408, 504):
        reason, message = "timeout", "The cluster's API server did not finish in time."
    uncertain = answer.method != "GET" and reason != "throttled"
    after = "Whether the change was made is not known." if uncertain else NOTHING
    return failures.Unreachable(
        reason,
        f"{message} {after}",
        "It usually passes: try again in a minute.",
        code=answer.status,
        retry_after=answer.retry_after,
        uncertain=uncertain,
    )


def _unauthenticated(answer: Answered) -> failures.ClusterError:
    return failures.Refused(
        "unauthenticated",
        f"The cluster does not accept this pod's token. {NOTHING}",
        "Restart the notebook so that it gets a new one. If that does not help, ask the "
        "administrator whether its service account still exists.",
    )


def _forbidden(answer: Answered) -> failures.ClusterError:
    if "NamespaceTerminating" in answer.causes() or "is being terminated" in answer.message:
        return failures.Refused(
            "terminating",
            f"The namespace {answer.address.namespace} is being deleted. {NOTHING}",
            "Save your work elsewhere now: everything in the namespace goes with it.",
        )
    for pattern, told in ((_RBAC, _rbac), (_QUOTA, _quota), (_MUST, _must)):
        found = pattern.search(answer.message)
        if found:
            return told(answer, found)
    if _LIMIT.search(answer.message):
        return failures.Refused(
            "limit_range",
            f"The namespace limits the size: {answer.why()}. {NOTHING}",
            "Choose a size within the limit, or ask the administrator to change the LimitRange.",
        )
    return failures.Refused(
        "forbidden",
        f"The cluster forbids it: {answer.why()}. {NOTHING}",
        "Ask the administrator about this rule.",
    )


def _rbac(answer: Answered, found: re.Match[str]) -> failures.ClusterError:
    if found["user"] == "system:anonymous":
        return _unauthenticated(answer)
    who = found["user"].rpartition(":")[2]
    what = ".".join(part for part in (found["resource"], found["group"]) if part)
    return failures.Refused(
        "rbac",
        f"The service account {who} may not {found['verb']} {what} "
        f"{found['where'].replace(chr(34), '')}. {NOTHING}",
        f"Ask the administrator for a role with the verb “{found['verb']}” on {what}.",
    )


def _quota(answer: Answered, found: re.Match[str]) -> failures.ClusterError:
    return failures.Refused(
        "quota",
        f"The quota {found['quota']} of the namespace {answer.address.namespace} leaves no room: "
        f"asked {found['requested']}, used {found['used']}, allowed {found['limited']}. {NOTHING}",
        "Delete what you can spare, ask for less, or ask the administrator to raise the quota.",
    )


def _must(answer: Answered, found: re.Match[str]) -> failures.ClusterError:
    return failures.Refused(
        "quota",
        f"The quota {found['quota']} of the namespace {answer.address.namespace} demands more: "
        f"{found['what']}. {NOTHING}",
        "Name the requests and limits that the quota asks for.",
    )


def _not_found(answer: Answered) -> failures.ClusterError:
    if answer.object:
        return failures.Missing(
            "not_found",
            f"There is no {answer.address}.",
            "It may have been deleted or renamed.",
        )
    group = answer.address.group or "core"
    return failures.Missing(
        "not_served",
        f"This cluster does not know {answer.address.plural} ({group}/{answer.address.version}).",
        "Ask the administrator whether the component that serves it is installed.",
    )


def _conflict(answer: Answered) -> failures.ClusterError:
    if answer.reason != "AlreadyExists":
        return failures.Clash(
            "stale",
            f"Somebody else changed {answer.address} meanwhile. {NOTHING}",
            "Look at the new state and try again.",
        )
    if "is being deleted" in answer.message:
        return failures.Clash(
            "being_deleted",
            f"{_quoted(answer)} is still being deleted. {NOTHING}",
            "Wait until it is gone, or choose another name.",
        )
    return failures.Clash(
        "exists", f"{_quoted(answer)} exists already. {NOTHING}", "Choose another name."
    )


def _expired(answer: Answered) -> failures.ClusterError:
    return failures.Clash(
        "expired",
        "The list was read so slowly that the cluster forgot its beginning.",
        "It will be read anew: try again.",
    )


def _invalid(answer: Answered) -> failures.ClusterError:
    # A failed `test` and a path that is not there get this one sentence, and no details.
    if answer.method == "PATCH" and answer.message.startswith("the server rejected our request"):
        return failures.Clash(
            "test_failed",
            f"{answer.address} is no longer as it was read. {NOTHING}",
            "Look at the new state and try again.",
        )
    return failures.Invalid(
        "invalid",
        f"The cluster does not accept it: {answer.why()}. {NOTHING}",
        "Correct what it names.",
    )


def _bad_request(answer: Answered) -> failures.ClusterError:
    return failures.Invalid(
        "bad_request",
        f"The cluster did not understand the request ({answer.status}): {answer.why()}. {NOTHING}",
        "This may be a mistake in kfnb-ext: please report it.",
    )


_BY_STATUS: dict[int, Callable[[Answered], failures.ClusterError]] = {
    401: _unauthenticated,
    403: _forbidden,
    404: _not_found,
    409: _conflict,
    410: _expired,
    422: _invalid,
}


def shorten(text: str) -> str:
    """The server's own words, cut to what a person reads."""
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"


def _quoted(answer: Answered) -> str:
    name = (answer.object.get("details") or {}).get("name") or answer.address.name
    return f"{answer.address.kind} “{name}”"


def _status_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(value: str | None) -> float | None:
    # The API server sends whole seconds, never a date.
    return float(value) if value and value.strip().isdecimal() else None
