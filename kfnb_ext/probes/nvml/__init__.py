"""The only door to NVIDIA's management library (NVML).

Rule: it is opened by the first reading, in that reading's worker thread, never at import and never
on the event loop: the first look may take seconds for each GPU. One caller at a time; whoever
comes while the driver hangs is told so and does not hang too.
"""

import os
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kfnb_ext import errors
from kfnb_ext.probes.nvml import library, said

BACK_OFF = 60.0  # seconds between two attempts to open: a lost driver comes back by hand
PATIENCE = 1.0  # seconds to wait for another caller; a reading of 8 healthy GPUs takes 1 ms


class NvmlError(errors.KfnbError):
    """NVML said no. ``code`` is its nvmlReturn_t, below zero one of ours (see ``said``)."""

    status = 501

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(*said.sentences(code, text))
        self.code = code
        self.text = text


class Door:
    """Opens NVML, passes calls on, translates its errors, and opens it again after a loss."""

    _is_open: bool
    _stale: bool  # open, but something of it is lost
    _binding: types.ModuleType | None
    _attempted: float | None  # when it was opened last, or tried to be
    _failure: tuple[int, str] | None  # why that failed
    _functions: dict[str, Callable[..., Any]]  # of the binding, those called so far
    _expected: tuple[type[Exception], ...]  # what it raises

    def __init__(
        self,
        *,
        device_root: Path = Path("/dev"),
        folders: tuple[str, ...] = library.EXTRA_FOLDERS,
        back_off: float = BACK_OFF,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device_root = device_root
        self._folders = folders
        self._back_off = back_off
        self._clock = clock
        self._watches_fork = False
        self.generation = 0  # grows with each opening: what an earlier one gave is void
        self.closing: list[Callable[[], None]] = []  # called while what was given still holds
        self._forget()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """NVML is open within. Raises: NvmlError with the reason why it is not."""
        if not self._lock.acquire(timeout=PATIENCE):
            raise NvmlError(said.BUSY)
        lock = self._lock
        try:
            self._open()
            yield
        finally:
            lock.release()

    def call(self, name: str, *args: Any) -> Any:
        """Call ``pynvml.<name>``; only within ``opened``. Raises: NvmlError."""
        function = self._functions.get(name) or self._function(name)
        try:
            return function(*args)
        except self._expected as error:
            raise _translated(error) from None

    def constant(self, name: str) -> Any:
        """A constant of the binding; only within ``opened``. Raises: NvmlError."""
        try:
            return getattr(self._binding, name)
        except AttributeError:
            raise NvmlError(said.FUNCTION_NOT_FOUND) from None

    def renew(self, *, at_once: bool = False) -> None:
        """Something is lost: open anew before the next reading.

        A GPU that came back is only seen after that. Not more often than ``back_off`` allows,
        unless ``at_once``.
        """
        self._stale = True
        if at_once:
            self._attempted = None

    def _open(self) -> None:
        now = self._clock()
        if self._is_open and not self._stale:
            return
        if self._attempted is not None and now - self._attempted < self._back_off:
            if self._failure:
                raise NvmlError(*self._failure)
            return  # open, though something of it is lost: what is left still answers
        self._attempted = now
        self._close()
        try:
            self._start()
        except NvmlError as error:
            self._failure = (error.code, error.text)
            raise
        self._failure, self._is_open, self._stale = None, True, False
        self.generation += 1

    def _function(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] | None = getattr(self._binding, name, None)
        if found is None:
            raise NvmlError(said.FUNCTION_NOT_FOUND)
        self._functions[name] = found
        return found

    def _start(self) -> None:
        try:
            self._binding = library.find(self._device_root, self._folders)
        except library.NotThere as error:
            raise NvmlError(error.code) from None
        self._functions.clear()
        self._expected = _expected(self._binding)
        if not self._watches_fork:
            self._watches_fork = True
            os.register_at_fork(after_in_child=self._forget)
        try:
            self.call("nvmlInit")
        except NvmlError as error:
            # An image may bring the library to a pod that was granted no GPU.
            absent = library.absent(self._device_root)
            if error.code == said.DRIVER_NOT_LOADED and absent != said.LIBRARY_NOT_FOUND:
                raise NvmlError(absent) from None
            raise

    def _close(self) -> None:
        if self._is_open:
            for close in list(self.closing):
                with suppress(NvmlError):
                    close()
            self._is_open = False
            with suppress(NvmlError):
                self.call("nvmlShutdown")

    def _forget(self) -> None:
        """As new: a forked child must open NVML for itself, and its lock may be held for ever."""
        self._lock = threading.Lock()
        self._is_open = self._stale = False
        self._binding = self._attempted = self._failure = None
        self._functions = {}
        self._expected = ()
        self.generation += 1


def _expected(binding: types.ModuleType) -> tuple[type[Exception], ...]:
    # The mismatch is no child of NVMLError. The last two: a name that is no text, a structure of
    # another version.
    own = [getattr(binding, name, None) for name in ("NVMLError", "NVMLLibraryMismatchError")]
    return (*(one for one in own if one), ValueError, TypeError)


def _translated(error: Exception) -> NvmlError:
    if isinstance(error, ValueError | TypeError):
        return NvmlError(said.GARBLED)
    # `==` on an NVMLError raises, and it cannot be hashed: only its value is touched.
    code = getattr(error, "value", said.FUNCTION_NOT_FOUND)
    return NvmlError(code, str(error))


# NVML is one for the whole process, so its door is too. Making it opens nothing.
door = Door()
