"""``dev.py lab``: JupyterLab with the extension, in a folder to play in."""

import contextlib
import json
import subprocess
from pathlib import Path

from tools import install, server

# The sidebar's name in JupyterLab's layout: what src gives the layout restorer.
SIDEBAR = "kfnb-ext-sidebar"
LAYOUT = {
    "data": {
        "layout-restorer:data": {
            "left": {"collapsed": False, "current": SIDEBAR, "widgets": [SIDEBAR], "visible": True}
        }
    },
    "metadata": {"id": "default"},
}
DEMO = {
    "cells": [
        {
            "cell_type": "code",
            "id": f"demo-{number}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(("%load_ext kfnb_ext", "%kfnb status"))
    ],
    "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


def start(root: Path | None, port: int | None, browser: bool) -> int:
    """Installs, builds, starts, prints the address, and stays until Ctrl-C."""
    install.tools("lab")
    install.front_end()
    root = root.expanduser().resolve() if root else _demo_folder()
    env = install.environ() | server.folders(install.SCRATCH / "lab")
    _open_sidebar(env)
    command = [str(install.VENV / "bin" / "jupyter"), "lab"]
    with (
        contextlib.suppress(KeyboardInterrupt),
        server.running(
            command, root=root, env=env, port=port or server.free_port(), browser=browser
        ) as (address, token, process),
    ):
        print(f"\n  JupyterLab is at {address}lab?token={token}\n  Ctrl-C ends it.\n", flush=True)
        return process.wait()
    return 0


def _open_sidebar(env: dict[str, str]) -> None:
    """Shows the sidebar at the first start; from then on the layout is the user's."""
    layout = install.SCRATCH / "lab" / "layout.json"
    if layout.exists():
        return
    layout.write_text(json.dumps(LAYOUT))
    command = [str(install.VENV / "bin" / "jupyter"), "lab", "workspaces", "import", str(layout)]
    subprocess.run(command, env=env, check=True, capture_output=True)


def _demo_folder() -> Path:
    folder = install.ROOT / "workspace"
    folder.mkdir(exist_ok=True)
    notebook = folder / "demo.ipynb"
    if not notebook.exists():
        notebook.write_text(json.dumps(DEMO, indent=1))
    return folder
