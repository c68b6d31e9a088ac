"""What is installed in an interpreter: asked of itself, and remembered until a folder changes.

Rule: a child process under a deadline, so that neither a broken Python nor a slow disk holds
anybody up, and no event loop feels it.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kfnb_ext.model import redacting
from kfnb_ext.model.environment import Interpreter, Package

SEEING = Path(__file__).with_name("seeing.py")
DEADLINE = 5.0  # seconds
LARGEST = 8 * 1024 * 1024  # bytes of an answer
KEPT = ("PATH", "HOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What an interpreter said of itself; ``stamps``: its folders with their times."""

    version: str
    stamps: list[tuple[str, int]]
    packages: list[tuple[str, str, str]]
    conda: list[tuple[str, str]] = []

    @property
    def fresh(self) -> bool:
        """Whether nothing came into its folders, or went, since."""
        try:
            return all(os.stat(path).st_mtime_ns == stamp for path, stamp in self.stamps)
        except OSError:
            return False


def look(program: str, known: Mapping[str, Seen], deadline: float = DEADLINE) -> Seen | str:
    """What it says, from ``known`` where that still holds; else why it does not."""
    before = known.get(program)
    if before and before.fresh:
        return before
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        done = subprocess.run(
            [program, "-I", str(SEEING)],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=deadline,
            check=False,
        )
        return msgspec.json.decode(done.stdout[:LARGEST], type=Seen)
    except subprocess.TimeoutExpired:
        return f"{program} did not say within {deadline:g} s what is installed in it."
    except (OSError, msgspec.MsgspecError):
        return f"{program} did not say what is installed in it."


def of(program: str, seen: Seen, kernels: tuple[str, ...]) -> Interpreter:
    """As it is kept: without credentials, and each package once."""
    python = [
        Package(name=name, version=version, origin=_origin(origin))
        for name, version, origin in seen.packages
    ]
    known = {package.name.lower().replace("_", "-") for package in python}
    conda = [
        Package(name=name, version=version, source="conda")
        for name, version in seen.conda
        if name.lower() not in known
    ]
    return Interpreter(
        path=program,
        version=seen.version,
        kernels=kernels,
        packages=tuple(sorted([*python, *conda], key=lambda p: (p.name.lower(), p.source))),
    )


def _origin(text: str) -> str:
    place, _, commit = text.partition("@@")
    return redacting.url(place) + (f"@{commit}" if commit else "")
