"""A call under a deadline, in a thread of its own.

Rule: a call that hangs costs one thread once. Until it comes back, each further call answers at
once that it still hangs; no second thread is spent on it.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from kfnb_ext import errors
from kfnb_ext.model.reading import Unavailable

T = TypeVar("T")


class Bounded(Generic[T]):
    """``call`` answers with its result, or with ``Unavailable`` that says why there is none."""

    def __init__(self, name: str, call: Callable[[], T], deadline: float) -> None:
        self._name = name
        self._call = call
        self._deadline = deadline  # seconds
        self._wake = threading.Condition()
        self._asked = False
        self._busy = False
        self._until = 0.0  # monotonic seconds: the deadline of the call that runs
        self._answer: T | Unavailable | None = None
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        """Start a call, unless the last one still hangs. The deadline counts from here."""
        with self._wake:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, name=f"kfnb-{self._name}", daemon=True
                )
                self._thread.start()
            if not self._busy:
                self._asked = self._busy = True
                self._answer = None
                self._until = time.monotonic() + self._deadline
                self._wake.notify_all()

    def answer(self) -> T | Unavailable:
        """The result of what was asked, when it comes within the deadline."""
        with self._wake:
            self._wake.wait_for(lambda: not self._busy, max(0.0, self._until - time.monotonic()))
            if self._busy or self._answer is None:
                return Unavailable(
                    reason=f"The reading of {self._name} did not end within {self._deadline:g} s.",
                    hint="It is tried again by itself; the other readings are not affected.",
                )
            return self._answer

    def _serve(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._asked)
                self._asked = False
            answer = self._run()
            with self._wake:
                self._answer, self._busy = answer, False
                self._wake.notify_all()

    def _run(self) -> T | Unavailable:
        try:
            return self._call()
        except errors.KfnbError as error:
            return Unavailable(reason=error.message, hint=error.hint)
        except OSError as error:
            return Unavailable(reason=f"The system refused the reading: {error}.")
        except Exception as error:  # a probe that fails costs its own reading and no other
            return Unavailable(
                reason=f"The reading of {self._name} failed: {type(error).__name__}: {error}.",
                hint="Please report this.",
            )
