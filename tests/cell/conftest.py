"""The fake driver, for cells."""

from pathlib import Path

import pytest

from tests.fakes.nvml.shim import Shim, build


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    library = build()
    if library is None:
        pytest.skip("NO C COMPILER: the fake NVIDIA driver cannot be built, GPUs are not tested")
    return Shim(library, tmp_path)
