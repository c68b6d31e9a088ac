"""A real Jupyter Server with the extension, in a process and in folders of its own.

It runs in a bare environment beside ours: the same packages, but its own ``etc/jupyter``, so that
a test can be the site as well as the user, and no other extension is loaded.
"""

import contextlib
import functools
import hashlib
import json
import os
import shutil
import site
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tools import server

ROOT = Path(__file__).parent.parent.parent
SWITCH = ROOT / "jupyter-config" / "server-config" / "kfnb_ext.json"
TOKEN = "a-token-of-the-tests"
# Processes of its own, as a pod has them.
POD = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
FROM_OUTSIDE = ("JUPYTER", "KFNB_", "NB_PREFIX", "KUBERNETES_", "IPYTHONDIR", "XDG_")


@dataclass
class Live:
    """A server that runs: ``address`` ends in a slash and holds the base URL."""

    address: str
    token: str
    workspace: Path
    log: Path
    process: "subprocess.Popen[bytes]"

    @functools.cached_property
    def client(self) -> httpx.Client:
        """Signed in, where there is a token to sign in with."""
        headers = {"Authorization": f"token {self.token}"} if self.token else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=30, trust_env=False)

    @functools.cached_property
    def stranger(self) -> httpx.Client:
        """Not signed in."""
        return httpx.Client(base_url=self.address, timeout=30, trust_env=False)

    def get(self, path: str, /, **query: Any) -> httpx.Response:
        """GET one of our routes."""
        return self.client.get(f"kfnb/v1/{path}", params={"no_track_activity": 1, **query})

    def post(self, path: str, /, body: Any = None, **more: Any) -> httpx.Response:
        """POST to one of our routes."""
        return self.client.post(f"kfnb/v1/{path}", json={} if body is None else body, **more)

    def delete(self, path: str) -> httpx.Response:
        """DELETE one of our routes."""
        return self.client.delete(f"kfnb/v1/{path}")

    def ended(self, answer: httpx.Response) -> dict[str, Any]:
        """The operation that an answer tells of, once it has ended."""
        assert answer.status_code == 202, answer.text
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            operation: dict[str, Any] = self.get(f"operations/{answer.json()['id']}").json()
            if operation["ended"]:
                return operation
            time.sleep(0.05)
        raise AssertionError(f"still running: {answer.json()}")

    def snapshot(self, name: str = "") -> str:
        """Take a snapshot; its id."""
        operation = self.ended(self.post("snapshots", {"name": name}))
        assert operation["state"] == "succeeded", operation
        return str(operation["snapshot"])

    def last_activity(self) -> str:
        """What Jupyter takes for its last use."""
        return str(self.client.get("api/status").json()["last_activity"])

    def lines(self, word: str) -> list[str]:
        """The lines of the log that hold this word."""
        return [line for line in self.log.read_text().splitlines() if word in line]


def environment(home: Path, **files: str) -> Path:
    """A bare environment with our packages and the extension switched on; its Python.

    ``files``: what the site writes into ``etc/jupyter``, by name without ``.py``.
    """
    packages = home / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    switches = home / "etc/jupyter/jupyter_server_config.d"
    for folder in (packages, home / "bin", switches):
        folder.mkdir(parents=True, exist_ok=True)
    base = Path(sys.base_prefix) / "bin"
    (home / "pyvenv.cfg").write_text(f"home = {base}\n")
    if not (home / "bin/python").is_symlink():
        (home / "bin/python").symlink_to(Path(sys.executable).resolve())
    (packages / "parent.pth").write_text("\n".join([str(ROOT), *site.getsitepackages()]))
    shutil.copy(SWITCH, switches)
    for name, text in files.items():
        (home / f"etc/jupyter/{name}.py").write_text(text)
    return home / "bin/python"


@contextlib.contextmanager
def running(
    home: Path,
    *options: str,
    base_url: str = "/",
    token: str = TOKEN,
    env: dict[str, str] | None = None,
    site_says: str = "",
    user_says: str = "",
    program: Sequence[str] = (),
    within: Sequence[str] = (),
) -> Iterator[Live]:
    """A server under ``home``; ``program``: what Python runs in place of ``jupyter server``.

    ``within``: a command that the server is started by, such as `POD`.

    Raises: AssertionError with its log when it does not start.
    """
    python = environment(home / "env", jupyter_server_config=site_says)
    workspace = home / "workspace"
    workspace.mkdir(exist_ok=True)
    outside = {k: v for k, v in os.environ.items() if not k.startswith(FROM_OUTSIDE)}
    given = outside | server.folders(home / "jupyter") | {"KFNB_STATE_DIR": str(home / "state")}
    if not within:  # what else works on this machine is no use of this notebook
        given["KFNB_EVIDENCE_OFF"] = "process"
    (home / "jupyter/config/jupyter_server_config.py").write_text(user_says)
    port = server.free_port()
    command = [
        *(
            *within,
            str(python),
            *(program or ("-m", "jupyter_server")),
            "--no-browser",
            "--allow-root",
        ),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={workspace}", f"--ServerApp.base_url={base_url}"),
        *(f"--IdentityProvider.token={token}", "--ServerApp.allow_unauthenticated_access=False"),
        *options,
    ]
    log = home / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=given | (env or {}), stderr=file, stdout=file)
    live = Live(f"http://127.0.0.1:{port}{base_url}", token, workspace, log, process)
    try:
        _await(live)
        yield live
    finally:
        # What unshare starts is the first process of its own world: it ends with unshare alone.
        _ = process.kill() if within else process.terminate()
        try:
            process.wait(timeout=30)
        finally:
            process.kill()
        live.client.close()
        live.stranger.close()


def _await(live: Live) -> None:
    deadline = time.monotonic() + 180  # a machine that others use too
    while time.monotonic() < deadline and live.process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if live.client.get("api/status").status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"Jupyter Server did not start:\n{live.log.read_text()}")


def tree_hash(folder: Path) -> str:
    """A hash over all names, types, modes, times and contents below a folder."""
    found = []
    for path in sorted(folder.rglob("*")):
        stat = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        target = os.readlink(path) if path.is_symlink() else ""
        digest = hashlib.sha256(content).hexdigest()
        relative = str(path.relative_to(folder))
        found.append([relative, stat.st_mode, stat.st_size, stat.st_mtime_ns, target, digest])
    return hashlib.sha256(json.dumps(found).encode("utf-8", "surrogateescape")).hexdigest()
