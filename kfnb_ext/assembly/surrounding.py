"""The environment's service, put together.

Rule: the cluster is asked only where there is one; the driver is not asked at all.
"""

from typing import TYPE_CHECKING

from kfnb_ext.model.gpu import Gpus
from kfnb_ext.services.environment import EnvironmentService, Told

if TYPE_CHECKING:
    from kfnb_ext.assembly import Pod


def environment(pod: "Pod") -> EnvironmentService:
    """Over this pod."""

    def told() -> Told | None:
        if not pod.cluster.possible:
            return None
        gate = pod.changing.gate
        place = gate.where.look()
        return Told(place=place, notebook=gate.read() if place.notebook else {})

    def gpus() -> Gpus | None:
        last = pod.status.last() or pod.status.left()
        return last.gpus if last and isinstance(last.gpus, Gpus) else None

    return EnvironmentService(pod.workspace, pod.state, told, gpus)
