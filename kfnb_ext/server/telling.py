"""What is told after each tick: warnings to the browsers, the heartbeat to the cluster.

Rule: a cluster that hangs costs one thread of its own, and no tick waits for it.
"""

import threading

from kfnb_ext.assembly import Pod
from kfnb_ext.model.culling import Culling
from kfnb_ext.model.status import Status
from kfnb_ext.server.events import Notices


class Teller:
    """Tells. To be called on the event loop."""

    def __init__(self, pod: Pod, notices: Notices) -> None:
        self._pod = pod
        self._notices = notices
        self._beating: threading.Thread | None = None
        self._ended = False

    def tick(self, status: Status) -> None:
        """After a reading that nobody asked for."""
        use = self._pod.use
        for sentence in use.nearly_stuck():
            self._notices.tell("warning", "A kernel makes no progress", sentence)
        if isinstance(status.culling, Culling):
            self._warn(status.culling)
        if self._beating is None or not self._beating.is_alive():
            # A daemon: a cluster that hangs must not hold up the end of the server either.
            self._beating = threading.Thread(target=self._beat, name="kfnb-heartbeat", daemon=True)
            self._beating.start()

    def stop(self) -> None:
        """Nothing more is told: the server ends."""
        self._ended = True
        if self._pod.heartbeat_made:
            self._pod.heartbeat_made.end()

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
        if verdict and heart and not self._ended:
            heart.beat(verdict)
