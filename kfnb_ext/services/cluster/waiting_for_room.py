"""Waiting until a claim that grows has grown, down to the file system in this pod.

Rule: what is told is what the claim's conditions say; a growth that is slow is not called failed,
and one that ends without success says what is unharmed.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import msgspec

from kfnb_ext import errors
from kfnb_ext.kube import claims
from kfnb_ext.kube.client import Client, address, failures
from kfnb_ext.model import cluster, quantities
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.services.bounded import Bounded
from kfnb_ext.services.operations import Result, Running

PATIENCE = 600.0  # seconds
EVERY = 2.0
AWAY = 60.0  # seconds that the API server may be away meanwhile
STATVFS = 5.0
STUBBORN = 30.0  # seconds for which a refusal may still pass
IN_USE = "code = FailedPrecondition"  # CSI: it cannot be enlarged while a node has it
INFEASIBLE = "Infeasible"  # the end of allocatedResourceStatuses that will never be well
GOES_ON = "The growth goes on in the cluster by itself; only the waiting has ended."


class Seen(msgspec.Struct, frozen=True):
    """What a look at a file system gave: its bytes; None: there is none."""

    total: int | None = None


class WaitingForRoom:
    """Over the claims of one namespace."""

    def __init__(
        self,
        client: Callable[[], Client],
        namespace: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        patience: float = PATIENCE,
    ) -> None:
        self._client, self._namespace = client, namespace
        self._clock, self._sleep, self._patience = clock, sleep, patience
        self._volumes: dict[str, Bounded[Seen]] = {}

    def measure(self, mount: str) -> int | None:
        """The bytes of the file system at a mount; None: none, or it does not answer."""
        found = self._look(mount)
        return found.total if isinstance(found, Seen) else None

    def _look(self, mount: str) -> Seen | Unavailable:
        if not mount:
            return Seen()
        if mount not in self._volumes:
            self._volumes[mount] = Bounded(mount, lambda: _seen(mount), STATVFS)
        self._volumes[mount].ask()
        return self._volumes[mount].answer()

    def until(
        self, name: str, wanted: int, mount: str, before: int | None, running: Running
    ) -> Result:
        """Wait. Raises: Cancelled (only the waiting ends), EngineFailed."""
        began = seen = self._clock()
        claim: cluster.Claim | None = None
        body: dict[str, Any] = {}
        while self._clock() - began < self._patience:
            try:
                body = self._client().get(address.CLAIMS.at(self._namespace, name)).body
                claim, seen = claims.of(body), self._clock()
            except failures.Unreachable:  # it passes, and the growth does not need us
                if self._clock() - seen > AWAY:
                    raise
                body = {}
            if claim and body:
                self._failed(claim, body, waited=self._clock() - began)
                if (claim.capacity or 0) >= wanted and not claim.resizing:
                    return self._grown(claim, mount, before)
                running.phase(claim.resizing or "the cluster has not begun to enlarge it yet")
            self._pause(running)
        raise self._late(claim, body, mount)

    def _pause(self, running: Running) -> None:
        try:
            running.advance(0)
        except errors.Cancelled as error:
            raise errors.Cancelled(
                f"No longer waited for. {GOES_ON}", "`kfnb volumes` shows its size."
            ) from error
        self._sleep(EVERY)

    def _grown(self, claim: cluster.Claim, mount: str, before: int | None) -> Result:
        size = quantities.said(claim.capacity or 0)
        found = self._look(mount)
        if isinstance(found, Unavailable):
            return Result(message=f"The claim {claim.name} has {size}. How large its file system "
                          f"at {mount} is by now is not known: it does not answer.")  # fmt: skip
        after = found.total
        if mount and after is not None and before is not None:
            # The file system keeps some for itself, so that only growth can be told.
            if after > before:
                return Result(message=f"The claim {claim.name} has {size}, and its file system at "
                              f"{mount} has {after / quantities.GIB:.1f} GiB.")  # fmt: skip
            if before >= (claim.capacity or 0):
                return Result(message=f"The claim {claim.name} has {size}. "
                              f"{claims.unbounded(mount, after)}")  # fmt: skip
            return Result(message=f"The claim {claim.name} has {size}. Its file system at {mount} "
                          "does not show it yet: restart the notebook if it stays so.")  # fmt: skip
        return Result(message=f"The claim {claim.name} has {size}.")

    def _failed(self, claim: cluster.Claim, body: dict[str, Any], *, waited: float) -> None:
        stages = (body.get("status") or {}).get("allocatedResourceStatuses") or {}
        if str(stages.get("storage", "")).endswith(INFEASIBLE):
            raise errors.EngineFailed(
                f"The driver cannot make the claim {claim.name} so large: {claim.resizing}. "
                "It has the size that it had, and its files are unharmed.",
                "Ask the administrator what the storage allows.",
            )

        if IN_USE in claim.resizing and waited > STUBBORN:
            raise errors.EngineFailed(
                f"The driver does not enlarge the claim {claim.name} while it is in use: "
                f"{claim.resizing}. It has the size that it had, and its files are unharmed.",
                "Stop the notebook: the cluster goes on with the growth by itself once nothing "
                "mounts the claim. Then start it again.",
            )

    def _late(
        self, claim: cluster.Claim | None, body: dict[str, Any], mount: str
    ) -> errors.KfnbError:
        stage = claim.resizing if claim and claim.resizing else "the cluster has not begun with it"
        why = claims.refusal(self._client(), body) if body else ""
        stage += f" ({why})" if why and why not in stage else ""
        minutes = round(self._patience / 60)
        hint = "`kfnb volumes` shows its size. If it stays so, tell the administrator."
        if claim and "on the node" in stage:
            where = "restart the notebook" if mount else "it grows when a pod mounts it next"
            hint = f"Some drivers grow a file system only when it is mounted: {where}."
        return errors.EngineFailed(
            f"The claim has not grown within {minutes} min: {stage}. Its files are unharmed. "
            f"{GOES_ON}",
            hint,
        )


def _seen(mount: str) -> Seen:
    try:
        seen = os.statvfs(mount)
    except OSError:  # it is another pod's, perhaps: we may run elsewhere
        return Seen()
    return Seen(total=seen.f_blocks * seen.f_frsize)
