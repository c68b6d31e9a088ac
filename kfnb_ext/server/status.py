"""The status for many browsers: one reading for all who ask within its age.

Rule: nothing but Jupyter's own objects is touched on the event loop; probes run in one thread.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from kfnb_ext.model.status import Status
from kfnb_ext.services.evidence import Witnessed
from kfnb_ext.services.status import StatusService

_encode = msgspec.json.Encoder().encode


class StatusSource:
    """Reads when asked, and not again while the last reading is young enough."""

    def __init__(
        self,
        service: StatusService,
        collect: Callable[[], Awaitable[Witnessed]],
        max_age: float,
        ticks: Callable[[], float],
    ) -> None:
        """``ticks``: seconds since boot, which count on while a process or a node is suspended."""
        self._service = service
        self._collect = collect
        self._max_age = max_age
        self._ticks = ticks
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kfnb-status")
        self._taken = 0.0
        self._last: tuple[Status, bytes] | None = None
        self._pending: asyncio.Future[tuple[Status, bytes]] | None = None
        self.readers: list[Callable[[Status], None]] = []  # told each reading, on the loop
        self.lookers: list[Callable[[], None]] = []  # told that somebody asks, on the loop

    async def body(self, since: int | None) -> bytes:
        """The status as JSON, with the history after the reading ``since``."""
        for looker in self.lookers:
            looker()
        status, encoded = await self.fresh()
        if since is None:
            return encoded
        return _encode(self._service.history.on(status, since))

    async def fresh(self) -> tuple[Status, bytes]:
        """The status, at most ``max_age`` seconds old; whoever asks meanwhile gets the same."""
        if self._last and self._ticks() - self._taken < self._max_age:
            return self._last
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._read())
        return await asyncio.shield(self._pending)

    async def renew(self, after: float) -> None:
        """Read anew what was read more than ``after`` seconds ago."""
        if self._last and self._ticks() - self._taken > after:
            await self.fresh()

    async def leave(self) -> Status:
        """Read, and leave the status for shells and kernels."""
        status, _ = await self.fresh()
        await self._call(self._service.leave, status)
        return status

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _read(self) -> tuple[Status, bytes]:
        try:
            seen = await self._collect()
            self._last = await self._call(self._look, seen)
            self._taken = self._ticks()
            for reader in self.readers:
                reader(self._last[0])
            return self._last
        finally:
            self._pending = None

    def _look(self, seen: Witnessed) -> tuple[Status, bytes]:
        status = self._service.read(seen, 0)
        return status, _encode(status)

    async def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *arguments)
