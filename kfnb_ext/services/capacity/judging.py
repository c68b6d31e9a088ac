"""What the readings come to: when volumes will be full, what to do, and whom to tell.

Rule: one notice for each level and direction, never one for each reading; nothing is measured
here, only what was read is weighed.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec

from kfnb_ext.model import advice, advising, forecast, levels
from kfnb_ext.model.limits import Kill, Limits
from kfnb_ext.model.shm import Shm
from kfnb_ext.model.status import Status
from kfnb_ext.model.volumes import Forecast, Volume, Volumes, fullness, share

EVERY = timedelta(seconds=60)  # between two readings that a forecast is made from
KEPT = 45  # of them: three quarters of an hour
NEAR = 0.20  # share left from which on a forecast is given: before, nobody needs to hurry
GLANCES = 8  # looks at /dev/shm that its rate is taken over
ENOUGH = 0.25  # share of /dev/shm in use from which on its rate matters
SOON = 300.0  # seconds until /dev/shm is full: from here on its rate is a warning

NoticeLevel = Literal["info", "success", "warning", "error"]


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is told once."""

    level: NoticeLevel
    title: str
    message: str
    hint: str = ""


class Cluster(Protocol):
    """What the cluster has told of this pod."""

    @property
    def mounts(self) -> dict[str, str]:
        """Mount -> name of the claim."""

    @property
    def claims(self) -> dict[str, dict[str, Any]]:
        """Name -> the claim."""

    @property
    def spec(self) -> dict[str, Any] | None:
        """The Notebook's; None: it could not be read."""

    def size(self, name: str) -> int | None:
        """What a claim really has, in bytes."""


class Keeper:
    """The levels of all subjects, over the readings."""

    def __init__(self, bounds: levels.Levels) -> None:
        self._bounds = bounds
        self._now: dict[str, levels.Level] = {}

    def update(self, shares: dict[str, float | None]) -> list[levels.Crossing]:
        """What has changed; a subject that is not known stays as it was."""
        found = []
        for subject, value in shares.items():
            if value is None:
                continue
            before = self._now.get(subject, "good")
            now = self._now[subject] = levels.level(value, self._bounds, before)
            if now != before:
                found.append(levels.Crossing(subject=subject, before=before, now=now))
        return found


