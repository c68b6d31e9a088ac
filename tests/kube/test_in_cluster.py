"""In the cluster: over TLS, as the service account whose files Kubernetes mounts."""

import shutil
import subprocess
from pathlib import Path

import pytest

from kfnb_ext.kube import client
from kfnb_ext.kube.client import address, failures
from kfnb_ext.kube.client.access import Access
from tests.fakes import kubernetes

DEMO = address.NOTEBOOKS.at("alice", "demo")


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """A folder as it is mounted in a pod, with a certificate made for this test."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not here to make a certificate")
    subprocess.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        f"-subj /CN=fake -addext subjectAltName=IP:127.0.0.1 "
        f"-keyout {tmp_path}/key -out {tmp_path}/ca.crt".split(),
        check=True,
        capture_output=True,
    )
    (tmp_path / "token").write_text("editor-token")
    return tmp_path


def door(cluster: kubernetes.Cluster, account: Path) -> client.Client:
    host, _, port = cluster.url.removeprefix("https://").partition(":")
    environment = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    return client.Client(Access(environment, account), sleep=lambda _: None)


def test_the_service_account_is_used_over_tls(account: Path):
    with kubernetes.Cluster().start(account / "ca.crt", account / "key") as cluster:
        cluster.world.seed(kubernetes.notebook())

        assert door(cluster, account).get(DEMO).body["kind"] == "Notebook"
        assert cluster.log[0].who == "system:serviceaccount:alice:default-editor"


def test_a_new_token_is_read_from_its_file_after_a_401(account: Path):
    with kubernetes.Cluster().start(account / "ca.crt", account / "key") as cluster:
        cluster.world.seed(kubernetes.notebook())
        asking = door(cluster, account)
        asking.get(DEMO)
        cluster.renew_token(account)

        assert asking.get(DEMO).body["kind"] == "Notebook"


def test_a_certificate_that_does_not_fit_is_told_and_nothing_is_sent(account: Path):
    with kubernetes.Cluster().start(account / "ca.crt", account / "key") as cluster:
        asking = door(cluster, account)
        asking.access.environment = {
            "KUBERNETES_SERVICE_HOST": "localhost",  # not in the certificate
            "KUBERNETES_SERVICE_PORT": cluster.url.rpartition(":")[2],
        }

        with pytest.raises(failures.ClusterError) as caught:
            asking.get(DEMO)

        assert caught.value.reason == "tls"
        assert cluster.log == []


def test_a_token_that_vanishes_is_told(account: Path):
    with kubernetes.Cluster().start(account / "ca.crt", account / "key") as cluster:
        asking = door(cluster, account)
        (account / "token").write_text("")

        with pytest.raises(failures.ClusterError) as caught:
            asking.get(DEMO)

        assert caught.value.reason == "no_cluster"
