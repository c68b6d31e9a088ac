"""Operations: acts that take a while, each run in a thread of its own and seen by every face.

Rule: the record of an operation is a file with its owner's pid, so that the sidebar also sees
what a kernel or a shell runs; a dead owner turns into ``failed: interrupted``.
"""

import contextlib
import logging
import re
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from kfnb_ext import errors, state
from kfnb_ext.model import operations
from kfnb_ext.services.running import Result, Running, utc

__all__ = ["Operations", "Result", "Running"]

HEARTBEAT = 60.0  # seconds without a sign of an owner on another host: taken as dead
# Where the volume is full, what makes room must not fail because it could not be noted.
FREEING = ("delete", "prune")
KEEP = timedelta(hours=1)  # ended operations are listed for so long

LEFT = (
    "The workspace is either as before or as it should be; the next start or the next operation "
    "completes or clears what was left, and says which."
)
SENT = (  # of what is one request
    "It was carried out by the cluster whole or not at all: look how it is now, then do it again "
    "or take it back."
)
ONWARD = (  # of what restarts the notebook, and so ends the process that began it
    "Where the notebook restarted for it, it went on: `restore of volumes` in this list says how "
    "it ended. What else was left, `kfnb cluster` lists."
)
HINTS = {"cluster": SENT, "csi": ONWARD}  # by the engine; else LEFT

_decode = msgspec.json.Decoder(operations.Operation).decode


class Operations:
    """Starts operations, lists all of this workspace, cancels any of them."""

    def __init__(self, state_: state.State, face: operations.Face, log: logging.Logger) -> None:
        self._state = state_
        self._face = face
        self._log = log
        self._running: dict[str, Running] = {}
        self.ended: list[Callable[[operations.Operation], None]] = []  # told from its thread

    def start(
        self,
        kind: operations.OperationKind,
        engine: str,
        title: str,
        work: Callable[[Running], Result],
        *,
        user: str = "",
        snapshot: str | None = None,
    ) -> Running:
        """Start ``work`` in a thread of its own. Raises: EngineFailed when it cannot be noted."""
        owner = state.myself(self._face)
        now = utc()
        record = operations.Operation(
            id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
            kind=kind,
            engine=engine,
            title=title,
            state="running",
            owner=msgspec.structs.replace(owner, user=user or owner.user),
            started=now,
            updated=now,
            phase="starting",
            snapshot=snapshot,
        )
        running = Running(record, self._state)
        try:
            running.publish()
        except errors.KfnbError:
            if kind not in FREEING:
                raise
        self._running[record.id] = running
        # Not a daemon: an interpreter that ends waits for it, so a shell cannot cut it short.
        threading.Thread(
            target=self._run, args=(running, work), name=f"kfnb-{kind}", daemon=False
        ).start()
        return running

    def stop(self) -> None:
        """Ask all operations of this process to stop: it is about to end."""
        for running in tuple(self._running.values()):
            running.cancel()

    def list(self) -> tuple[operations.Operation, ...]:
        """All operations known, newest first."""
        found = (self._load(name) for name in self._state.names("operations"))
        return tuple(sorted((o for o in found if o), key=lambda o: o.started, reverse=True))

    def get(self, operation: str) -> operations.Operation:
        """One operation. Raises: NotFound."""
        running = self._running.get(operation)
        record = running.record if running else self._load(f"operations/{operation}")
        if record is None:
            raise errors.NotFound(
                f"There is no operation {operation!r}.",
                "Operations are listed for an hour after their end: see `kfnb operations`.",
            )
        return record

    def cancel(self, operation: str) -> operations.Operation:
        """Ask an operation to stop, whoever runs it. Raises: NotFound, Conflict when it ended."""
        record = self.get(operation)
        if record.state != "running":
            raise errors.Conflict(
                f"The operation has already ended: {record.state}.", "Nothing is left to stop."
            )
        running = self._running.get(operation)
        if running:
            running.cancel()
            return running.record
        self._state.write(f"cancel/{operation}", b"")
        return msgspec.structs.replace(record, cancel_requested=True)

    def _run(self, running: Running, work: Callable[[Running], Result]) -> None:
        try:
            result = work(running)
            outcome: dict[str, Any] = {"state": "succeeded", "message": result.message}
            outcome["verification"] = result.verification
            outcome["snapshot"] = result.snapshot or running.record.snapshot
            outcome["restore"] = result.restore
        except errors.Cancelled as error:
            outcome = {"state": "cancelled", "message": error.message, "hint": error.hint}
        except errors.KfnbError as error:
            outcome = {"state": "failed", "message": error.message, "hint": error.hint}
        except OSError as error:
            failure = errors.from_system(error)
            outcome = {"state": "failed", "message": failure.message, "hint": failure.hint}
        except Exception as error:  # the thread's last line of defence: it must be told, not lost
            self._log.exception("kfnb: %s failed", running.record.title)
            outcome = {
                "state": "failed",
                "message": errors.spelt(f"{running.record.title} failed: {error}"),
                "hint": "The server's log holds the details; please report them.",
            }
        self._end(running, outcome)

    def _end(self, running: Running, outcome: dict[str, Any]) -> None:
        noted = True
        try:
            running.finish(**outcome)
        except errors.KfnbError as error:
            noted = False  # then this process alone knows how it ended
            self._log.error("kfnb: %s", error.message)
        record = running.record
        words = f"{record.title} by {record.owner.user}: {record.state}. {record.message}"
        self._log.info("kfnb: %s", _line(words))
        for tell in self.ended:
            tell(record)
        if noted:
            self._running.pop(record.id, None)

    def _load(self, name: str) -> operations.Operation | None:
        data = self._state.read(name)
        if data is None:
            return None
        try:
            record = _decode(data)
        except msgspec.MsgspecError:  # of another version of ours
            self._state.remove(name)
            return None
        now = utc()
        if record.ended:
            if now - record.ended > KEEP:
                self._state.remove(name)
                return None
            return record
        return self._interrupted(name, data, record) if _dead(record, now) else record

    def _interrupted(
        self, name: str, data: bytes, record: operations.Operation
    ) -> operations.Operation | None:
        if self._state.read(name) != data:  # it ended well between the two looks
            return self._load(name)
        record = msgspec.structs.replace(
            record,
            state="failed",
            ended=utc(),
            phase="",
            message="Interrupted: the process that ran it ended.",
            hint=HINTS.get(record.engine, LEFT),
        )
        with contextlib.suppress(errors.KfnbError):  # whoever only looks must not fail by it
            self._state.write(name, msgspec.json.encode(record))
        return record


def _dead(record: operations.Operation, now: datetime) -> bool:
    silent = (now - record.updated).total_seconds()
    gone = state.foreign(record.owner) and silent > HEARTBEAT
    return gone or not state.alive(record.owner)


def _line(text: str) -> str:
    """One line of a log, whatever a name holds: nobody writes lines of their own into it."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())
