"""What the tests of the marks on a Notebook share: time that they pass, and a cluster."""

from collections.abc import Iterator

import pytest

from kfnb_ext.services.marks import CHECK, LAST, text
from tests.fakes import kubernetes
from tests.fakes.time import Time


@pytest.fixture
def time() -> Time:
    """Passes only when a test says so."""
    return Time()


@pytest.fixture
def cluster(time: Time) -> Iterator[kubernetes.Cluster]:
    """A real HTTP server with the Notebook `demo`, which a culler has just looked at."""
    with kubernetes.Cluster() as running:
        running.world.seed(kubernetes.notebook(**{LAST: text(time.utc()), CHECK: text(time.utc())}))
        yield running
