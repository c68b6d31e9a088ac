"""A cluster with one notebook, and a look at it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kfnb_ext.kube import client, place
from kfnb_ext.kube.client.access import Access
from kfnb_ext.model import abilities, cluster
from kfnb_ext.services.cluster import looking
from kfnb_ext.services.cluster.rights import KnownRights
from kfnb_ext.services.cluster.where import Where
from tests.fakes import alice, kubernetes

NAMES = place.Names("kubeflow", "alice", "demo", "demo-0")
Look = Callable[..., looking.Looking]


@pytest.fixture
def running() -> Iterator[kubernetes.Cluster]:
    with kubernetes.Cluster() as found:
        alice.settle(found)
        yield found


@pytest.fixture
def door(running: kubernetes.Cluster, tmp_path: Path) -> client.Client:
    access = Access({"KUBECONFIG": str(running.kubeconfig(tmp_path))}, tmp_path / "none")
    return client.Client(
        access, limits=client.Limits(connect=10.0, read=10.0), sleep=lambda _: None
    )


@pytest.fixture
def looks(door: client.Client) -> Look:
    """Makes one who looks; the clock may be the test's own."""

    def make(
        names: place.Names = NAMES,
        possible: bool = True,
        deadline: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        kept: Callable[[], tuple[cluster.Kept, ...]] = lambda: (),
    ) -> looking.Looking:
        where = Where(door, names, "/home/jovyan/work")
        rights = KnownRights(door, names.namespace)
        parts = looking.Parts(
            names=names,
            where=lambda: where,
            client=lambda: door,
            rights=lambda: rights,
            possible=lambda: possible,
            kept=kept,
            site=abilities.Site(),
        )
        made = looking.Looking(parts, deadline, clock)
        door.denied.append(made.forget)
        return made

    return make
