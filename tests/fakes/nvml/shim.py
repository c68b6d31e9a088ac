"""Builds the fake ``libnvidia-ml.so.1`` and runs Python under it, with NVIDIA's real binding.

Rule: the loader looks at LD_LIBRARY_PATH when a process starts, so each scenario is a process.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.fakes import child

SOURCES = sorted(Path(__file__).parent.glob("fake*.[ch]"))
ROOT = Path(__file__).parents[3]
NAME = "libnvidia-ml.so.1"


def build(name: str = NAME, *defines: str) -> Path | None:
    """The folder of the compiled library, built once for each source; None without a compiler.

    ``defines``: OLD leaves out what drivers before 510 do not have.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    sources = b"".join(one.read_bytes() for one in SOURCES) + " ".join(defines).encode()
    digest = hashlib.sha256(sources).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"kfnb-fake-nvml-{os.getuid()}-{digest}"
    if not (folder / name).exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        made = folder / f"{name}.{os.getpid()}"
        flags = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", f"-Wl,-soname,{name}"]
        flags += [f"-D{define}" for define in defines]
        code = [one for one in SOURCES if one.suffix == ".c"]
        subprocess.run([compiler, *flags, "-o", made, *code], check=True)
        made.rename(folder / name)  # at once, for two test runs build at the same time
    return folder


class Shim:
    """One pretended machine with GPUs."""

    def __init__(self, library: Path, folder: Path) -> None:
        self.library = library
        self._state = folder / "state"
        self._log = folder / "log"
        self._log.touch()
        self._calls = folder / "calls"
        self.state()

    def state(self, **keys: object) -> None:
        """What the GPUs are.

        ``g0_name=x`` stands for ``0.name=x``, ``g0_s3_used`` for ``0.3.used``, ``err_Name`` for
        ``err.Name``.
        """
        self._state.write_text("".join(f"{_key(k)}={v}\n" for k, v in keys.items()))

    @property
    def log(self) -> list[str]:
        """What was opened and closed, in order: init, refused, shutdown."""
        return [line.split()[0] for line in self._log.read_text().splitlines()]

    @property
    def calls(self) -> int:
        """How many questions the driver was asked, by all processes together."""
        return int.from_bytes(self._calls.read_bytes(), "little") if self._calls.exists() else 0

    @property
    def env(self) -> dict[str, str]:
        """The variables of a process that shall find this machine."""
        return {
            "FAKE_NVML_STATE": str(self._state),
            "FAKE_NVML_LOG": str(self._log),
            "FAKE_NVML_CALLS": str(self._calls),
            "FAKE_FOLDER": str(self._state.parent),
            "LD_LIBRARY_PATH": str(self.library),
        }

    def python(self, code: str, *, loader_path: bool = True, **env: str) -> Any:
        """Run ``code``; what it hands to ``tell()`` comes back. ``state(...)`` works in it too."""
        variables = {**os.environ, **self.env, "PYTHONPATH": str(ROOT)}
        variables |= {} if loader_path else {"LD_LIBRARY_PATH": ""}
        variables |= env
        return child.told("-W", "error", "-c", PRELUDE + code, env=variables)


def _key(name: str) -> str:
    if name.startswith(("err_", "us_")):
        return name.replace("_", ".", 1)
    if name[0] == "g" and name[1].isdigit():
        gpu, _, rest = name[1:].partition("_")
        slot, _, field = rest.partition("_")
        sliced = slot[0] == "s" and slot[1:].isdigit()
        return f"{gpu}.{slot[1:]}.{field}" if sliced else f"{gpu}.{rest}"
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
