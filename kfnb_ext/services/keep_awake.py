"""Keep-awake: until a time, for a reason, and never longer than the server lives.

Rule: its end is kept in seconds since boot, so that no clock can put it off; and it belongs to
the server that tells the cluster, so that with it nobody is left who claims use.
"""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from kfnb_ext import errors, state
from kfnb_ext.model.activity import Evidence
from kfnb_ext.model.culling import KeepAwake, KeepAwakeState
from kfnb_ext.model.operations import Owner
from kfnb_ext.services.clock import Timeline

RECORD = "awake"
LONGEST = 200  # characters of a reason
SLACK = 60.0  # seconds: "12 h" that took a moment to send is 12 h


class _Awake(msgspec.Struct, frozen=True):
    owner: Owner
    boot: str
    since: float  # seconds since boot
    until: float
    reason: str
    by: str


class KeepAwakeService:
    """Asked by any face; honoured by the server that owns it."""

    def __init__(
        self,
        timeline: Timeline,
        state_: state.State,
        allowed: timedelta,
        server: Callable[[], Owner | None],
    ) -> None:
        """``server``: who tells the cluster: this process, or the one that a shell sees."""
        self._timeline = timeline
        self._state = state_
        self._allowed = allowed
        self._server = server

    @property
    def allowed_seconds(self) -> int:
        """How long it may be asked for at once; 0: not at all."""
        return int(self._allowed / timedelta(seconds=1))

    def look(self) -> KeepAwakeState:
        """What is asked for at the moment."""
        return KeepAwakeState(current=self.current(), allowed_seconds=self.allowed_seconds)

    def current(self) -> KeepAwake | None:
        """The one that holds, if any."""
        awake = self._awake()
        return _shown(awake, self._timeline) if awake else None

    def ask(self, seconds: float, reason: str, by: str) -> KeepAwakeState:
        """Keep it awake from now on for ``seconds``. Raises: BadRequest, Forbidden, Conflict."""
        self._permit(seconds)
        owner = self._server()
        if owner is None or not state.alive(owner):
            raise errors.Conflict(
                "No notebook server runs here that could tell the cluster.",
                "Keep-awake ends with the server: start it, or `kfnb agent`, then ask again.",
            )
        now, before = self._timeline.clock.ticks(), self._awake()
        awake = _Awake(
            owner=owner,
            boot=self._timeline.clock.boot(),
            since=before.since if before else now,
            until=now + seconds,
            reason=" ".join(reason.split())[:LONGEST],
            by=by,
        )
        self._state.write(RECORD, msgspec.json.encode(awake))
        return self.look()

    def revoke(self) -> KeepAwakeState:
        """End it now."""
        self._state.remove(RECORD)
        return self.look()

    def evidence(self) -> Evidence | None:
        """As evidence; once it is over, at the moment of its end."""
        record = self._record()
        if record is None:
            return None
        awake = _shown(record, self._timeline)
        if self._timeline.clock.ticks() >= record.until:
            text = f"it was kept awake until {awake.until:%H:%M} UTC"
            return Evidence(
                kind="keep_awake", source="keep-awake", at=awake.until, active=False, text=text
            )
        why = f": {awake.reason}" if awake.reason else ""
        return Evidence(
            kind="keep_awake",
            source="keep-awake",
            at=self._timeline.now(),
            active=True,
            since=awake.since,
            text=f"{awake.by} keeps it awake until {awake.until:%H:%M} UTC{why}",
        )

    def _permit(self, seconds: float) -> None:
        hours = self._allowed / timedelta(hours=1)
        if not hours:
            raise errors.Forbidden(
                "The administrator does not allow keep-awake.",
                "What computes or moves data keeps the notebook by itself.",
            )
        if not 0 < seconds <= self._allowed / timedelta(seconds=1) + SLACK:
            raise errors.BadRequest(
                f"Keep-awake may be asked for at most {hours:g} h at once. Nothing was changed.",
                "Ask for less, and extend it later.",
            )

    def _awake(self) -> _Awake | None:
        record = self._record()
        return record if record and self._timeline.clock.ticks() < record.until else None

    def _record(self) -> _Awake | None:
        data = self._state.read(RECORD)
        try:
            awake = msgspec.json.decode(data, type=_Awake) if data else None
        except msgspec.MsgspecError:  # of another version of ours
            return None
        if awake is None or awake.boot != self._timeline.clock.boot():
            return None
        # A record by hand, or of a site that allowed more: never beyond what is allowed now.
        now = self._timeline.clock.ticks()
        if not awake.until <= now + self._allowed.total_seconds() + SLACK:
            return None
        return awake if awake.owner == self._server() and state.alive(awake.owner) else None


def _shown(awake: _Awake, timeline: Timeline) -> KeepAwake:
    return KeepAwake(
        until=timeline.utc(awake.until),
        since=timeline.utc(awake.since),
        reason=awake.reason,
        by=awake.by,
    )
