"""One operation of this process, while it runs and as it ends.

Rule: it is the ``Progress`` that an engine reports to; its record is written often enough for
every face to follow it, and seldom enough to cost nothing.
"""

import contextlib
import threading
import time
from datetime import datetime, timezone
from typing import Any

import msgspec

from kfnb_ext import errors, state
from kfnb_ext.model import operations, snapshots

WRITE_EVERY = 0.25  # seconds between two writes of the progress


def utc() -> datetime:
    """Now, with its zone."""
    return datetime.now(timezone.utc)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How an operation ended well."""

    message: str
    snapshot: str | None = None
    restore: str | None = None
    verification: tuple[snapshots.Verification, ...] = ()


class Running:
    """One operation of this process. It is the ``Progress`` that the engine reports to."""

    def __init__(self, record: operations.Operation, state_: state.State) -> None:
        self.record: operations.Operation = record
        self._state = state_
        self._lock = threading.Lock()
        self._written = 0.0
        self._cancel = False
        self._finished = threading.Event()

    def phase(self, text: str) -> None:
        """Say in words what is done now."""
        with self._lock:
            self._change(phase=text)
            self._tell()

    def expect(self, total: int) -> None:
        """The work is ``total`` units."""
        with self._lock:
            self._change(total=total)
            self._tell()

    def advance(self, done: int) -> None:
        """``done`` more units are done. Raises: Cancelled."""
        with self._lock:
            self._change(done=self.record.done + done)
            if time.monotonic() - self._written >= WRITE_EVERY:
                self._tell()
            cancelled = self._cancel
        if cancelled:
            raise errors.Cancelled("Stopped on request. Everything is as it was before.")

    def cancel(self) -> None:
        """Ask it to stop; it does so at its next ``advance``."""
        with self._lock:
            self._cancel = True
            self._change(cancel_requested=True)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; False when it still runs after ``timeout`` seconds."""
        return self._finished.wait(timeout)

    def finish(self, **changes: Any) -> None:
        """Write how it ended."""
        with self._lock:
            self._change(ended=utc(), phase="", **changes)
            try:
                self._publish()
            finally:
                self._state.remove(f"cancel/{self.record.id}")
                self._finished.set()

    def publish(self) -> None:
        """Write the record as it stands. Raises: EngineFailed."""
        with self._lock:
            self._publish()

    def _change(self, **changes: Any) -> None:
        self.record = msgspec.structs.replace(self.record, **changes)

    def _tell(self) -> None:
        # Progress that cannot be shown (a full temporary folder) must not stop the work itself.
        with contextlib.suppress(errors.KfnbError):
            self._publish()

    def _publish(self) -> None:
        self._written = time.monotonic()
        if self._state.exists(f"cancel/{self.record.id}"):
            self._cancel = True
            self._change(cancel_requested=True)
        self._change(updated=utc())
        self._state.write(f"operations/{self.record.id}", msgspec.json.encode(self.record))
