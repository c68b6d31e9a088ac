"""The GPUs as all faces see them: one thread that reads, however many ask.

Rule: nobody else in this process asks the driver. While somebody looks it is asked every two
seconds; else, and where it shows no GPU, only when a status is read. A driver that hangs holds that
one thread, and whoever asks gets the last reading as long as it is young, then the reason.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Mapping

from kfnb_ext import errors
from kfnb_ext.model.gpu import FrameworkUse, Gpus
from kfnb_ext.services.gpu import holding

FAST = 2.0  # seconds between two readings while somebody looks
WATCHED = 15.0  # seconds: asked twice within them, somebody looks; the tick asks every 30
PATIENCE = 2.5  # seconds that somebody waits for a reading
STALE = 10.0  # seconds for which a reading stands in for one that does not come

SLOW_DRIVER = errors.KfnbError(
    "The NVIDIA driver has not answered the last question yet.",
    "If this stays, the driver of the node hangs: tell the administrator.",
)

Uses = Mapping[int, FrameworkUse]


class GpuService:
    """Reads for all."""

    _thread: threading.Thread | None
    _wanted: bool  # a reading
    _busy: bool  # a reading is under way
    _watched_until: float
    _asked: float | None  # when somebody asked last
    _taken: float | None  # when the last reading ended
    _last: Gpus | errors.KfnbError | None

    def __init__(
        self,
        probe: Callable[..., Gpus],
        frameworks: Callable[[], Uses],
        clock: Callable[[], float] = time.monotonic,
        earlier: Callable[[], Gpus | None] = lambda: None,
        hear: Callable[[Gpus], None] = lambda _: None,
    ) -> None:
        """``earlier``: what a server that runs beside us has read last. ``hear``: each reading."""
        self._probe, self._frameworks, self._clock = probe, frameworks, clock
        self._idle = holding.Idle()
        self._earlier, self._hear = earlier, hear
        self._seeded = False
        self._fresh()

    def read(self, patience: float = PATIENCE) -> Gpus:
        """The GPUs, seldom more than two seconds old. Raises: KfnbError with the reason."""
        if self._pid != os.getpid():
            self._fresh()  # forked: the thread stayed behind, and its lock may be held for ever
        with self._wake:
            now = self._clock()
            if self._asked is not None and now - self._asked < WATCHED:
                if now >= self._watched_until:
                    self._wake.notify_all()  # the thread sleeps until somebody looks
                self._watched_until = now + WATCHED
            self._asked = now
            if self._age(now) >= FAST:
                before = self._taken
                self._start()
                if self._age(now) >= self._enough(now):
                    self._wake.wait_for(lambda: self._taken != before, patience)
            return self._answer()

    def _enough(self, now: float) -> float:
        """So old may the last reading be, for the next one not to be waited for."""
        if now >= self._watched_until:
            return FAST
        return STALE if self._busy else 2 * FAST  # a slow driver: its last word, not a wait

    def look(self, *, pcie: bool) -> Gpus:
        """A reading of its own, now, for a command. Raises: KfnbError with the reason."""
        with self._turn:
            found = self._read(pcie=pcie)
            with self._wake:
                self._last, self._taken = found, self._clock()
        return found

    def _age(self, now: float) -> float:
        return math.inf if self._taken is None else now - self._taken

    def _answer(self) -> Gpus:
        if self._age(self._clock()) >= STALE or self._last is None:
            raise _again(SLOW_DRIVER)
        if isinstance(self._last, errors.KfnbError):
            raise _again(self._last)
        return self._last

    def _start(self) -> None:
        self._wanted = self._wanted or not self._busy  # who comes amid a reading shares it
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="kfnb-gpu", daemon=True)
            self._thread.start()
        self._wake.notify_all()

    def _serve(self) -> None:
        wake = self._wake
        while True:
            with wake:
                while not (self._wanted or self._is_due()):
                    wake.wait(self._rest())
                self._wanted, self._busy = False, True
            last = self._look()
            with wake:
                self._last, self._taken, self._busy = last, self._clock(), False
                wake.notify_all()

    def _is_due(self) -> bool:
        return self._is_watched() and self._age(self._clock()) >= FAST

    def _rest(self) -> float | None:
        """Seconds to sleep; None: until somebody asks."""
        return max(0.01, FAST - self._age(self._clock())) if self._is_watched() else None

    def _is_watched(self) -> bool:
        """Somebody looks, and there is a GPU: without, who asks is enough to look for one."""
        return self._clock() < self._watched_until and not isinstance(self._last, errors.KfnbError)

    def _look(self) -> Gpus | errors.KfnbError:
        try:
            with self._turn:
                return self._read()
        except errors.KfnbError as error:
            return error
        except Exception as error:  # one fault must not end all later readings
            text = f"The reading of GPUs failed: {type(error).__name__}: {error}."
            return errors.KfnbError(text, "Please report this.")

    def _read(self, **more: bool) -> Gpus:
        found = holding.merge(self._probe(**more), self._frameworks())
        if not self._seeded:
            self._seeded = True
            earlier = self._earlier()
            if earlier is not None:
                self._idle.seed(earlier)
        marked = self._idle.mark(found)
        self._hear(marked)
        return marked

    def _fresh(self) -> None:
        self._pid = os.getpid()
        self._wake = threading.Condition()
        self._turn = threading.Lock()  # a reading is under way
        self._thread = self._asked = self._taken = self._last = None
        self._wanted = self._busy = False
        self._watched_until = 0.0


def _again(error: errors.KfnbError) -> errors.KfnbError:
    """The same again: one that was raised before drags its first traceback along."""
    again = errors.KfnbError(error.message, error.hint)
    again.status = error.status
    return again
