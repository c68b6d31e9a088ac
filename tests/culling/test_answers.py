"""What the culler is answered, and that nobody else is answered otherwise."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.culling import pod as pods
from tests.culling.pod import Pod
from tests.fakes.culler import parse
from tests.server import live

GO = {"User-Agent": "Go-http-client/1.1"}
KERNELS = "api/kernels"


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    with pods.running(tmp_path_factory.mktemp("answers") / "pod") as found:
        found.kernel("1 + 1")
        found.status()
        yield found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Live]:
    """The same server without us."""
    home = tmp_path_factory.mktemp("plain")
    says = "c.ServerApp.jpserver_extensions = {'kfnb_ext': False}\n"
    with live.running(home, base_url=f"{pods.PREFIX}/", token="", user_says=says) as found:
        yield found


def ask(pod: Pod, **headers: str) -> httpx.Response:
    return httpx.get(pod.server.address + KERNELS, headers=headers)


def test_the_controller_sees_one_entry_more_with_the_true_time(pod: Pod):
    (kernel,) = ask(pod).json()
    told = ask(pod, **GO).json()

    assert told[0] == kernel
    (entry,) = told[1:]
    assert entry["id"] == "kfnb-ext-activity"
    assert (entry["execution_state"], entry["connections"]) == ("idle", 0)
    last, used = parse(entry["last_activity"]), parse(pod.status()["activity"]["last_use"])
    assert last is not None, "with its zone, as Go must read it"
    assert used is not None
    assert abs(last - used) < timedelta(seconds=1)


@pytest.mark.parametrize("version", ["1.1", "2.0"])
@pytest.mark.parametrize("path", [KERNELS, f"{KERNELS}/", f"{KERNELS}?a=b"])
def test_gos_client_is_known_in_each_of_its_versions(pod: Pod, version: str, path: str):
    headers = {"User-Agent": f"Go-http-client/{version}"}
    told = httpx.get(pod.server.address + path, headers=headers, follow_redirects=True)

    assert [one["id"] for one in told.json()][-1] == "kfnb-ext-activity"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User-Agent": "Mozilla/5.0"},
        {**GO, "Cookie": "_xsrf=abc"},
        {**GO, "Authorization": "token abc"},
    ],
)
def test_whoever_is_not_the_controller_gets_what_jupyter_says(pod: Pod, headers: dict[str, str]):
    assert [one["name"] for one in ask(pod, **headers).json()] == ["python3"]


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_status_headers_and_body_are_byte_for_byte_those_of_jupyter_alone(
    tmp_path: Path, plain: live.Live, method: str
):
    with live.running(
        tmp_path, base_url=f"{pods.PREFIX}/", token="", env={"NB_PREFIX": pods.PREFIX}
    ) as ours:
        answers = []
        for server in (ours, plain):
            server.client.get("api/status")
            server.client.get("lab")
            xsrf = {"X-XSRFToken": server.client.cookies.get("_xsrf", "")}
            body = {"name": "no such kernel"} if method == "POST" else None
            answer = server.client.request(method, KERNELS, json=body, headers=xsrf)
            headers = {k: v for k, v in answer.headers.items() if k not in ("date", "set-cookie")}
            answers.append((answer.status_code, headers, answer.content))

    assert answers[0] == answers[1]


def test_the_controllers_looks_are_no_use(pod: Pod):
    before = pod.web.get("api/status").json()["last_activity"]
    for path in (KERNELS, "api/terminals"):
        for _ in range(3):
            httpx.get(pod.server.address + path, headers=GO)

    assert pod.web.get("api/status").json()["last_activity"] == before


def test_its_looks_are_no_use_before_anybody_else_has_come(tmp_path: Path):
    with pods.running(tmp_path / "pod") as pod:
        before = pod.web.get("api/status").json()["last_activity"]
        for path in (KERNELS, "api/terminals", KERNELS, "api/terminals"):
            assert httpx.get(pod.server.address + path, headers=GO).status_code == 200

        assert pod.web.get("api/status").json()["last_activity"] == before


def test_its_looks_tell_who_it_is_and_how_often_it_comes(tmp_path: Path):
    with pods.running(tmp_path / "pod") as pod:
        pod.status()
        assert pod.status()["culling"]["sight"] == "not_yet"
        for _ in range(3):
            pod.pass_(5)
            pod.cullers["odh"].reconcile()
        told = pod.status()["culling"]
        assert (told["culler"], told["sight"]) == ("openshift", "looks")
        assert told["period_seconds"] == pytest.approx(300, abs=5)
        assert told["idle_minutes"] == 60
        assert told["forecast"]["known"]

        pod.pass_(60)
        told = pod.status()["culling"]
        assert told["sight"] == "stopped"
        assert told["forecast"]["stops_at"] is None
        assert "notebook controller" in told["hint"]


def test_switched_off_the_controller_gets_what_jupyter_says(tmp_path: Path):
    with pods.running(tmp_path / "pod", KFNB_CULLING="off") as pod:
        pod.status()
        assert json.loads(httpx.get(pod.server.address + KERNELS, headers=GO).content) == []


def test_outside_of_kubeflow_nobody_is_answered_otherwise(tmp_path: Path):
    with pods.running(tmp_path / "pod", NB_PREFIX="") as pod:
        pod.status()
        assert json.loads(httpx.get(pod.server.address + KERNELS, headers=GO).content) == []


def test_a_server_that_refuses_the_culler_and_cannot_write_says_that_it_may_be_stopped(
    tmp_path: Path,
):
    with pods.running(tmp_path / "pod", token="secret") as pod:
        pod.web.headers["Authorization"] = "token secret"
        pod.web.post("kfnb/v1/keep-awake", json={"seconds": 600}).raise_for_status()
        pod.cullers["v1"].reconcile()
        pod.pass_(2)
        pod.cullers["v1"].reconcile()
        told = pod.status()

    assert (told["activity"]["in_use"], told["culling"]["sight"]) == (True, "refused")
    assert not told["culling"]["forecast"]["known"]
    assert "may stop the notebook while it is used" in told["culling"]["forecast"]["text"]
