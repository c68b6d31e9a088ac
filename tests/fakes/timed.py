"""The extension with a clock that the test moves: the real one, built with another clock.

It is an extension of its own, which a server of the tests is told to load in place of ours; what
ships has no such door.
"""

import os
import time
from pathlib import Path
from typing import Any

from kfnb_ext.server.extension import Extension
from kfnb_ext.services.clock import Clock, seconds_since_boot

VARIABLE = "TESTS_CLOCK"  # a file: seconds that all clocks are ahead, and the wall clock alone


def _ahead() -> tuple[float, float]:
    both, wall = Path(os.environ[VARIABLE]).read_text().split()
    return float(both), float(wall)


class TimedExtension(Extension):
    """Ours, with the clock of the test."""

    clock = Clock(
        wall=lambda: time.time() + sum(_ahead()),
        ticks=lambda: seconds_since_boot() + _ahead()[0],
    )


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "tests.fakes.timed", "app": TimedExtension}]
