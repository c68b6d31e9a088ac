"""Why the cluster does not let us: who we are, a right, a quota, a limit, a namespace that goes.

Every one of these is the same 403 Forbidden; only the message tells them apart.

Rule: the patterns are held to the messages of a real API server (``tests/vectors/kubernetes``), and
where none was recorded to its source.
"""

import re

from kfnb_ext.kube.client import failures
from kfnb_ext.kube.client.answered import NOTHING, Answered

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
_UNCOUNTED = re.compile(r"status unknown for quota: (?P<quota>[^,]+)")
_UNCOVERED = re.compile(
    r"insufficient quota to (?P<what>(?:consume|match these scopes): .+)$", re.S
)
_LIMIT = re.compile(r"(?:maximum|minimum) \S+ usage per |limit to request ratio per ")


def unauthenticated(answer: Answered) -> failures.ClusterError:
    """401, and 403 for nobody: the token does not count."""
    return failures.Refused(
        "unauthenticated",
        f"The cluster does not accept this pod's token. {NOTHING}",
        "Restart the notebook so that it gets a new one. If that does not help, ask the "
        "administrator whether its service account still exists.",
    )


def forbidden(answer: Answered) -> failures.ClusterError:
    """403."""
    if "NamespaceTerminating" in answer.causes() or "is being terminated" in answer.message:
        return failures.Refused(
            "terminating",
            f"The namespace {answer.address.namespace} is being deleted. {NOTHING}",
            "Save your work elsewhere now: everything in the namespace goes with it.",
        )
    for pattern, told in TOLD:
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
        return unauthenticated(answer)
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


def _uncounted(answer: Answered, found: re.Match[str]) -> failures.ClusterError:
    return failures.Refused(
        "quota",
        f"The cluster has not counted yet what the quota {found['quota']} of the namespace "
        f"{answer.address.namespace} leaves. {NOTHING}",
        "Try again in a minute; if it stays so, show this to the administrator.",
    )


def _uncovered(answer: Answered, found: re.Match[str]) -> failures.ClusterError:
    return failures.Refused(
        "quota",
        f"No quota of the namespace {answer.address.namespace} grants it ({found['what']}), and "
        f"this cluster allows only what a quota grants. {NOTHING}",
        "Ask the administrator for a quota that covers it.",
    )


TOLD = (
    (_RBAC, _rbac),
    (_QUOTA, _quota),
    (_MUST, _must),
    (_UNCOUNTED, _uncounted),
    (_UNCOVERED, _uncovered),
)
