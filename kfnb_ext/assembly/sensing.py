"""The probes behind a status, put together.

Rule: none is asked here.
"""

import os
from typing import TYPE_CHECKING

from kfnb_ext.probes import limits, shm, volumes
from kfnb_ext.services.status import Probes

if TYPE_CHECKING:
    from kfnb_ext.assembly import Pod


def probes(pod: "Pod") -> Probes:
    """Over this pod."""
    return Probes(
        limits=limits.LimitsProbe().read,
        shm=shm.ShmProbe(os.fspath(pod.workspace)).read,
        volumes=volumes.VolumesProbe(pod.workspace, namespace=pod.capacity.known.namespace).read,
        gpus=pod.gpus.read,
    )
