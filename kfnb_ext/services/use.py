"""Whether the notebook is used: evidence gathered, weighed and kept; who culls it, and when.

Rule: the same for the notebook server and for the agent; it knows neither.
"""

from datetime import datetime

import msgspec

from kfnb_ext.model import activity
from kfnb_ext.model.culling import Culling, KeepAwake
from kfnb_ext.model.gpu import Gpus
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.culling import CullingService
from kfnb_ext.services.evidence import Gatherer, Witnessed
from kfnb_ext.services.keep_awake import KeepAwakeService


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the status that tells of use."""

    activity: activity.Activity
    culling: Culling
    keep_awake: KeepAwake | None


class UseService:
    """Weighs when asked."""

    def __init__(
        self,
        *,
        timeline: Timeline,
        gatherer: Gatherer,
        keeper: ActivityKeeper,
        culling: CullingService,
        keep_awake: KeepAwakeService,
        policy: activity.ActivityPolicy,
    ) -> None:
        self.timeline = timeline
        self.keeper = keeper
        self.culling = culling
        self.keep_awake = keep_awake
        self._gatherer = gatherer
        self._policy = policy

    def look(self, seen: Witnessed, gpus: Gpus | Unavailable) -> Use:
        """Gather and weigh, now."""
        evidence = self._gatherer.gather(seen, gpus)
        verdict = self.keeper.weigh(evidence)
        self.culling.stuck = self._stuck(evidence)
        return Use(
            activity=verdict,
            culling=self.culling.look(verdict),
            keep_awake=self.keep_awake.current(),
        )

    def nearly_stuck(self) -> list[str]:
        """Sentences to tell the user before a kernel without progress counts as idle."""
        return self._gatherer.nearly_stuck()

    def _stuck(self, evidence: tuple[activity.Evidence, ...]) -> dict[str, datetime]:
        now = self.timeline.now()
        return {
            one.source: one.quiet_since
            for one in evidence
            if one.quiet_since is not None and activity.stuck(one, self._policy, now)
        }
