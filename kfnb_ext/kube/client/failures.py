"""What can go wrong between the pod and the API server, in words and in one of few reasons.

Rule: ``reason`` is for programs and never changes its meaning; ``message`` and ``hint`` are for
people. ``uncertain`` is True when nobody can say whether a write took effect: then read again.
"""

from typing import Literal

from kfnb_ext import errors

Reason = Literal[
    "not_installed",  # the Python package `kubernetes` is not here
    "no_cluster",  # neither a service account nor KUBECONFIG
    "ended",  # the door was closed: this process ends
    "event_loop",  # a programmer called us where we would block a server
    "refused_here",  # our own guard: a write that must never leave the pod
    "unauthenticated",  # 401, also with the token read anew
    "rbac",  # 403: the service account lacks the right
    "quota",  # 403: a ResourceQuota is used up or asks for something
    "limit_range",  # 403: a LimitRange forbids the size
    "terminating",  # 403: the namespace is being deleted
    "forbidden",  # 403: something else, such as an admission webhook
    "not_found",  # 404: no such object
    "not_served",  # 404: no such group, version or kind on this cluster
    "exists",  # 409: the name is taken
    "being_deleted",  # 409: the name is taken by an object on its way out
    "stale",  # 409: somebody changed the object meanwhile
    "expired",  # 410: the place in a list or watch is too old
    "test_failed",  # 422: a `test` of a JSON patch did not hold
    "invalid",  # 422: the object is not acceptable
    "bad_request",  # 400, 405, 413, 415 and the like
    "throttled",  # 429
    "server",  # 5xx
    "timeout",  # 504, or no answer within our own limit
    "closed",  # the connection ended without an answer
    "unreachable",  # no connection: refused, no route, no such host
    "tls",  # the certificates do not fit
    "nonsense",  # an answer that is not the API server's
]


class ClusterError(errors.KfnbError):
    """The API server refused, or could not be asked."""

    status = 502

    def __init__(
        self,
        reason: Reason,
        message: str,
        hint: str = "",
        *,
        code: int | None = None,
        retry_after: float | None = None,
        uncertain: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.reason: Reason = reason
        self.code = code  # the HTTP status of the API server; None: it gave none
        self.retry_after = retry_after  # seconds it asked for
        self.uncertain = uncertain


class Refused(ClusterError, errors.Forbidden):
    """A right, a quota or a policy of the cluster stands against it; nothing was changed."""

    status = 403


class Missing(ClusterError, errors.NotFound):
    """The object, or its whole kind, is not on this cluster."""

    status = 404


class Clash(ClusterError, errors.Conflict):
    """The object is not as the request supposed: read again, then decide again."""

    status = 409


class Invalid(ClusterError, errors.BadRequest):
    """The API server does not accept the request as it is; nothing was changed."""

    status = 400


class Unreachable(ClusterError):
    """The API server cannot be asked at present."""

    status = 503


class Absent(ClusterError, errors.Unsupported):
    """Here is no cluster, or no client for it."""

    status = 501
