"""Whether the notebook is used, who culls it and what he is told, put together.

Rule: made at the first look of the server; a shell never makes it.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from kfnb_ext import assembly, config
from kfnb_ext.model import culling
from kfnb_ext.model.activity import ActivityPolicy
from kfnb_ext.probes import processes
from kfnb_ext.probes.usage import UsageProbe
from kfnb_ext.services import beats
from kfnb_ext.services import culling as services_culling
from kfnb_ext.services.activity import ActivityKeeper, pod_started
from kfnb_ext.services.clock import seconds_since_boot
from kfnb_ext.services.evidence import Gatherer, Senses
from kfnb_ext.services.use import UseService

if TYPE_CHECKING:
    from kfnb_ext.assembly import Pod
    from kfnb_ext.services.heartbeat import Heartbeat


def make(pod: "Pod", in_use_file: str) -> UseService:
    """The service that weighs, over one pod."""
    options, timeline, policy = pod.options, pod.timeline, _policy(pod.options)
    me = processes.one(os.getpid())
    # By the timeline's own clock, which a test may have moved; the kernel's is never moved.
    age = seconds_since_boot() - me.start_ticks / processes.TICKS_PER_SECOND if me else None
    born = timeline.clock.ticks() - age if age is not None else None
    keeper = ActivityKeeper(timeline, pod.state, policy, pod_started(), born)
    senses = Senses(
        work=UsageProbe(options.usage_window, options.servers, whole=assembly.in_a_pod()).read,
        beats=lambda: beats.read(in_use_file, options.application_files),
        operations=pod.operations.list,
        awake=pod.keep_awake.evidence,
    )
    identity = culling.identify(os.environ, options.culling)
    told = services_culling.Options(
        forced=options.culling, idle=idle(options), warn=tuple(options.warn_minutes)
    )
    return UseService(
        timeline=timeline,
        gatherer=Gatherer(timeline, senses, policy),
        keeper=keeper,
        culling=services_culling.CullingService(
            timeline, keeper, identity, told, _rules(pod, identity)
        ),
        keep_awake=pod.keep_awake,
        policy=policy,
    )


def _rules(pod: "Pod", identity: culling.Identity) -> Callable[[], culling.Rule | None]:
    """Notebooks 2.0's own rules, where there is a Workspace and a cluster to ask."""
    if identity.culler != "workspaces" or not identity.name:
        return lambda: None
    from kfnb_ext.services.rules import Rules

    if not pod.cluster.possible:
        return lambda: None
    return Rules(lambda: pod.cluster.client, pod.timeline, identity)


def heartbeat(pod: "Pod") -> "Heartbeat | None":
    """What writes to the Notebook; None: it is forbidden, or there is nothing to write to."""
    from kfnb_ext.kube.client import Client
    from kfnb_ext.kube.client.access import Access
    from kfnb_ext.services.awake_note import AwakeNote
    from kfnb_ext.services.heartbeat import Heartbeat, Options

    options, use = pod.options, pod.use
    forbidden = options.read_only or not options.cluster_writes or options.heartbeat == "off"
    access = Access()
    if forbidden or not use.culling.identity.name or not access.possible:
        return None
    allowed = Options(mode=options.heartbeat, lease=options.lease, idle=idle(options))
    heart = Heartbeat(Client(access), pod.timeline, use.keeper, use.culling, allowed)
    note = AwakeNote(heart, use.culling, pod.timeline, pod.keep_awake.current)
    heart.also.append(note.tell)
    return heart


def idle(options: config.KfnbExt) -> timedelta | None:
    """The culler's CULL_IDLE_TIME, as far as the administrator told it."""
    minutes = options.cull_idle_minutes
    return timedelta(minutes=minutes) if minutes else None


def _policy(options: config.KfnbExt) -> ActivityPolicy:
    hours = options.busy_without_progress_hours
    return ActivityPolicy(
        off=frozenset(options.evidence_off),
        process_cpu=options.process_cpu,
        process_io=options.process_io,
        gpu=options.gpu_work,
        quiet=timedelta(hours=hours) if hours else None,
    )
