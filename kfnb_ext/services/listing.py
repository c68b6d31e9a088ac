"""What the engines have, asked side by side.

Rule: an engine that fails, or does not answer in time, costs its own part of the list alone, and
says so in its info.
"""

import threading
from collections.abc import Iterable
from typing import NamedTuple

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.model import snapshots

DEADLINE = 4.0  # seconds that a list waits for an engine that asks a cluster


class Listed(NamedTuple):
    """One engine's part."""

    info: snapshots.EngineInfo
    found: tuple[snapshots.Snapshot, ...] = ()
    restores: tuple[snapshots.Restore, ...] = ()


def ask(engine: base.Engine) -> Listed:
    """Ask one engine. Never raises."""
    try:
        found, restores = engine.list(), engine.restores()
    except (errors.KfnbError, OSError) as error:
        failure = errors.from_system(error) if isinstance(error, OSError) else error
        info = engine.info()
        if info.available:  # it did not see it coming
            info = _unavailable(engine.name, failure.message, failure.hint, info)
        return Listed(info)
    return Listed(engine.info(), found, restores)


def joined(parts: Iterable[Listed]) -> snapshots.SnapshotList:
    """All parts as one list, newest first."""
    parts = tuple(parts)
    found = [one for part in parts for one in part.found]
    made = [one for part in parts for one in part.restores]
    return snapshots.SnapshotList(
        engines=tuple(part.info for part in parts),
        snapshots=tuple(sorted(found, key=lambda s: (s.created, s.id), reverse=True)),
        restores=tuple(sorted(made, key=lambda r: (r.ended, r.id), reverse=True)),
    )


class Asked:
    """An engine that is asked in a thread of its own, and waited for only so long.

    One question is under way at a time: one that hangs costs one thread. Who asks meanwhile gets
    an answer that was begun after he asked, or none.
    """

    def __init__(self, engine: base.Engine, deadline: float = DEADLINE) -> None:
        self._engine, self._deadline = engine, deadline
        self._wake = threading.Condition()
        self._wanted = self._begun = self._done = 0
        self._answer: Listed | None = None
        self._running = False

    def ask(self) -> int:
        """Begin; the number of this question."""
        with self._wake:
            self._wanted += 1
            if not self._running:
                self._running = True
                name = f"kfnb-list-{self._engine.name}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()
            return self._wanted

    def answer(self, question: int) -> Listed:
        """The answer to a question that was just asked, if it comes within the deadline."""
        with self._wake:
            if self._wake.wait_for(lambda: self._done >= question, self._deadline) and self._answer:
                return self._answer
        return Listed(
            _unavailable(
                self._engine.name,
                f"The cluster did not answer within {self._deadline:g} s.",
                "It is asked again at the next look; folder snapshots are not affected.",
            )
        )

    def _serve(self) -> None:
        while True:
            with self._wake:
                if self._begun == self._wanted:
                    self._running = False
                    return
                self._begun = begun = self._wanted
            answer = self._ask()
            with self._wake:
                self._answer, self._done = answer, begun
                self._wake.notify_all()

    def _ask(self) -> Listed:
        try:
            return ask(self._engine)
        except Exception as error:  # or nobody would ever be answered again
            why = f"Listing its snapshots failed: {type(error).__name__}: {error}."
            return Listed(_unavailable(self._engine.name, why, "Please report this."))


def _unavailable(
    name: str, reason: str, hint: str, like: snapshots.EngineInfo | None = None
) -> snapshots.EngineInfo:
    return snapshots.EngineInfo(
        engine=name,
        available=False,
        reason=reason,
        hint=hint,
        can=like.can if like else (),
    )
