"""Builds the fake ``libnvidia-ml.so.1`` and runs Python under it, with NVIDIA's real binding.

Rule: the loader looks at LD_LIBRARY_PATH when a process starts, so each scenario is a process.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("fake_nvml.c")
ROOT = Path(__file__).parents[3]
NAME = "libnvidia-ml.so.1"


def build(name: str = NAME) -> Path | None:
    """The folder of the compiled library, built once for each source; None without a compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"kfnb-fake-nvml-{os.getuid()}-{digest}"
    if not (folder / name).exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        made = folder / f"{name}.{os.getpid()}"
        flags = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", f"-Wl,-soname,{name}"]
        subprocess.run([compiler, *flags, "-o", made, SOURCE], check=True)
        made.rename(folder / name)  # at once, for two test runs build at the same time
    return folder


class Shim:
    """One pretended machine with GPUs."""

    def __init__(self, library: Path, folder: Path) -> None:
        self.library = library
        self._state = folder / "state"
        self._log = folder / "log"
        self._log.touch()
        self.state()

    def state(self, **keys: object) -> None:
        """What the GPUs are; ``g0_name=x`` stands for ``0.name=x``, ``err_Name`` for err.Name."""
        self._state.write_text("".join(f"{_key(k)}={v}\n" for k, v in keys.items()))

    @property
    def log(self) -> list[str]:
        """What was opened and closed, in order: init, refused, shutdown."""
        return [line.split()[0] for line in self._log.read_text().splitlines()]

    def python(self, code: str, *, loader_path: bool = True, **env: str) -> Any:
        """Run ``code``; what it hands to ``tell()`` comes back. ``state(...)`` works in it too."""
        variables = {
            **os.environ,
            "FAKE_NVML_STATE": str(self._state),
            "FAKE_NVML_LOG": str(self._log),
            "FAKE_FOLDER": str(self._state.parent),
            "PYTHONPATH": str(ROOT),
            "LD_LIBRARY_PATH": str(self.library) if loader_path else "",
            **env,
        }
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-c", PRELUDE + code],
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


def _key(name: str) -> str:
    if name.startswith("err_"):
        return name.replace("_", ".", 1)
    if name[0] == "g" and name[1].isdigit():
        return name[1:].replace("_", ".", 1)
    return name


# What every scenario starts with.
PRELUDE = """
import json, os, sys, time
from pathlib import Path
import msgspec
from tests.fakes.nvml import shim as _shim

def state(**keys):
    text = "".join(f"{_shim._key(k)}={v}\\n" for k, v in keys.items())
    Path(os.environ["FAKE_NVML_STATE"]).write_text(text)

def tell(value):
    sys.stdout.write(msgspec.json.encode(value).decode())

def said(call):
    from kfnb_ext import errors
    try:
        return msgspec.to_builtins(call())
    except errors.KfnbError as error:
        return {"message": error.message, "hint": error.hint}

class Clock:
    now = 1000.0
    def __call__(self):
        return self.now
"""
