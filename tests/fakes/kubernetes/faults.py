"""What goes wrong on purpose: at the n-th request from now, or at every request that matches.

Rule: a fault happens on the wire. With ``applied`` the request is carried out first, and only
its answer is lost: the case in which a client that repeats makes a thing twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.kubernetes import statuses
from tests.fakes.kubernetes.wire import Request, Response, failure_response


@dataclass(frozen=True)
class Fault:
    """An answer that is put in place of the true one; None: the connection closes."""

    answer: Response | None = None
    silence: float = 0.0  # seconds without a byte, before the answer
    applied: bool = False


def refusal(failure: statuses.Failure, applied: bool = False) -> Fault:
    """Any refusal."""
    return Fault(answer=failure_response(failure), applied=applied)


def unauthorized() -> Fault:
    return refusal(statuses.unauthorized())


def throttled(seconds: int = 1) -> Fault:
    return refusal(statuses.throttled(seconds))


def broken(applied: bool = False) -> Fault:
    """500, as when etcd is away."""
    return refusal(statuses.storage_error(), applied)


def timed_out(applied: bool = False) -> Fault:
    """504 as plain text."""
    return refusal(statuses.timed_out(), applied)


def closed(applied: bool = False) -> Fault:
    """The connection ends without a byte."""
    return Fault(applied=applied)


def silent(seconds: float = 30.0, applied: bool = False) -> Fault:
    """No byte for a time, then the connection ends."""
    return Fault(silence=seconds, applied=applied)


def every(silence: float = 30.0) -> dict[str, Fault]:
    """All that a request can meet, by name; ``-after`` where it was carried out before."""
    failures = {
        "401": statuses.unauthorized(),
        "403": statuses.Failure(403, "Forbidden", "it is forbidden: a rule of the site"),
        "404": statuses.Failure(404, "NotFound", "not found"),
        "409": statuses.Failure(409, "Conflict", "the object has been modified"),
        "410": statuses.expired(1, 2),
        "422": statuses.patch_failed(),
        "429": statuses.throttled(1),
        "500": statuses.storage_error(),
        "504": statuses.timed_out(),
    }
    found = {name: refusal(failure) for name, failure in failures.items()}
    found |= {"closed": closed(), "silent": silent(silence)}
    after = {"500": broken(True), "504": timed_out(True), "closed": closed(True)}
    after["silent"] = silent(silence, applied=True)
    return found | {f"{name}-after": fault for name, fault in after.items()}


@dataclass
class Plan:
    """Which fault comes when."""

    count: int = 0
    at: dict[int, Fault] = field(default_factory=dict)
    matching: list[tuple[Callable[[Request], bool], Fault, list[int]]] = field(default_factory=list)

    def next(self, fault: Fault, nth: int = 1) -> None:
        """Let the n-th request from now meet the fault; 1 is the next one."""
        self.at[self.count + nth] = fault

    def when(self, test: Callable[[Request], bool], fault: Fault, times: int = 1) -> None:
        """Let the next ``times`` requests that match meet the fault."""
        self.matching.append((test, fault, [times]))

    def always(self, fault: Fault) -> None:
        """Let every request from now meet the fault, until ``clear``."""
        self.when(lambda _: True, fault, times=1_000_000)

    def clear(self) -> None:
        """Let everything be well again."""
        self.at.clear()
        self.matching.clear()

    def take(self, request: Request) -> Fault | None:
        """The fault that this request meets."""
        self.count += 1
        if self.count in self.at:
            return self.at.pop(self.count)
        for test, fault, left in self.matching:
            if left[0] > 0 and test(request):
                left[0] -= 1
                return fault
        return None
