"""A neighbour that asks kernels about their usage spoils nothing."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_core.application import JupyterApp
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets.config import Config

from kfnb_ext.server import culling
from tests.culling import pod as pods
from tests.culling.pod import Pod

USAGE = "api/metrics/v1/kernel_usage/get_usage/"
NEIGHBOUR = {**pods.EXTENSIONS, "jupyter_resource_usage": True}


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    with pods.running(tmp_path / "pod", extensions=NEIGHBOUR) as found:
        yield found


def test_a_busy_kernel_stays_busy_and_an_idle_one_ages_while_it_asks(pod: Pod):
    idle = pod.kernel("1 + 1")
    busy = pod.kernel("import time; time.sleep(30)")
    before = {one["id"]: one for one in pod.web.get("api/kernels").json()}
    assert before[busy]["execution_state"] == "busy"
    for _ in range(4):
        for id_ in (idle, busy):
            answer = pod.web.get(f"{USAGE}{id_}", timeout=15)
            assert answer.status_code == 200
            assert "kernel_cpu" in answer.json()["content"], "it did ask the kernel"
        time.sleep(0.3)
    after = {one["id"]: one for one in pod.web.get("api/kernels").json()}

    assert after[busy]["execution_state"] == "busy"
    assert after[idle] == before[idle]


def test_an_extension_that_answers_the_culler_before_us_is_named(tmp_path: Path):
    early = {**pods.EXTENSIONS, "tests.fakes.early_kernels": True}
    with pods.running(tmp_path / "pod", extensions=early) as pod:
        assert json.loads(pod.asked("api/kernels")[1]) == [], "Jupyter's own answer"
        told = pod.status()["culling"]
    assert told["text"].startswith("The extension tests answers the culler in our place")
    assert "jupyter server extension disable tests" in told["hint"]
    assert (told["forecast"]["stops_at"], told["forecast"]["known"]) == (None, False)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"MappingKernelManager": {"untracked_message_types": ["my_type"]}},
        {"AsyncMappingKernelManager": {"untracked_message_types": ["my_type"]}},
    ],
)
def test_what_the_user_configured_is_kept(said: dict[str, dict[str, list[str]]]):
    app = JupyterApp(config=Config(said))
    alone = AsyncMappingKernelManager(config=Config(said)).untracked_message_types
    culling.untrack(app)
    together = AsyncMappingKernelManager(config=app.config).untracked_message_types

    assert together == [*alone, *culling.UNTRACKED]


def test_what_the_user_added_is_kept():
    said = Config()
    said.AsyncMappingKernelManager.untracked_message_types.append("my_type")
    app = JupyterApp(config=said)
    culling.untrack(app)
    together = AsyncMappingKernelManager(config=app.config).untracked_message_types

    assert {"my_type", "kernel_info_request", *culling.UNTRACKED} <= set(together)
