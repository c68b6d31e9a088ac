"""When the door asks again by itself, and how long it waits before.

Rule: pure arithmetic. Few attempts, each wait longer than the one before, spread at random so
that a thousand notebooks do not come back together; what the server asks for is the least.
"""

import msgspec

from kfnb_ext.kube.client import failures

REPEATABLE = frozenset({"GET", "PATCH"})
# The API server did no work: any request may be sent again.
UNTOUCHED = frozenset({"throttled", "unreachable"})
PASSING = frozenset({"throttled", "unreachable", "server", "timeout", "closed"})


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds."""

    attempts: int = 3  # with the first
    first_wait: float = 0.5
    longest_wait: float = 8.0
    patience: float = 30.0  # for all attempts and waits; a longer Retry-After is the caller's
    spread: float = 0.5  # share of a wait that is random

    def pause(
        self,
        error: failures.ClusterError,
        method: str,
        *,
        attempt: int,
        spent: float,
        chance: float,
    ) -> float | None:
        """Seconds to wait before attempt ``attempt + 1``; None: give up.

        ``spent`` is the time since the first attempt began, ``chance`` a random number in 0..1.
        """
        if attempt >= self.attempts or error.reason not in PASSING:
            return None
        if method not in REPEATABLE and error.reason not in UNTOUCHED:
            return None
        wait = min(self.longest_wait, self.first_wait * 2 ** (attempt - 1))
        # Spread upwards: what the server asked for is the least, and no two come back together.
        wait = max(wait, error.retry_after or 0.0)
        wait += min(wait, self.longest_wait) * self.spread * chance
        return wait if spent + wait <= self.patience else None
