"""What every test shares."""

from pathlib import Path

import pytest
from hypothesis import settings

# The same examples each time: a red run then is of the change that it runs on. Others are tried
# by `--hypothesis-profile=search`.
settings.register_profile("same", derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what needs a GPU where there is none."""
    if Path("/dev/nvidiactl").exists():
        return
    skip = pytest.mark.skip(reason="no NVIDIA GPU on this machine")
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(skip)
