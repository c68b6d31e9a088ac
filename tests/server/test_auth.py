"""Nobody passes our door who may not: signed in, authorized, and no page of another site."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kfnb_ext.server import routes
from tests.server import live
from tests.server.live import Live

ALL = [(route.method, route.path) for route in routes.ROUTES]
WRITES = [(method, path) for method, path in ALL if method != "GET"]

# What a site can write to say who may do what; the test says it in a header.
AUTHORIZER = """
from jupyter_server.auth import Authorizer

class ByHeader(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        may = handler.request.headers.get("X-Test-May", "read write execute").split()
        return resource != "kfnb_ext" or action in may

c.ServerApp.authorizer_class = ByHeader
"""

# Every handler is looked at as the server starts; a method without authentication ends it.
BOOT = """
import warnings
from jupyter_server.serverapp import JupyterServerAuthWarning, ServerApp
warnings.simplefilter("error", JupyterServerAuthWarning)
ServerApp.reraise_server_extension_failures = True
app = ServerApp.instance()
app.reraise_server_extension_failures = True
app.initialize(["--allow-root", "--no-browser", "--ServerApp.port=0"], new_httpserver=False)
ours = {
    rule.target
    for host in app.web_app.default_router.rules
    for rule in host.target.rules
    if rule.target.__module__.startswith("kfnb_ext")
}
for handler in ours:
    core = handler.__name__ == "KernelsHandler"  # Jupyter's own but for the culler
    assert handler.auth_resource == ("kernels" if core else "kfnb_ext"), handler
    assert handler._track_activity == core, handler
    assert handler.check_xsrf_cookie.__module__.startswith("jupyter_server"), handler
print("handlers of ours:", len(ours))
"""


def url(path: str) -> str:
    return "kfnb/v1/" + path.replace("{engine}", "local").replace("{id}", "some-id")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live.running(tmp_path_factory.mktemp("guarded"), site_says=AUTHORIZER) as found:
        yield found


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 403, answer.text
    assert answer.json()["message"]
    assert answer.json()["hint"]


@pytest.mark.parametrize(("method", "path"), ALL)
def test_no_route_answers_without_the_token(server: Live, method: str, path: str):
    refused(server.stranger.request(method, url(path), json={}))


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "PATCH"])
def test_a_path_that_is_no_route_tells_a_stranger_nothing(server: Live, method: str):
    refused(server.stranger.request(method, "kfnb/v1/nothing"))


@pytest.mark.parametrize(("method", "path"), ALL)
def test_no_route_answers_whom_the_site_denies(guarded: Live, method: str, path: str):
    refused(guarded.client.request(method, url(path), json={}, headers={"X-Test-May": ""}))


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_whoever_may_only_read_changes_nothing(guarded: Live, method: str, path: str):
    refused(guarded.client.request(method, url(path), json={}, headers={"X-Test-May": "read"}))
    assert guarded.get("operations").json() == []


@pytest.mark.parametrize("path", ["status", "snapshots", "operations", "openapi.json"])
def test_whoever_may_only_read_can_read(guarded: Live, path: str):
    assert guarded.client.get(url(path), headers={"X-Test-May": "read"}).status_code == 200


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_page_of_another_site_cannot_use_the_cookie(kubeflow: Live, method: str, path: str):
    answer = kubeflow.client.request(method, url(path), json={})

    refused(answer)
    assert "_xsrf" in answer.json()["message"]


def test_every_method_of_ours_has_authentication_when_the_server_looks(tmp_path: Path):
    python = live.environment(tmp_path / "env")
    done = subprocess.run(
        [str(python), "-c", BOOT], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "handlers of ours: 2"
