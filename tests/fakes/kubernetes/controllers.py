"""What works behind the API server: the controllers of claims and of volume snapshots; with
``workloads`` also those of Notebooks, StatefulSets and Jobs, the scheduler and a node.

Each step moves each object by one transition at most, so that a test sees every state on the
way, in the order in which the recorded watches show them. With ``automatic`` a step follows
every request: time passes by being asked, and no test waits.

Rule: controllers write through the store, like anybody, and say what they do in events.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from tests.fakes.kubernetes import (
    fields,
    grouper,
    groups,
    jobs,
    nodes,
    notebooks,
    provisioner,
    snapshotter,
    statefulsets,
)
from tests.fakes.kubernetes.copies import copied
from tests.fakes.kubernetes.kinds import (
    CLAIM,
    EVENT,
    JOB,
    NOTEBOOK,
    POD,
    STATEFUL_SET,
    VOLUME_SNAPSHOT,
    Kind,
)
from tests.fakes.kubernetes.store import Object
from tests.fakes.kubernetes.world import World


@dataclass
class Controllers:
    """The controllers of one cluster, and what a test makes them do."""

    world: World
    drivers: set[str] = field(default_factory=lambda: {"hostpath.csi.k8s.io"})
    grouping: set[str] = field(default_factory=lambda: {"hostpath.csi.k8s.io"})
    automatic: bool = False
    kubelet: bool = False  # grows file systems on nodes
    workloads: bool = False
    node: nodes.Node = field(default_factory=nodes.Node)
    held: set[str] = field(default_factory=set)  # names of objects that do not move
    failing: dict[str, list[str]] = field(default_factory=dict)  # a driver's errors, by name

    def step(self) -> bool:
        """Move every object on by one transition; whether any moved."""
        with self.world.store.lock:
            moved = [self._each(CLAIM, provisioner.move)]
            moved.append(self._each(groups.GROUP, grouper.move))
            moved.append(self._each(VOLUME_SNAPSHOT, _snapshot))
            if self.workloads:
                moved.append(self._workloads())
            return any(moved)

    def _workloads(self) -> bool:
        self.world.graceful = True
        before = self.world.store.revision
        # The order in which the recorded watch shows what each of them does.
        self._each(POD, nodes.move)
        self._each(JOB, jobs.move)
        self._each(NOTEBOOK, notebooks.move)
        self._each(STATEFUL_SET, statefulsets.move)
        statefulsets.collect(self)
        return self.world.store.revision != before

    def settle(self, steps: int = 50) -> None:
        """Move until nothing moves."""
        for _ in range(steps):
            if not self.step():
                return
        raise AssertionError("the controllers do not come to rest")

    def _each(self, kind: Kind, move: Callable[["Controllers", Object], Object | None]) -> bool:
        moved = False
        for before in self.world.store.all(kind):
            if before["metadata"]["name"] in self.held:
                continue
            after = move(self, copied(before))
            if after is not None and after != before:
                self.write(kind, after, before)
                moved = True
        return moved

    def write(self, kind: Kind, after: Object, before: Object) -> None:
        """Store what a controller changed."""
        if kind.generation and after.get("spec") != before.get("spec"):
            after["metadata"]["generation"] += 1
        fields.update(kind, after, before, "controller", self.world.store.now())
        self.world.store.settle(kind, after, before)

    def event(self, about: Object, warning: bool, reason: str, message: str, who: str) -> None:
        """Say something; what was said before is counted."""
        metadata, now = about["metadata"], self.world.store.now()
        for event in self.world.store.all(EVENT, metadata["namespace"]):
            same = (event["involvedObject"]["uid"], event["reason"], event["message"])
            if same == (metadata["uid"], reason, message):
                if who == "default-scheduler":  # its events are a series: said once here
                    return
                counted = event | {"count": event["count"] + 1, "lastTimestamp": now}
                self.world.store.settle(EVENT, counted, event)
                return
        involved = {key: metadata[key] for key in ("namespace", "name", "uid", "resourceVersion")}
        kind = {"kind": about["kind"], "apiVersion": about["apiVersion"]}
        made = {
            "name": f"{metadata['name']}.{uuid4().hex[:16]}",
            "namespace": metadata["namespace"],
        }
        said = {"type": "Warning" if warning else "Normal", "reason": reason, "message": message}
        times = {"firstTimestamp": now, "lastTimestamp": now, "eventTime": None, "count": 1}
        source = {"source": {"component": who}, "reportingComponent": who, "reportingInstance": ""}
        if who == "default-scheduler":
            exact = self.world.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            times |= {"firstTimestamp": None, "lastTimestamp": None, "eventTime": exact}
            del times["count"]
            source = {"source": {}, "reportingComponent": who, "reportingInstance": ""}
        event = {"kind": "Event", "apiVersion": "v1", "metadata": made}
        event |= {"involvedObject": kind | involved, **said, **times, **source}
        self.world.store.add(EVENT, event, who)

    def users(self, claim: Object) -> list[Object]:
        """The pods that mount a claim and have not ended."""
        metadata = claim["metadata"]
        return [
            pod
            for pod in self.world.store.all(POD, metadata["namespace"])
            if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
            and metadata["name"] in notebooks.claims_of(pod)
        ]


def _snapshot(run: Controllers, snapshot: Object) -> Object | None:
    mine = grouper.member if grouper.is_member(snapshot) else snapshotter.move
    return mine(run, snapshot)
