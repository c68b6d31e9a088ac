"""A claim exchanged for a larger one over HTTP, to its end: by the server in the pod that restarts.

The server is real, over TLS with a service account's files, and is killed with its pod; the one
of the new pod finds itself on a larger file system. The volumes are mounts in namespaces of their
own.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from kfnb_ext.engines.csi import journal, syncing
from tests.engines import csi_pod, csi_restart
from tests.fakes import kubernetes
from tests.server import live

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("openssl"),
        reason="NOT ROOT, OR NO unshare, OR NO openssl: no pod can be played",
    ),
]
PREFIX = "/notebook/alice/demo"
ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"
KEY = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=fake "
    "-addext subjectAltName=IP:127.0.0.1 -keyout key -out ca.crt"
)


class Place:
    """The cluster with a notebook whose home lets no claim grow, and the folders of its pods."""

    def __init__(self, folder: Path, cluster: kubernetes.Cluster) -> None:
        self.folder, self.cluster = folder, cluster
        self.workspace = folder / "pod" / "workspace"
        csi_pod.allow(cluster)
        of_class = {"metadata": {"name": "rigid"}, "provisioner": csi_pod.DRIVER}
        rigid = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"} | of_class
        home = csi_pod.claim("demo-home", storageClassName="rigid")
        cluster.world.seed(*csi_pod.classes(), rigid, home, csi_pod.claim("demo-data"))
        cluster.world.seed(csi_restart.notebook(self.workspace))
        run = cluster.controllers
        run.workloads = run.automatic = True
        run.settle()

    def pod(self, megabytes: int, mark: str = "") -> AbstractContextManager[live.Live]:
        """The notebook's container, whose home has so much room; ``mark``: it is of that cut."""
        (self.folder / "pod").mkdir(exist_ok=True)
        put = f"mkdir .kfnb && echo '{mark}' > {syncing.MARK} &&" if mark else ""
        made = (
            f"mount -t tmpfs none /run && mkdir -p {ACCOUNT} && "
            f"cp {self.folder}/account/* {ACCOUNT} && "
            f"mount -t tmpfs -o size={megabytes}m none {self.workspace} && "
            f'cd {self.workspace} && {put} exec "$@"'
        )
        host, _, port = self.cluster.url.removeprefix("https://").partition(":")
        env = {"NB_PREFIX": PREFIX, "HOSTNAME": "demo-0", "HOME": str(self.folder)}
        env |= {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        within = (*live.POD, "sh", "-c", made, "sh")
        return live.running(self.folder / "pod", base_url=f"{PREFIX}/", env=env, within=within)

    @property
    def notebook(self) -> dict[str, Any]:
        found = self.cluster.world.read("notebooks", "alice", "demo")
        assert found
        return found

    @property
    def journal(self) -> journal.Journal | None:
        return journal.of(self.notebook).journal

    @property
    def home(self) -> str:
        """The claim that the Notebook names."""
        volumes = self.notebook["spec"]["template"]["spec"]["volumes"]
        return str(volumes[0]["persistentVolumeClaim"]["claimName"])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    account = tmp_path / "account"
    account.mkdir()
    subprocess.run(KEY.split(), cwd=tmp_path, check=True, capture_output=True)
    shutil.copy(tmp_path / "ca.crt", account)
    (account / "token").write_text("editor-token")
    (account / "namespace").write_text("alice")
    with kubernetes.Cluster().start(tmp_path / "ca.crt", tmp_path / "key") as cluster:
        yield Place(tmp_path, cluster)


def until(met: Callable[[], Any]) -> Any:
    """What it gives, once it gives something."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if found := met():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def swapped(place: Place) -> journal.Journal | None:
    found = place.journal
    return found if found and found.phase == "swapped" else None


def recovery(server: live.Live) -> dict[str, Any] | None:
    """How the new server tells the end, once it has."""
    found = (one for one in server.get("operations").json() if one["kind"] == "recover")
    return next((one for one in found if one["ended"]), None)


def test_a_growth_by_exchange_is_seen_to_its_end_by_the_server_of_the_new_pod(place: Place):
    wish = {"size": "5Gi", "way": "switch"}
    with place.pod(megabytes=64) as server:
        (server.workspace / "not-here").write_text("the volume hides it")
        plan = server.post("claims/demo-home/grow/preview", {"size": "5Gi"}).json()
        assert (plan["possible"], plan["way"], plan["guardian"]) == (True, "switch", True), plan
        begun = server.post("claims/demo-home/grow", wish)
        assert begun.status_code == 202, begun.text
        under = until(lambda: swapped(place))
        server.process.kill()  # its pod goes with the exchange
        server.process.wait()
    place.cluster.controllers.settle(200)
    assert under.growth.had == 64 << 20
    assert (under.id, under.guardian) == (begun.json()["id"], f"kfnb-guard-{under.id}")
    assert place.home == f"demo-home-r{under.id}"

    with place.pod(megabytes=128, mark=f'{{"set": "{under.mark}"}}') as server:
        told = until(lambda: recovery(server))
        assert told["state"] == "succeeded", told
        assert told["message"].startswith("The growth worked: the notebook is on the claim")
        assert "its file system at" in told["message"]
        assert "has 0.1 GiB" in told["message"]
        assert "The old claim demo-home is kept" in told["message"]
        assert place.journal
        assert place.journal.phase == "done"
        claim = place.cluster.world.read("persistentvolumeclaims", "alice", place.home)
        assert claim["status"]["capacity"] == {"storage": "5Gi"}
        kept = server.get("cluster", fresh=1).json()["kept"]
        assert "demo-home" in [one["name"] for one in kept]


def test_a_new_pod_whose_file_system_is_as_small_as_before_is_told_so(place: Place):
    with place.pod(megabytes=64) as server:
        begun = server.post("claims/demo-home/grow", {"size": "5Gi", "way": "switch"})
        assert begun.status_code == 202, begun.text
        under = until(lambda: swapped(place))
        server.process.kill()
        server.process.wait()
    place.cluster.controllers.settle(200)

    with place.pod(megabytes=64, mark=f'{{"set": "{under.mark}"}}') as server:
        told = until(lambda: recovery(server))
        assert told["state"] == "failed", told
        assert "still has 0.1 GiB" in told["message"]
        assert "Its files are all there" in told["message"]
        assert place.home == f"demo-home-r{under.id}"
