"""What is told after each tick: warnings to the browsers, the heartbeat to the cluster.

Rule: a cluster that hangs costs one thread of its own, and no tick waits for it.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from kfnb_ext.assembly import Pod
from kfnb_ext.model.culling import Culling
from kfnb_ext.model.status import Status
from kfnb_ext.server.events import Notices


class Teller:
    """Tells. To be called on the event loop."""

    def __init__(self, pod: Pod, notices: Notices) -> None:
        self._pod = pod
        self._notices = notices
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kfnb-heartbeat")
        self._beating: Future[Any] | None = None

    def tick(self, status: Status) -> None:
        """After a reading that nobody asked for."""
        use = self._pod.use
        for sentence in use.nearly_stuck():
            self._notices.tell("warning", "A kernel makes no progress", sentence)
        if isinstance(status.culling, Culling):
            self._warn(status.culling)
        if self._beating is None or self._beating.done():
            self._beating = self._thread.submit(self._beat)

    def stop(self) -> None:
        """Nothing more is told: the server ends."""
        if self._pod.heartbeat_made:
            self._pod.heartbeat_made.end()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _warn(self, told: Culling) -> None:
        minutes = self._pod.use.culling.warning(told)
        if minutes is None:
            return
        awake = bool(self._pod.keep_awake.allowed_seconds)
        self._notices.tell(
            "warning",
            f"This notebook is stopped in {max(round(minutes), 1)} min",
            told.forecast.text,
            "Use it, or keep it awake." if awake else "Use it.",
            offer="keep_awake" if awake else None,
        )

    def _beat(self) -> None:
        verdict, heart = self._pod.use.keeper.verdict, self._pod.heartbeat
        if verdict and heart:
            heart.beat(verdict)
