"""The API server's refusals, put into words once.

Rule: told apart by status and reason, and where the server leaves nothing else by its message.
"""

from collections.abc import Callable

from kfnb_ext.kube.client import denials, failures
from kfnb_ext.kube.client.answered import NOTHING, Answered

COUNTING = "Operation cannot be fulfilled on resourcequotas"


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
    if COUNTING in answer.message:
        # Two requests were counted at once (kubernetes/kubernetes#67761): the object is not ours.
        return failures.Unreachable(
            "throttled",
            f"The cluster is counting another request against the namespace's quota. {NOTHING}",
            "It passes: try again in a minute.",
        )
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
    401: denials.unauthenticated,
    403: denials.forbidden,
    404: _not_found,
    409: _conflict,
    410: _expired,
    422: _invalid,
}


def _quoted(answer: Answered) -> str:
    name = (answer.object.get("details") or {}).get("name") or answer.address.name
    return f"{answer.address.kind} “{name}”"
