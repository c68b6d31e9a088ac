"""The kernels that can be started here, as their specifications say.

Rule: the files are read as Jupyter finds them; of what they hold only the program, the title and
the language are kept, never their variables or arguments.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from kfnb_ext.model.environment import Kernel

LARGEST = 64 * 1024  # bytes
SYSTEM = ("/usr/local/share/jupyter", "/usr/share/jupyter")
OWN = frozenset({"python", "python3", f"python3.{sys.version_info[1]}"})


def found(environment: Mapping[str, str] = os.environ) -> tuple[Kernel, ...]:
    """Each by its name; the first folder that has one counts, as in Jupyter."""
    kernels: dict[str, Kernel] = {}
    for folder in _folders(environment):
        for file in _files(folder / "kernels"):
            name = file.parent.name.lower()
            kernel = None if name in kernels else _read(name, file)
            if kernel:
                kernels[name] = kernel
    return tuple(kernels[name] for name in sorted(kernels))


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    for one in environment.get("JUPYTER_PATH", "").split(os.pathsep):
        if one:
            yield Path(one)
    home = Path(environment.get("HOME") or "/")
    yield Path(environment.get("JUPYTER_DATA_DIR") or home / ".local/share/jupyter")
    yield Path(sys.prefix) / "share/jupyter"
    yield from map(Path, SYSTEM)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(one / "kernel.json" for one in folder.iterdir())
    except OSError:
        return []


def _read(name: str, file: Path) -> Kernel | None:
    try:
        with file.open("rb") as opened:
            told = json.loads(opened.read(LARGEST))
        program = str(told["argv"][0])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return Kernel(
        name=name,
        title=str(told.get("display_name", name)),
        language=str(told.get("language", "")),
        program=sys.executable if program in OWN else shutil.which(program) or program,
    )
