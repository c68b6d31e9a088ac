"""The wheel, as someone gets it who has no checkout: built, looked into, installed, started."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools import install, server

# The ends of names that must be in the wheel.
EXPECTED = (
    "kfnb_ext/__init__.py",
    "share/jupyter/labextensions/kfnb-ext/install.json",
    "share/jupyter/labextensions/kfnb-ext/package.json",
    "share/jupyter/labextensions/kfnb-ext/schemas/kfnb-ext/plugin.json",
    "share/jupyter/labextensions/kfnb-ext/static/style.js",
    "etc/jupyter/jupyter_server_config.d/kfnb_ext.json",
    "licenses/LICENSE",
)


def check() -> int:
    """Builds the wheel, installs it into an empty environment, asks its server for the status."""
    with tempfile.TemporaryDirectory(prefix="kfnb-wheel-") as scratch:
        folder = Path(scratch)
        wheel = _build(folder)
        python = _install(wheel, folder / "venv")
        status = _ask(python, folder)
    if not isinstance(status, dict) or not status:
        print(f"Not a status: {status!r}")
        return 1
    print(f"The wheel's server answers: {', '.join(sorted(status))}")
    return 0


def _build(folder: Path) -> Path:
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder))
    install.run(str(install.VENV / "bin" / "python"), *build)
    (wheel,) = folder.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    missing = [end for end in EXPECTED if not any(name.endswith(end) for name in names)]
    if missing or not any("static/remoteEntry." in name for name in names):
        raise RuntimeError(f"not in the wheel: {', '.join(missing) or 'static/remoteEntry'}")
    print(f"{wheel.name}: {len(names)} files, {wheel.stat().st_size / 1024:.0f} KiB", flush=True)
    return wheel


def _install(wheel: Path, venv: Path) -> Path:
    install.run(sys.executable, "-m", "venv", str(venv))
    python = venv / "bin" / "python"
    install.run(
        str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", str(wheel)
    )
    return python


def _ask(python: Path, folder: Path) -> object:
    workspace = folder / "workspace"
    workspace.mkdir()
    # No Node and nothing of the checkout: only what pip brought.
    env = {"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    env |= server.folders(folder / "jupyter")
    kfnb = python.parent / "kfnb"
    subprocess.run([kfnb, "--help"], env=env, check=True, stdout=subprocess.DEVNULL)
    command = [str(python.parent / "jupyter"), "server"]
    with server.running(command, root=workspace, env=env, port=server.free_port()) as started:
        address, token, _ = started
        return server.get(f"{address}kfnb/v1/status", token)
