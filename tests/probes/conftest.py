"""What the tests of the probes share: recorded trees, and a pretended GPU driver."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.nvml.shim import Shim, build

Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Writes ``{path: text}`` below a new folder."""

    def write(name: str, files: dict[str, str]) -> Path:
        root = tmp_path / name
        root.mkdir()
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return root

    return write


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    library = build()
    if library is None:
        pytest.skip("NO C COMPILER: the fake NVIDIA driver cannot be built, GPUs are not tested")
    return Shim(library, tmp_path)


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: nothing can be mounted, real mounts are not tested")
