"""The status: all readings at one moment.

Rule: probes run here, in worker threads, each under its own deadline; nothing here is ever
called on an event loop. A status younger than ``max_age`` is given again: ten tabs, one reading.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

import kfnb_ext
from kfnb_ext import state
from kfnb_ext.model import gpu, limits, shm, volumes
from kfnb_ext.model.operations import Operation, Owner
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.model.status import Status
from kfnb_ext.services.bounded import Bounded
from kfnb_ext.services.evidence import Witnessed
from kfnb_ext.services.history import History
from kfnb_ext.services.keep_awake import KeepAwakeService
from kfnb_ext.services.operations import Operations
from kfnb_ext.services.use import Use

DEADLINE = 3.0  # seconds for one probe; the volumes' own is 2 s for each mount
RECENT = timedelta(minutes=1)  # ended operations stay in the status for so long
RECORD = "status"  # what the server leaves for shells and kernels

NO_SERVER = Unavailable(
    reason="No notebook server has told its use here.",
    hint="The use is known where Jupyter Server runs with this extension; the rest is as read now.",
)


class Probes(msgspec.Struct, frozen=True):
    """The senses, as callables that return a reading or raise."""

    limits: Callable[[], limits.Limits | Unavailable]
    shm: Callable[[], shm.Shm | Unavailable]
    volumes: Callable[[], volumes.Volumes | Unavailable]
    gpus: Callable[[], gpu.Gpus | Unavailable]


class Left(msgspec.Struct, frozen=True):
    """What the server leaves for shells and kernels, and who it is."""

    owner: Owner
    status: Status


class StatusService:
    """Reads the status, for the server (`read`) or for a shell or a kernel (`look`)."""

    def __init__(
        self,
        workspace: str,
        probes: Callable[[], Probes],
        operations: Operations,
        state_: state.State,
        *,
        use: Callable[[Witnessed, gpu.Gpus | Unavailable], Use],
        keep_awake: KeepAwakeService,
        judge: Callable[[Status], Status],
        read_only: bool,
        snapshots_enabled: bool,
        notebook: Callable[[], str],
    ) -> None:
        self._judge = judge
        self._workspace = workspace
        self._read_only = read_only
        self._snapshots_enabled = snapshots_enabled
        self._notebook = notebook
        self._operations = operations
        self._make_probes = probes
        self._probes: dict[str, Bounded[Any]] = {}
        self._state = state_
        self._lock = threading.Lock()
        self._status: Status | None = None
        self._taken = 0.0  # monotonic seconds of the last reading
        self.history = History()
        self._use = use
        self._served_since = datetime.now(timezone.utc)
        self._keep_awake = keep_awake

    def read(self, seen: Witnessed, max_age: float) -> Status:
        """The status by the server that has ``seen`` it, at most ``max_age`` seconds old."""
        with self._lock:
            if self._status and time.monotonic() - self._taken < max_age:
                return self._status
            readings = self._readings()
            use = self._use(seen, readings["gpus"])
            told = {name: getattr(use, name) for name in Use.__struct_fields__}
            told["served_since"] = self._served_since
            status = self._status_of({**readings, **told}, datetime.now(timezone.utc))
            self._remember(status)
            return status

    def look(self) -> Status:
        """The status by a shell or a kernel: read now, but for the use, which the server tells."""
        left = self.left()
        told = {
            "activity": left.activity if left else NO_SERVER,
            "culling": left.culling if left else NO_SERVER,
            "keep_awake": self._keep_awake.current(),
        }
        return self._status_of({**self._readings(), **told}, datetime.now(timezone.utc))

    def last(self) -> Status | None:
        """The last status that was read here; None: none was."""
        return self._status

    def leave(self, status: Status) -> None:
        """Leave the status for shells and kernels."""
        left = Left(owner=state.myself("server"), status=status)
        self._state.write(RECORD, msgspec.json.encode(left))

    def _readings(self) -> dict[str, Any]:
        if not self._probes:
            made = self._make_probes()
            self._probes = {
                name: Bounded(name, getattr(made, name), DEADLINE)
                for name in Probes.__struct_fields__
            }
        for probe in self._probes.values():
            probe.ask()
        return {name: one.answer() for name, one in self._probes.items()}

    def _status_of(self, readings: dict[str, Any], now: datetime) -> Status:
        status = Status(
            version=kfnb_ext.__version__,
            seq=self.history.number(now),
            taken=now,
            workspace=self._workspace,
            operations=self._recent(now),
            read_only=self._read_only,
            snapshots_enabled=self._snapshots_enabled,
            notebook=self._notebook(),
            keep_awake_allowed=self._keep_awake.allowed_seconds,
            **readings,
        )
        return self._judge(status)

    def _recent(self, now: datetime) -> tuple[Operation, ...]:
        return tuple(
            o for o in self._operations.list() if o.ended is None or now - o.ended < RECENT
        )

    def _remember(self, status: Status) -> None:
        self._status, self._taken = status, time.monotonic()
        self.history.remember(status)

    def server(self) -> Owner | None:
        """The server that tells of its use; None: none does, or no longer."""
        left = self._record()
        return left.owner if left else None

    def kills(self) -> tuple[limits.Kill, ...]:
        """The kernels that the memory limit took, as the server has seen it."""
        left = self.left()
        seen = left.limits if left else None
        return seen.kills if isinstance(seen, limits.Limits) else ()

    def left(self) -> Status | None:
        """What the server that runs has read last; None: none runs."""
        left = self._record()
        return left.status if left else None

    def left_anywhere(self) -> Status | None:
        """The same; where none runs here, of the one server of this user that runs at all."""
        left = self.left()
        others = [] if left else [_alive(data) for data in self._state.elsewhere(RECORD)]
        running = [one.status for one in others if one and not state.foreign(one.owner)]
        return running[0] if len(running) == 1 else left

    def _record(self) -> Left | None:
        data = self._state.read(RECORD)
        return _alive(data) if data else None


def _alive(data: bytes) -> Left | None:
    try:
        left = msgspec.json.decode(data, type=Left)
    except msgspec.MsgspecError:  # of another version of ours
        return None
    return left if state.alive(left.owner) else None
