"""Questions with a deadline, each in a daemon thread of its own.

Rule: a thread that hangs in the kernel cannot be stopped, so it is kept and no second one is
started for the same subject until it comes back.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any


class _Worker(threading.Thread):
    def __init__(self, question: Callable[[], Any]) -> None:
        # A daemon: a hung mount must not keep the server from ending.
        super().__init__(name="kfnb-volume", daemon=True)
        self._question = question
        self.answer: Any = None

    def run(self) -> None:
        try:
            self.answer = self._question()
        except OSError as error:
            self.answer = error


class Workers:
    """Asks about mounts; remembers those that have not answered yet."""

    def __init__(self) -> None:
        self._hung: dict[Any, _Worker] = {}

    def ask(self, questions: Mapping[Any, Callable[[], Any]], end: float) -> dict[Any, Any]:
        """Subject -> the answer or the OSError; without those that do not answer by ``end``.

        ``end`` is in seconds of the monotonic clock.
        """
        self._hung = {s: w for s, w in self._hung.items() if w.is_alive()}
        asked = {s: _Worker(q) for s, q in questions.items() if s not in self._hung}
        for worker in asked.values():
            worker.start()
        for subject, worker in asked.items():
            worker.join(max(end - time.monotonic(), 0))
            if worker.is_alive():
                self._hung[subject] = worker
        return {s: w.answer for s, w in asked.items() if s not in self._hung}
