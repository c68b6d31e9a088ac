"""A Python of its own for what may not be done to this one; it tells in JSON."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any


def told(*arguments: str, env: Mapping[str, str]) -> Any:
    """Run Python with ``arguments``; what it prints."""
    ended = subprocess.run(
        [sys.executable, *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
