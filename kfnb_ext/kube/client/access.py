"""The door to the package `kubernetes`: how to reach the API server, and as whom.

The package brings configuration, credentials, TLS and proxies. Requests go through its
connection pool and not through its `request()`, whose signature and behaviour changed between
28 and 37, and which neither limits nor reads plain-text answers.

Rule: the only import of `kubernetes`, when first needed and never on an event loop.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfnb_ext.kube.client import failures

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Access:
    """The API server of this pod's cluster, else the one that KUBECONFIG names.

    Only what is named by KUBECONFIG: a laptop's default file may lead to somebody's production.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, folder: Path = SERVICE_ACCOUNT
    ) -> None:
        self.environment = environment
        self.folder = folder
        self._configuration: Any = None
        self._pool: Any = None

    @property
    def in_cluster(self) -> bool:
        """Whether this process has a service account's token."""
        return bool(self.environment.get("KUBERNETES_SERVICE_HOST")) and self._token.is_file()

    @property
    def possible(self) -> bool:
        """Whether there is a cluster to ask. Imports and asks nothing."""
        return self.in_cluster or bool(self.environment.get("KUBECONFIG"))

    @property
    def _token(self) -> Path:
        return self.folder / "token"

    def open(self) -> tuple[str, dict[str, str], Any]:
        """The server's address, the credentials as headers, the connection pool.

        Raises: ClusterError not_installed, no_cluster, event_loop.
        """
        _not_on_an_event_loop()
        try:
            if self._pool is None:
                self._load()
            # Asking for the headers is what makes the package read the token file again.
            found = self._configuration.auth_settings().values()
            headers = {setting["key"]: setting["value"] for setting in found if setting["value"]}
        except failures.ClusterError:
            raise
        except Exception as error:  # the package raises its own, yaml's, the system's and KeyError
            raise failures.Absent(
                "no_cluster",
                f"The way to the cluster cannot be read: {error}",
                "In a pod: look whether the service account's token is mounted. "
                "Elsewhere: correct the file that KUBECONFIG names.",
            ) from error
        return str(self._configuration.host).rstrip("/"), headers, self._pool

    def forget(self) -> None:
        """Read everything anew next time: the token was refused."""
        if self._pool is not None:
            self._pool.clear()
        self._pool = self._configuration = None

    def _load(self) -> None:
        if not self.possible:
            raise failures.Absent(
                "no_cluster",
                "No Kubernetes cluster is known here.",
                "This is normal outside a pod. To use a cluster from here, set KUBECONFIG.",
            )
        package = _package()
        configuration = package.client.Configuration()
        if self.in_cluster:
            loader = package.config.incluster_config.InClusterConfigLoader(
                token_filename=str(self._token),
                cert_filename=str(self.folder / "ca.crt"),
                environ=self.environment,
            )
            loader.load_and_set(configuration)
        else:
            package.config.load_kube_config(
                config_file=self.environment["KUBECONFIG"],
                client_configuration=configuration,
                persist_config=False,
            )
        self._configuration = configuration
        self._pool = package.client.rest.RESTClientObject(configuration).pool_manager


def _package() -> Any:
    try:
        import kubernetes
        import kubernetes.client.rest
        import kubernetes.config.incluster_config
    except ImportError as error:
        raise failures.Absent(
            "not_installed",
            f"The Python package “kubernetes” cannot be used here: {error}.",
            'Install it: pip install "kfnb-ext[kubernetes]". Everything else works without it.',
        ) from error
    return kubernetes


def _not_on_an_event_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise failures.Absent(
        "event_loop",
        "The cluster was asked on an event loop, where a slow answer would halt the server.",
        "This is a mistake in kfnb-ext: please report it.",
    )
