"""Every option: its unit, its default and the reason of the default, once.

Rule: what an option means stands here and nowhere else; how the layers are settled stands in
``config/__init__.py``.
"""

import traitlets
from traitlets.config import Configurable

DEFAULT_EXCLUDE = [".cache", "__pycache__", "*.pyc", ".local/share/jupyter/runtime"]
# As in model/activity.py, which a server that starts does not need yet.
EVIDENCE = [
    "kernel_busy", "kernel", "terminal", "process", "gpu", "save", "application", "file",
    "operation", "keep_awake",
]  # fmt: skip
CULLING = ["auto", "kubeflow", "openshift", "workspaces", "hub", "off"]


def _both(before: list[str], after: list[str]) -> list[str]:
    return sorted({*before, *after})


def _shorter(before: float, after: float) -> float:
    return min((hours for hours in (before, after) if hours), default=0.0)


class KfnbExt(Configurable):
    """The options, as ``c.KfnbExt.<name>`` in Jupyter's configuration files."""

    locked = traitlets.Bool(
        False,
        help="The user may only be stricter than the site. Off, so that a laptop needs nothing.",
    ).tag(config=True, env="KFNB_LOCKED", stricter=max)
    read_only = traitlets.Bool(
        False, help="Forbid every change: snapshots, restores, deletes, writes to the cluster."
    ).tag(config=True, env="KFNB_READ_ONLY", stricter=max)
    snapshots_enabled = traitlets.Bool(
        True, help="Allow snapshots to be taken, restored and deleted. Reading them stays possible."
    ).tag(config=True, env="KFNB_SNAPSHOTS_ENABLED", stricter=min)
    cluster_writes = traitlets.Bool(
        True, help="Allow changes to objects of the cluster, as far as the service account may."
    ).tag(config=True, env="KFNB_CLUSTER_WRITES", stricter=min)
    workspace = traitlets.Unicode(
        "",
        help="The folder that snapshots are taken of. Empty: the server's root directory; in a "
        "shell the nearest folder above that holds snapshots, else in a pod the home.",
    ).tag(config=True, env="KFNB_WORKSPACE")
    state_dir = traitlets.Unicode(
        "",
        help="Where server, kernels and shells share small records. Empty: a folder of this user "
        "in the temporary folder, which is as short-lived as the processes it tells of.",
    ).tag(config=True, env="KFNB_STATE_DIR")
    snapshot_share = traitlets.Float(
        0.30,
        min=0.0,
        max=1.0,
        help="Share (0..1) of the volume that snapshots of the engine `local` may use. A snapshot "
        "that would exceed it is refused. 0.30 leaves the work most of its volume.",
    ).tag(config=True, env="KFNB_SNAPSHOT_SHARE", stricter=min)
    snapshot_exclude = traitlets.List(
        traitlets.Unicode(),
        DEFAULT_EXCLUDE,
        help="What snapshots leave out: without a slash any name at any depth, with a slash from "
        "the top of the workspace. By default caches that can be rebuilt. In the environment "
        "variable separated by colons.",
    ).tag(config=True, env="KFNB_SNAPSHOT_EXCLUDE")
    keep_last = traitlets.Int(
        10, min=1, help="`prune` keeps the newest N snapshots. 10: a week of daily use."
    ).tag(config=True, env="KFNB_KEEP_LAST")
    keep_daily = traitlets.Int(
        7, min=0, help="`prune` keeps the newest snapshot of each of the last N days that have one."
    ).tag(config=True, env="KFNB_KEEP_DAILY")
    keep_weekly = traitlets.Int(
        4, min=0, help="`prune` keeps the newest snapshot of each of the last N weeks."
    ).tag(config=True, env="KFNB_KEEP_WEEKLY")
    status_max_age = traitlets.Float(
        1.0,
        min=0.1,
        max=60.0,
        help="Seconds for which a status is served again before it is read anew, however many "
        "ask. 1: progress of an operation stays smooth, and fifty clients cost one reading.",
    ).tag(config=True, env="KFNB_STATUS_MAX_AGE")
    tick_interval = traitlets.Float(
        30.0,
        min=1.0,
        max=3600.0,
        help="Seconds between two readings that nobody asked for (history, state for the shell).",
    ).tag(config=True, env="KFNB_TICK_INTERVAL")
    metrics = traitlets.Bool(
        True,
        help="Figures of GPUs, memory and volumes on the server's own /metrics. They are those of "
        "the last reading: a scrape costs nothing.",
    ).tag(config=True, env="KFNB_METRICS")
    evidence_off = traitlets.List(
        traitlets.Enum(EVIDENCE),
        [],
        help="Kinds of evidence that do not count as use. None by default: whoever works in "
        "whatever way is not stopped. In the environment variable separated by colons. Kinds: "
        + ", ".join(EVIDENCE),
    ).tag(config=True, env="KFNB_EVIDENCE_OFF", stricter=_both)
    process_cpu = traitlets.Float(
        0.05,
        min=0.001,
        help="Cores from which on a process works. 0.05: an idle kernel, an editor or a server "
        "takes under 0.02, a loader that waits for its disk more than 0.05.",
    ).tag(config=True, env="KFNB_PROCESS_CPU", stricter=max)
    process_io = traitlets.Int(
        100 * 1024,
        min=1,
        help="Bytes per second, read and written, from which on a process moves data. 100 KiB/s: "
        "a slow download counts, a log that grows does not.",
    ).tag(config=True, env="KFNB_PROCESS_IO", stricter=max)
    gpu_work = traitlets.Float(
        0.05,
        min=0.001,
        max=1.0,
        help="Share (0..1) of the time in which the pod's own processes must run on a GPU to "
        "count. 0.05: memory that a model left there is no work.",
    ).tag(config=True, env="KFNB_GPU_WORK", stricter=max)
    usage_window = traitlets.Float(
        10.0,
        min=0.1,
        max=600.0,
        help="Seconds over which a process's CPU and bytes are measured at least. 10: a job that "
        "waits a moment is still seen, and the measuring costs nothing.",
    ).tag(config=True, env="KFNB_USAGE_WINDOW")
    servers = traitlets.List(
        traitlets.Unicode(),
        [],
        help="Further programs of the image that serve and are no use by themselves, by the name "
        "of the program. The usual ones are known (model/servers.py).",
    ).tag(config=True, env="KFNB_SERVERS", stricter=_both)
    in_use_file = traitlets.Unicode(
        "",
        help="Any program says that the notebook is used by touching this file; kernels and "
        "terminals find its name in the variable. Empty: one in the temporary folder.",
    ).tag(config=True, env="KFNB_IN_USE_FILE")
    application_files = traitlets.List(
        traitlets.Unicode(),
        ["~/.local/share/code-server/heartbeat"],
        help="Files that applications touch while somebody works in them. Here: code-server.",
    ).tag(config=True, env="KFNB_APPLICATION_FILES")
    busy_without_progress_hours = traitlets.Float(
        0.0,
        min=0.0,
        help="Hours after which a kernel that is busy without CPU, GPU, output or client is idle "
        "for the cluster. 0: never, since a silent wait may be wanted.",
    ).tag(config=True, env="KFNB_BUSY_WITHOUT_PROGRESS_HOURS", stricter=_shorter)
    keep_awake_hours = traitlets.Float(
        12.0,
        min=0.0,
        help="Hours for which keep-awake may be asked for at once. 12: over a night, not over a "
        "weekend. 0: not at all.",
    ).tag(config=True, env="KFNB_KEEP_AWAKE_HOURS", stricter=min)
    cull_idle_minutes = traitlets.Float(
        0.0,
        min=0.0,
        help="Minutes without use after which the cluster stops the pod (the culler's "
        "CULL_IDLE_TIME). A pod cannot look it up. 0: not known, and no countdown is shown.",
    ).tag(config=True, env="KFNB_CULL_IDLE_MINUTES")
    warn_minutes = traitlets.List(
        traitlets.Float(min=0.0),
        [15.0, 5.0],
        help="Minutes before the stop at which the browser is told. 15: enough to finish a line "
        "of thought; 5: enough to press a button.",
    ).tag(config=True, env="KFNB_WARN_MINUTES")
    culling = traitlets.Enum(
        CULLING,
        "auto",
        help="Who stops this pod, and so what is answered to whom. auto: seen from NB_PREFIX and "
        "the like. off: every request is answered as by Jupyter alone.",
    ).tag(config=True, env="KFNB_CULLING")
    heartbeat = traitlets.Enum(
        ["auto", "on", "off"],
        "auto",
        help="Write the last use to the Notebook's annotation. auto: only while the culler does "
        "not ask this server, since each write costs the controller two. on: also while it asks, "
        "for a controller that asks seldom.",
    ).tag(config=True, env="KFNB_HEARTBEAT")
    agent_port = traitlets.Int(
        8890,
        min=0,
        max=65535,
        help="The port of `kfnb agent`, on the loopback address alone. 8890: beside the 8888 that "
        "the image itself serves. 0: any that is free.",
    ).tag(config=True, env="KFNB_AGENT_PORT")
    capacity_warning = traitlets.Float(
        0.80,
        min=0.0,
        max=1.0,
        help="Share (0..1) of memory, /dev/shm and a volume from which on a person is warned. "
        "0.80: early enough to tidy up, and not a daily nuisance.",
    ).tag(config=True, env="KFNB_CAPACITY_WARNING", stricter=min)
    capacity_alarm = traitlets.Float(
        0.95,
        min=0.0,
        max=1.0,
        help="Share (0..1) from which on hardly anything is left. 0.95: at 5 % of a usual volume "
        "one more checkpoint does not fit.",
    ).tag(config=True, env="KFNB_CAPACITY_ALARM", stricter=min)
    background_scan = traitlets.Bool(
        True,
        help="Look what fills the workspace by itself, at the lowest priority and at most once an "
        "hour, while its volume is above `capacity_warning`. Off: only when somebody asks.",
    ).tag(config=True, env="KFNB_BACKGROUND_SCAN", stricter=min)
    notebook = traitlets.Unicode(
        "",
        help="NAMESPACE/NAME of the Notebook. Empty: a notebook pod knows its own from NB_PREFIX. "
        "For a shell that reaches the cluster by KUBECONFIG.",
    ).tag(config=True, env="KFNB_NOTEBOOK")
    snapshot_class = traitlets.Unicode(
        "",
        help="The VolumeSnapshotClass of the engine `csi`. Empty: the default class of the claim's "
        "driver, which the cluster chooses.",
    ).tag(config=True, env="KFNB_SNAPSHOT_CLASS")
    group_snapshot_class = traitlets.Unicode(
        "",
        help="The VolumeGroupSnapshotClass of the engine `csi`. Empty: the driver's default class.",
    ).tag(config=True, env="KFNB_GROUP_SNAPSHOT_CLASS")
    snapshot_minutes = traitlets.Float(
        10.0,
        min=0.1,
        max=1440.0,
        help="Minutes after which a snapshot of the engine `csi` that is not ready is given up. "
        "10: a class of another driver never becomes ready, and never says so.",
    ).tag(config=True, env="KFNB_SNAPSHOT_MINUTES")
    restore_minutes = traitlets.Float(
        15.0,
        min=0.1,
        max=1440.0,
        help="Minutes in which the notebook must be ready on its new volume; else the old one is "
        "put back. 15: attaching a volume and pulling an image can take ten.",
    ).tag(config=True, env="KFNB_RESTORE_MINUTES")
    lease = traitlets.Bool(
        False,
        help="Ask the culler to look again only after at most 15 minutes, while in use. Off: it "
        "leans on how the culler is built, which nobody has promised.",
    ).tag(config=True, env="KFNB_LEASE", stricter=min)
