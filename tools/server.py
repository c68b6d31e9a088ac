"""A Jupyter of one's own: started on a free port of this machine, in folders of its own."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NEWS = "@jupyterlab/apputils-extension"
OWN_FOLDERS = {
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}


def folders(home: Path) -> dict[str, str]:
    """Makes the folders of a Jupyter under home; the variables that lead there."""
    found = {name: home / folder for name, folder in OWN_FOLDERS.items()}
    news = found["JUPYTERLAB_SETTINGS_DIR"] / NEWS / "notification.jupyterlab-settings"
    for folder in (*found.values(), news.parent):
        folder.mkdir(parents=True, exist_ok=True)
    # The question about news stands in the way of whoever opens Lab for the first time.
    news.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    return {name: str(folder) for name, folder in found.items()}


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def running(
    command: list[str], *, root: Path, env: dict[str, str], port: int, browser: bool = False
) -> Iterator[tuple[str, str, "subprocess.Popen[bytes]"]]:
    """A Jupyter that answers: its address, its token, its process. It ends with the block.

    Raises: RuntimeError when it ends, or does not answer within a minute.
    """
    token = secrets.token_hex(24)
    options = [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}",
        f"--ServerApp.open_browser={browser}",
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    # By the environment, not by an argument: the list of processes is for everyone to read.
    env = env | {"JUPYTER_TOKEN": token}
    address = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen([*command, *options], cwd=root, env=env)
    try:
        _await_answer(address, token, process)
        yield address, token, process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def get(address: str, token: str) -> Any:
    """The JSON that stands at an address.

    Raises: OSError (urllib's errors among them), ValueError.
    """
    request = urllib.request.Request(address, headers={"Authorization": f"token {token}"})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=20) as answer:
        return json.load(answer)


def _await_answer(address: str, token: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Jupyter ended with status {process.returncode}: see above")
        try:
            get(f"{address}api/status", token)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("Jupyter did not answer within a minute")
