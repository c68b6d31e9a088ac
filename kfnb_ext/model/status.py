"""The status: all readings at one moment, what every face shows."""

from datetime import datetime

from kfnb_ext.model.activity import Activity
from kfnb_ext.model.advice import Advice
from kfnb_ext.model.culling import Culling, KeepAwake
from kfnb_ext.model.gpu import Gpus
from kfnb_ext.model.levels import Levels
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.operations import Operation
from kfnb_ext.model.reading import Record, Unavailable
from kfnb_ext.model.shm import Shm
from kfnb_ext.model.volumes import Volumes


class Point(Record, frozen=True, kw_only=True):
    """The figures of one status that the lines are drawn from, by mount where there are many."""

    seq: int
    taken: datetime
    memory_working_set: int | None
    cpu_usage_cores: float | None
    shm_used: int | None
    volumes_used: dict[str, int | None]


class GpuPoint(Record, frozen=True, kw_only=True):
    """The figures of one reading of GPUs, by UUID of each GPU and slice.

    GPUs are read more often than a status is: every two seconds while somebody looks.
    """

    seq: int
    taken: datetime
    memory_used: dict[str, int | None]  # bytes
    utilisation: dict[str, float | None]  # share of time in which it computed


class Status(Record, frozen=True, kw_only=True):
    """All readings at one moment.

    ``seq`` grows with each reading, also over a restart of the server. ``history`` and
    ``gpu_history`` hold the points after the status that ``?since=`` names, oldest first, at most
    ten minutes; they are empty when none is named. In a shell or a kernel the activity is what the
    server last knew (Unavailable when no server has told).
    """

    version: str  # of kfnb_ext
    seq: int
    taken: datetime
    workspace: str
    activity: Activity | Unavailable
    culling: Culling | Unavailable
    keep_awake: KeepAwake | None
    limits: Limits | Unavailable
    shm: Shm | Unavailable
    volumes: Volumes | Unavailable
    gpus: Gpus | Unavailable
    operations: tuple[Operation, ...]  # those that run, and those that ended in the last minute
    read_only: bool  # the site forbids every change
    snapshots_enabled: bool
    notebook: str = ""  # NAMESPACE/NAME, where a cluster can be asked; empty: nowhere, or not known
    keep_awake_allowed: int = 0  # seconds at once; 0: the site does not allow it
    served_since: datetime | None = None  # since when its server tells; another: it was restarted
    advice: tuple[Advice, ...] = ()  # what to do about each trouble, the worst first
    levels: Levels = Levels()  # from which share on there is little left; the site sets them
    history: tuple[Point, ...] = ()
    gpu_history: tuple[GpuPoint, ...] = ()