class Judge:
    """Weighs each status. ``kills`` gives the kernels that the memory limit took."""

    def __init__(
        self,
        bounds: levels.Levels,
        known: advice.Known,
        *,
        kills: Callable[[], tuple[Kill, ...]] = tuple,
        cluster: Callable[[], Cluster | None] = lambda: None,
    ) -> None:
        """``cluster``: what the cluster has told so far; it must not wait."""
        self.bounds = bounds
        self._known, self._kills = known, kills
        self.cluster = cluster
        self._keeper = Keeper(bounds)
        self._lock = threading.Lock()
        self._points: dict[str, deque[forecast.Point]] = {}
        self._fills = False
        self._glances: deque[forecast.Point] = deque(maxlen=GLANCES)
        self.tell: list[Callable[[Word], None]] = []  # told from the thread that looks
        self.filling: list[Callable[[], None]] = []  # called while the workspace's volume is full

    def look(self, status: Status) -> Status:
        """The status with forecasts, claims, kills and advice; notices go out by the way."""
        with self._lock:
            pod = status.limits if isinstance(status.limits, Limits) else None
            shm = status.shm if isinstance(status.shm, Shm) else None
            seen = status.volumes.volumes if isinstance(status.volumes, Volumes) else ()
            cluster = self.cluster()
            known = self.known(cluster)
            mounts = tuple(self._volume(one, status.taken, cluster) for one in seen)
            if pod:
                pod = msgspec.structs.replace(pod, kills=self._kills())
            self._notice(pod, shm, mounts)
            return msgspec.structs.replace(
                status,
                limits=pod or status.limits,
                volumes=Volumes(volumes=mounts) if seen else status.volumes,
                levels=self.bounds,
                advice=advising.advise(pod, shm, mounts, self.bounds, known),
            )

    def known(self, cluster: Cluster | None = None) -> advice.Known:
        """What is known of the notebook, with what the cluster has told."""
        cluster = cluster or self.cluster()
        if cluster is None:
            return self._known
        return msgspec.structs.replace(self._known, spec=cluster.spec, claims=cluster.claims)

    def _volume(self, one: Volume, now: datetime, cluster: Cluster | None) -> Volume:
        name = cluster.mounts.get(one.mount) if cluster else None
        size = cluster.size(name) if cluster and name else None
        scope = one.scope
        if size and one.total:  # a share answers for the whole export, a volume for itself
            scope = "shared" if abs(one.total - size) > 0.1 * size else "own"
        return msgspec.structs.replace(
            one, claim=name or one.claim, scope=scope, forecast=self._forecast(one, now)
        )

    def _forecast(self, one: Volume, now: datetime) -> Forecast | None:
        if one.used is None or one.free is None or one.read_only:
            return None
        points = self._points.setdefault(one.mount, deque(maxlen=KEPT))
        if not points or now.timestamp() - points[-1][0] >= EVERY.total_seconds():
            points.append((now.timestamp(), float(one.used)))
        full = share(one.used, one.free)
        if full is None or full < 1 - NEAR:
            return None
        return forecast.when_full(list(points), one.free, now)

    def _notice(self, pod: Limits | None, shm: Shm | None, mounts: tuple[Volume, ...]) -> None:
        watched = {m.mount: m for m in mounts if (m.is_workspace or m.holds_home or m.claim)}
        shares: dict[str, float | None] = {
            mount: None if one.read_only else fullness(one) for mount, one in watched.items()
        }
        if shm and shm.total:
            shares["/dev/shm"] = shm.used / shm.total
        if pod and pod.memory_working_set is not None and pod.memory_limit:
            shares["memory"] = pod.memory_working_set / pod.memory_limit
        for crossing in self._keeper.update(shares):
            self._say(_crossed(crossing, shares[crossing.subject] or 0.0))
        if shm:
            self._rate(shm.total, shm.used, shm.fills)
        top = next((m for m in watched.values() if m.is_workspace), None)
        full = fullness(top) if top else None
        if full is not None and full >= self.bounds.warning:
            for call in self.filling:
                call()

    def glance(self, total: int, used: int) -> None:
        """A look at /dev/shm alone, every few seconds: it may be full before the next reading."""
        with self._lock:
            self._glances.append((time.monotonic(), float(used)))
            if total:
                for crossing in self._keeper.update({"/dev/shm": used / total}):
                    self._say(_crossed(crossing, used / total))
            self._rate(total, used, forecast.rate(list(self._glances)))

    def _rate(self, total: int, used: int, fills_at: float | None) -> None:
        """Once for each time that /dev/shm begins to fill fast."""
        left = total - used
        seconds = left / fills_at if fills_at and fills_at > 0 else None
        fills = seconds is not None and seconds < SOON and used > ENOUGH * total and left > 0
        if fills and not self._fills and seconds is not None and fills_at:
            self._say(
                Word(
                    level="warning",
                    title="/dev/shm fills up fast",
                    message=f"At {fills_at / (1 << 20):.1f} MiB a second it is full in "
                    f"{seconds:.0f} s; whoever writes then dies of a bus error.",
                    hint="Use fewer workers or a smaller prefetch_factor: see `kfnb shm`.",
                )
            )
        self._fills = fills

    def _say(self, word: Word) -> None:
        for tell in self.tell:
            tell(word)


def killed(kill: Kill) -> Word:
    """What is said of a kernel that the memory limit took."""
    had = f" It had {_gib(kill.memory)}" if kill.memory else ""
    limit = f" of the {_gib(kill.limit)} that the pod may use" if had and kill.limit else ""
    return Word(
        level="error",
        title=f"The kernel of {kill.name} was killed by the memory limit",
        message=f"The system ended it because the pod's memory was used up.{had}{limit}"
        f"{'.' if had else ''} What it held in memory is lost; files are as they were.",
        hint="Load less at once, restart kernels that you no longer need, or ask for more memory: "
        "`kfnb limits` has the patch.",
    )


def _crossed(crossing: levels.Crossing, value: float) -> Word:
    what = "The memory" if crossing.subject == "memory" else crossing.subject
    full = f"{what} is {value * 100:.0f} % full"
    if not crossing.rises:
        good = crossing.now == "good"
        said = "There is room again." if good else "It is no longer nearly full."
        return Word(level="info", title=full, message=said)
    hints = {
        "memory": "At the limit the system kills a process: restart kernels that you no longer "
        "need. See `kfnb limits`.",
        "/dev/shm": "Whoever writes to it when it is full dies of a bus error. See `kfnb shm`.",
    }
    hint = hints.get(crossing.subject, "`kfnb du` says what fills it; the sidebar as well.")
    alarm = crossing.now == "alarm"
    message = "There is almost nothing left." if alarm else "There is little left."
    return Word(level="error" if alarm else "warning", title=full, message=message, hint=hint)


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
