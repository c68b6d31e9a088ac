"""What import-linter cannot say: on the ground floor nothing but a short list is allowed."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kfnb_ext"
GROUND = [
    *sorted((PACKAGE / "model").rglob("*.py")),
    *sorted((PACKAGE / "config").rglob("*.py")),
    PACKAGE / "errors.py",
]
# No I/O and no clock: pure rules get the time and the facts as arguments.
WORLD = {"asyncio", "multiprocessing", "shutil", "socket", "subprocess", "threading", "time"}


@pytest.mark.parametrize("file", GROUND, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_the_ground_floor_imports_msgspec_and_the_standard_library_alone(file: Path):
    allowed = (sys.stdlib_module_names | {"kfnb_ext", "msgspec"}) - WORLD
    if file.parent.name == "config":
        allowed |= {"traitlets"}

    assert set(imported(file)) <= allowed


def imported(file: Path) -> Iterator[str]:
    """The top-level names that a file imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
